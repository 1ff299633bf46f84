"""Codes of check-out: what is still to do, the next visit asked for, the note for school or work.

https://hl7.org/fhir/R4/appointment.html (status `proposed`), https://hl7.org/fhir/R4/documentreference.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system
from carewright.core.work.model import TASK_CODE

NOTE_TYPE = own_system("note-type")
SCHOOL_NOTE = Coding(NOTE_TYPE, "school-excuse", "School excuse note")
WORK_NOTE = Coding(NOTE_TYPE, "work-excuse", "Work excuse note")

ASKED_AFTER_EXTENSION = OWN_EXTENSIONS + "asked-after"
"""On a proposed Appointment: after how long the visit is wanted (valueDuration), as it was asked for."""

SUMMARY_GIVEN = Coding(TASK_CODE, "summary-given", term("Visit summary given"))

LEFT = own_system("left-to-do")
WAIT_RUNNING = Coding(LEFT, "wait-running", "A wait is still running")
ORDER_OPEN = Coding(LEFT, "order-open", "An order is not done")
ROOMING_OPEN = Coding(LEFT, "rooming-open", "Rooming is not finished")
FORM_OWED = Coding(LEFT, "form-owed", "A form is owed")
NEXT_VISIT = Coding(LEFT, "next-visit", "The next visit is not booked")
SUMMARY = Coding(LEFT, "summary", "The visit summary is not given")
COPAY = Coding(LEFT, "copay", "The copay is open")
"""In the order in which they are listed: what concerns safety first, what concerns money last."""
ORDER = (WAIT_RUNNING, ORDER_OPEN, ROOMING_OPEN, FORM_OWED, NEXT_VISIT, SUMMARY, COPAY)
