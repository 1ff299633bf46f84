"""The codes of a phone call: what kind of record it is, what is owed, and where its parts stand."""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

PHONE_CALL = Coding(own_system("communication-category"), "phone-call", term("Phone call"))
PHONE = Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "PHONE", "telephone")
REASON_SYSTEM = own_system("phone-call-reason")
END_SYSTEM = own_system("phone-call-end")

FINISH = Coding(TASK_CODE, "phone-finish", term("Finish the phone call"))
NURSE_NOW = Coding(TASK_CODE, "phone-nurse-now", term("Emergency on the phone: take the caller now"))
LICENSED_BACK = Coding(TASK_CODE, "phone-licensed-back", term("Call back: nurse or provider"))
LICENSED_AGAIN = Coding(TASK_CODE, "phone-licensed-again", term("Call back a second time: nurse or provider"))
CALL_BACK = Coding(TASK_CODE, "phone-call-back", term("Call back"))
CALL_AGAIN = Coding(TASK_CODE, "phone-call-again", term("Call back a second time"))
LETTER = Coding(TASK_CODE, "phone-letter", term("Send the letter: not reached by phone"))
FOR_LICENSED = (NURSE_NOW, LICENSED_BACK, LICENSED_AGAIN)
FOR_ANYBODY = (FINISH, CALL_BACK, CALL_AGAIN, LETTER)
LEGS = (*FOR_ANYBODY, *FOR_LICENSED)

NUMBER = OWN_EXTENSIONS + "phone-call-number"
"""On the Communication: the number to call back, as it was said (valueString)."""
PLACE = OWN_EXTENSIONS + "phone-call-place"
"""Where the caller is now (valueString)."""
EMERGENCY = OWN_EXTENSIONS + "phone-call-emergency"
"""The answer to the emergency question (valueCode yes, no)."""
SAID = OWN_EXTENSIONS + "phone-call-red-flag"
"""What the caller said that sends the call to the nurse at once (valueCode, see red_flags.py)."""
CALLER = OWN_EXTENSIONS + "phone-call-caller"
"""Who is on the phone (valueCode, see model.Caller)."""
TAKEN_BY = OWN_EXTENSIONS + "phone-call-taken-by"
"""Who answered the phone (valueReference)."""
EVENT = OWN_EXTENSIONS + "phone-call-event"
"""On a Communication.note: what the line of the trail is (valueCode, see model.Event)."""
OUTCOME = OWN_EXTENSIONS + "phone-call-outcome"
"""On the note of an attempt: how it went (valueCode, see model.Outcome)."""
OURS = frozenset({NUMBER, PLACE, EMERGENCY, SAID, CALLER, TAKEN_BY})
