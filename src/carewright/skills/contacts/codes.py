"""The codes of "whom may I tell?". https://hl7.org/fhir/R4/consent.html"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import ACT_CODE, OWN_EXTENSIONS, PARTICIPATION_TYPE, Coding, own_system

WHOM_MAY_I_TELL = Coding(own_system("consent-category"), "whom-may-i-tell", term("Whom may I tell?"))
PRIVACY = Coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent")
OPT_IN = Coding(ACT_CODE, "OPTIN", "opt-in")
"""Nobody is told anything unless the patient has said so."""
RECIPIENT = Coding(PARTICIPATION_TYPE, "IRCP", "information recipient")
TOPICS = own_system("may-be-told")

VOICEMAIL = OWN_EXTENSIONS + "consent-voicemail"
"""On the Consent: what may be left on voicemail (valueCode, see model.Voicemail)."""
OWN_NUMBER = OWN_EXTENSIONS + "consent-own-number"
"""The patient's own, confidential number (valueString)."""
WRITTEN_BY = OWN_EXTENSIONS + "consent-written-by"
"""Who wrote the answer down (valueReference); who gave it is the performer."""
