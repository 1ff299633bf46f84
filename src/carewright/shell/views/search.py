"""The search box of every page: a name, a birth date or a record number, sent by POST so that no address holds it."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from carewright.core.fhir.text import fold
from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.query import Criterion, SearchQuery, Sort
from carewright.shell.permissions import CareRequest, needs
from carewright.shell.words import age_on, sex_words

SHOWN = 25
_US_DATE = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMBER = re.compile(r"(?=\S*\d)[\w-]+")


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One patient as a line of the results. `same_name`: somebody else in the list has the same name; `also`: another
    name of theirs (a maiden name), if that is what was found."""

    id: str
    name: str
    born: str
    age: str
    sex: str
    mrn: str
    url: str
    same_name: bool = False
    also: str = ""


@require_http_methods(["GET", "POST"])
@needs("visit.see")
def search(request: CareRequest) -> HttpResponse:
    """The patients that were meant, perhaps."""
    typed = request.POST.get("q", "").strip()
    found = find(request.reader("shell.search"), typed) if typed else []
    today = request.care.now_local.date()
    names = Counter(fold(_name(patient)) for patient in found)
    hits = [
        _hit(patient, today=today, request=request, typed=typed, same_name=names[fold(_name(patient))] > 1)
        for patient in found[:SHOWN]
    ]
    return render(
        request, "shell/search.html", {"typed": typed, "hits": hits, "more": len(found) > SHOWN, "shown": SHOWN}
    )


def find(reader: Reader, typed: str) -> list[Resource]:
    """At most one more than are shown. Every word must begin a part of the name; a date is a birth date."""
    query = query_of(typed)
    found = reader.resources(query) if query else []
    ids = {patient["id"] for patient in found}
    return [patient for patient in found if _survivor(patient) not in ids]


def _survivor(patient: Resource) -> str:
    """The chart that this one was merged into, which is listed in its place where it was found too; "" for none."""
    named = (link for link in patient.get("link", ()) if link.get("type") == "replaced-by")
    references = [str(link.get("other", {}).get("reference", "")) for link in named]
    return references[0].removeprefix("Patient/") if references else ""


def query_of(typed: str) -> SearchQuery | None:
    """What was typed as a search; None where nothing of it can be looked for."""
    rest, born = _cut_date(typed)
    words = rest.replace(",", " ").split()
    criteria = [Criterion(param="birthdate", values=(born.isoformat(),))] if born else []
    for word in words:
        if _NUMBER.fullmatch(word):
            criteria.append(Criterion(param="identifier", values=(word.upper(),)))
        elif cleaned := re.sub(r"[^\w'’-]", "", word):
            criteria.append(Criterion(param="name", values=(cleaned,)))
    if not criteria:
        return None
    return SearchQuery(
        type="Patient", criteria=tuple(criteria), sort=(Sort(param="family"), Sort(param="birthdate")), count=SHOWN + 1
    )


def _cut_date(typed: str) -> tuple[str, date | None]:
    for pattern, order in ((_ISO_DATE, (0, 1, 2)), (_US_DATE, (2, 0, 1))):
        if found := pattern.search(typed):
            parts = [int(part) for part in found.groups()]
            try:
                born = date(*(parts[place] for place in order))
            except ValueError:
                continue
            return typed[: found.start()] + " " + typed[found.end() :], born
    return typed, None


def _hit(patient: Resource, *, today: date, request: CareRequest, typed: str, same_name: bool) -> Hit:
    born = str(patient.get("birthDate", ""))
    return Hit(
        id=patient["id"],
        name=_name(patient),
        born=request.care.clock.partial_date(born) if born else "",
        age=age_on(born=born, on=today),
        sex=sex_words(str(patient.get("gender", ""))),
        mrn=_mrn(patient),
        url=_chart(patient["id"]),
        same_name=same_name,
        also=_also(patient, typed),
    )


def _name(patient: Resource) -> str:
    """`Okafor, Jonas`: the first name on record, by which the patient is listed."""
    return _written(next(iter(patient.get("name", ())), {}))


def _written(name: Resource) -> str:
    given = " ".join(name.get("given", ()))
    return ", ".join(part for part in (name.get("family", ""), given) if part) or str(name.get("text", ""))


def _also(patient: Resource, typed: str) -> str:
    """Another name on record that a word of what was typed begins, where none of the first name's parts does."""
    words = [word for word in fold(_cut_date(typed)[0].replace(",", " ")).split() if not _NUMBER.fullmatch(word)]
    first, *others = [fold(_written(name)).replace(",", " ").split() for name in patient.get("name", ())] or [[]]
    missing = [word for word in words if not any(part.startswith(word) for part in first)]
    for name, parts in zip(patient.get("name", ())[1:], others, strict=True):
        if any(part.startswith(word) for word in missing for part in parts):
            return _written(name)
    return ""


def _mrn(patient: Resource) -> str:
    """The record number of this practice: the identifier of type MR (HL7 v2 table 0203)."""
    for identifier in patient.get("identifier", ()):
        if identifier.get("use") != "old" and any(
            coding.get("code") == "MR" for coding in identifier.get("type", {}).get("coding", ())
        ):
            return str(identifier.get("value", ""))
    return ""


def _chart(patient_id: str) -> str:
    try:
        return reverse("chart", args=[patient_id])
    except NoReverseMatch:
        return ""
