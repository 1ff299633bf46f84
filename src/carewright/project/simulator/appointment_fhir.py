"""A planned appointment as FHIR R4 Appointment, https://hl7.org/fhir/R4/appointment.html, as it stands when booked."""

from carewright.core.store.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.project.simulator import codes
from carewright.project.simulator.model import PlannedAppointment, Practice


def to_fhir(planned: PlannedAppointment, practice: Practice) -> Resource:
    """The booking: kind of visit, reason in the patient's words, patient, provider and site."""
    site = practice.site(planned.site)
    provider = next(member for member in practice.staff if member.id == planned.provider)

    def participant(reference: str, display: str) -> Resource:
        return {"actor": {"reference": reference, "display": display}, "required": "required", "status": "accepted"}

    return {
        "resourceType": "Appointment",
        "id": planned.id,
        "status": "booked",
        "serviceType": [
            Coding(codes.VISIT_TYPE, planned.visit_type, planned.visit_display).concept(planned.visit_display)
        ],
        "reasonCode": [{"text": planned.reason}],
        "start": planned.start.isoformat(),
        "end": planned.end.isoformat(),
        "minutesDuration": planned.minutes,
        "participant": [
            participant(f"Patient/{planned.patient}", planned.patient_display),
            participant(f"Practitioner/{planned.provider}", provider.display),
            participant(f"Location/{site.id}", site.name),
        ],
    }
