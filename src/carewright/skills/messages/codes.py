"""The code of a message about a visit. https://hl7.org/fhir/R4/communication.html"""

from carewright.core.terminology.coding import Coding, own_system

VISIT_MESSAGE = Coding(own_system("communication-category"), "visit-message", "Message about a visit")
