"""Codes of the schedule: visit types, how an appointment came about, why one was cancelled.

https://hl7.org/fhir/R4/appointment.html, https://terminology.hl7.org/CodeSystem-v2-0276.html,
https://terminology.hl7.org/CodeSystem-appointment-cancellation-reason.html
"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import APPOINTMENT_CANCELLATION_REASON, OWN_EXTENSIONS, Coding, own_system

VISIT_TYPE = own_system("visit-type")
WELL_CHILD = Coding(VISIT_TYPE, "well-child", term("Well child"))
PHYSICAL = Coding(VISIT_TYPE, "physical", term("Physical"))
SICK = Coding(VISIT_TYPE, "sick", term("Sick visit"))
FOLLOW_UP = Coding(VISIT_TYPE, "follow-up", term("Follow-up"))
NEW_PATIENT = Coding(VISIT_TYPE, "new-patient", term("New patient"))
NURSE_VISIT = Coding(VISIT_TYPE, "nurse-visit", term("Nurse visit"))
PROCEDURE = Coding(VISIT_TYPE, "procedure", term("Procedure"))
TELEHEALTH = Coding(VISIT_TYPE, "telehealth", term("Video visit"))

_REASON_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0276"
ROUTINE = Coding(_REASON_TYPE, "ROUTINE", "Routine appointment")
WALK_IN = Coding(_REASON_TYPE, "WALKIN", "A previously unscheduled walk-in visit")

BY_PATIENT = Coding(APPOINTMENT_CANCELLATION_REASON, "pat", "Patient")
BY_PROVIDER = Coding(APPOINTMENT_CANCELLATION_REASON, "prov", "Provider")
OTHER_REASON = Coding(APPOINTMENT_CANCELLATION_REASON, "other", "Other")

SEAT_EXTENSION = OWN_EXTENSIONS + "booked-seat"
"""On an Appointment: the schedule and the seat that it holds."""
OVERBOOK_EXTENSION = OWN_EXTENSIONS + "overbook-reason"
TEMPLATE_EXTENSION = OWN_EXTENSIONS + "session"
"""On a Schedule, one for each session of the week."""
ZONE_EXTENSION = OWN_EXTENSIONS + "time-zone"
CLOSED_EXTENSION = OWN_EXTENSIONS + "closed-on"
