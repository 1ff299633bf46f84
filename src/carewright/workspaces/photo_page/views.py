"""A patient's photo: the page, taking and taking away, and the picture itself for the banner."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from carewright.shell import runtime, whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.saying import say
from carewright.shell.uploads import takes_files, too_large
from carewright.skills.photo import actions, queries
from carewright.skills.photo.fhir import photo_of
from carewright.skills.photo.model import JPEG, NoPicture
from carewright.workspaces.banner import about
from carewright.workspaces.photo_page.forms import LARGEST_BYTES, PhotoForm


@require_GET
@needs("photo.see")
def photo(request: CareRequest, patient_id: str) -> HttpResponse:
    """The photo there is, and the form for another."""
    return _show(request, whose.standing(request, patient_id))


@takes_files(up_to=LARGEST_BYTES)
@require_POST
@needs("photo.take")
def take(request: CareRequest, patient_id: str) -> HttpResponse:
    """Keep what was taken or chosen."""
    here, now = whose.context_of(request, patient=patient_id), request.store.clock.wall()
    form = PhotoForm(request.POST, files=request.FILES, too_large=too_large(request), here=here, now=now)
    if not form.is_valid():
        return _not_here(request, form) or _show(request, patient_id, form=form, status=422)
    try:
        actions.take(
            request.writer(), blobs=runtime.blobs(), patient_id=patient_id, sent=form.sent or b"", at=request.care.now
        )
    except NoPicture as refused:
        form.add_error(None, say(refused.reason))
        return _show(request, patient_id, form=form, status=422)
    return redirect("photo", patient_id)


@require_POST
@needs("photo.take")
def remove(request: CareRequest, patient_id: str) -> HttpResponse:
    """Take the photo away."""
    patient_id = whose.standing(request, patient_id)
    here = whose.context_of(request, patient=patient_id)
    form = ContextForm(request.POST, here=here, now=request.store.clock.wall())
    if not form.is_valid():
        return _not_here(request, form) or redirect("photo", patient_id)
    actions.remove(request.writer(), patient_id=patient_id)
    return redirect("photo", patient_id)


@require_GET
@needs("photo.see")
def picture(request: CareRequest, patient_id: str) -> HttpResponse:
    """The JPEG. Kept by no cache, not even the browser's: it must not outlive the sign-on."""
    content = queries.picture(request.reader("photo.picture"), runtime.blobs(), patient_id)
    answer = HttpResponse(content, content_type=JPEG)
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'attachment; filename="photo.jpg"'  # shown in a page, never as one
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _show(request: CareRequest, patient_id: str, *, form: PhotoForm | None = None, status: int = 200) -> HttpResponse:
    if form is not None and form.problem is not None:
        form.renew()
    patient = about(request, request.reader("photo.page"), patient_id)
    here, now = whose.context_of(request, patient=patient_id), request.store.clock.wall()
    shown = photo_of(patient.resource)
    values = {
        "banner": patient.banner,
        "patient_id": patient_id,
        "photo": shown,
        "form": form or PhotoForm(here=here, now=now),
        "removing": ContextForm(here=here, now=now, auto_id=False),
        "may_take": request.access.may_do("photo.take"),
    }
    return render(request, "photo_page/photo.html", values, status=status)


def _not_here(request: CareRequest, form: ContextForm) -> HttpResponse | None:
    opened = form.problem.opened_for if form.problem else None
    right = reverse("photo", args=[opened.patient]) if opened else reverse("home")
    return whose.of_another(request, form, name="photo", right_url=right)
