"""Codes of rooms and of clinic-defined waits.

Location.operationalStatus is bound (preferred) to HL7 v2 table 0116, bed status; the state of our turnover is finer and
stands beside it as an extension. https://hl7.org/fhir/R4/location.html, https://terminology.hl7.org/CodeSystem-v2-0116.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import LOCATION_PHYSICAL_TYPE, OWN_EXTENSIONS, Coding, own_system

ROOM = Coding(LOCATION_PHYSICAL_TYPE, "ro", "Room")
AREA = Coding(LOCATION_PHYSICAL_TYPE, "area", "Area")
"""An area is where people wait: it is never full and never dirty."""

_BED_STATUS = "http://terminology.hl7.org/CodeSystem/v2-0116"
CLOSED = Coding(_BED_STATUS, "C", "Closed")
HOUSEKEEPING = Coding(_BED_STATUS, "H", "Housekeeping")
OCCUPIED = Coding(_BED_STATUS, "O", "Occupied")
UNOCCUPIED = Coding(_BED_STATUS, "U", "Unoccupied")
CONTAMINATED = Coding(_BED_STATUS, "K", "Contaminated")

ROOM_STATE_EXTENSION = OWN_EXTENSIONS + "room-state"
"""On a Location: our state (valueCode) with since when and by whom."""

WAIT = own_system("wait")
DILATING = Coding(WAIT, "dilating", term("Dilating"))
NUMBING = Coding(WAIT, "numbing", term("Numbing"))
BP_RECHECK = Coding(WAIT, "bp-recheck", term("Blood pressure again"))
AFTER_SHOT = Coding(WAIT, "after-shot", term("After-shot watch"))
"""Task.code of a wait; a practice adds its own codes in its settings."""
