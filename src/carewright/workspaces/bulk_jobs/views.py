"""The exports and imports of the practice: how far each is, and an end for it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from carewright.core.bulk import jobs
from carewright.core.bulk.manifest import SEE
from carewright.core.store.model import Origin
from carewright.shell import runtime
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest, needs
from carewright.workspaces.bulk_jobs import reading


@require_GET
@needs(SEE)
def page(request: CareRequest) -> HttpResponse:
    """All of them; the list is asked for again while the page is open."""
    return render(request, "bulk_jobs/page.html", _values(request))


@require_GET
@needs(SEE)
def listed(request: CareRequest) -> HttpResponse:
    """The list alone."""
    return _list(request)


@require_POST
@needs(SEE)
def end(request: CareRequest, job_id: str) -> HttpResponse:
    """Cancel one that is under way, or throw away the files of one that is done. One that is gone already is gone."""
    job = next((job for job in jobs.every(request.store, request.access) if job.id == job_id), None)
    if job is not None:
        jobs.cancel(request.store, runtime.bulk_files(), request.access, job, origin=Origin.SCREEN)
    return _list(request) if "HX-Request" in request.headers else redirect("bulk-jobs")


def _values(request: CareRequest) -> dict[str, Any]:
    found = jobs.every(request.store, request.access)
    people = [job.actor for job in found if job.actor.startswith("Practitioner/")]
    names = names_of(request.reader("bulk.list"), people) if people else {}
    return {"lines": reading.lines(found, names)}


def _list(request: CareRequest) -> HttpResponse:
    return render(request, "bulk_jobs/list.html", _values(request))
