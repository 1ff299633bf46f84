"""The gallery's pages. They look at components; nothing is stored."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from carewright.shell.context import LINKS
from carewright.shell.gallery import samples
from carewright.shell.permissions import public
from carewright.shell.printing.sheets import LABEL_LARGE, LABEL_SMALL, LETTER, render_labels, render_sheet


@public
def gallery(request: HttpRequest) -> HttpResponse:
    """All components."""
    return render(request, "shell/gallery/gallery.html", _context(request))


@public
def room(request: HttpRequest) -> HttpResponse:
    """The rooming layout: banner, steps, fields, footer bar."""
    return render(request, "shell/gallery/room.html", _context(request))


@public
def printed(request: HttpRequest) -> HttpResponse:
    """The sheet sizes: ?size=letter, label-small or label-large."""
    size = request.GET.get("size", LETTER.key)
    labels = {known.key: known for known in (LABEL_SMALL, LABEL_LARGE)}
    if size in labels:
        return render_labels(request, labels=samples.labels(), size=labels[size])
    if size != LETTER.key:
        return HttpResponseNotFound()
    return render_sheet(
        request, "shell/gallery/sheet.html", values={}, printed_at=datetime.now(UTC), printed_by=samples.ACTOR
    )


@public
def answer(request: HttpRequest) -> HttpResponse:
    """Where the gallery's forms go: a draft is answered as saved, a PIN as right if it is 1234."""
    if "pin" in request.POST:
        return HttpResponse(status=204 if request.POST["pin"] == "1234" else 403)
    return JsonResponse({"saved_at": samples.NOW.isoformat()})


def _context(request: HttpRequest) -> dict[str, Any]:
    everything = reverse("gallery-answer")
    return {
        **samples.components(),
        "care": samples.care(),
        "links": {name.replace("-", "_"): everything for name in LINKS},
    }
