"""Starting an app from a chart: the page that offers them, and the one-time secret that the app is sent off with.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
"""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.smart import clients, tickets
from carewright.core.smart.model import LAUNCH_FOR, TicketKind
from carewright.shell.permissions import CareRequest, needs
from carewright.skills.registration import queries as registration
from carewright.workspaces.apps import addresses
from carewright.workspaces.banner import about


@require_GET
@needs("chart.see")
def of_chart(request: CareRequest, patient_id: str) -> HttpResponse:
    """The apps that can be started on this chart."""
    patient = about(request, request.reader("apps.of-chart"), patient_id)
    if patient.patient.id != patient_id:
        return redirect("apps-of", patient.patient.id)
    found = [c for c in clients.listed(request.store, request.access.practice) if c.launch_url and not c.disabled_at]
    page = render(request, "apps/of_chart.html", {"banner": patient.banner, "patient_id": patient_id, "apps": found})
    return addresses.may_lead_to(page, *(client.launch_url for client in found))


@require_POST
@needs("chart.see")
def start(request: CareRequest, patient_id: str, client_id: str) -> HttpResponse:
    """Send the browser to the app, with our address and a secret that stands for this chart."""
    patient, _ = registration.patient(request.reader("apps.start"), patient_id)
    practice = request.access.practice
    client = clients.find(request.store, practice, client_id)
    if client is None or not client.launch_url:  # disabled meanwhile: the list no longer has it
        return redirect("apps-of", patient.id)
    secret = tickets.make(
        request.store, TicketKind.LAUNCH, practice=practice, client_id=client_id, lasts=LAUNCH_FOR,
        data={"patient": patient.id, "session": request.signed_on.id},
    )  # fmt: skip
    iss = addresses.bases(request, request.store, practice)[0]
    return addresses.sent_to(addresses.with_query(client.launch_url, iss=iss, launch=secret))
