"""What the pages of merging show: the pairs, two charts line by line, and what a merge did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from django.utils.translation import gettext

from carewright.core.store.model import Resource
from carewright.core.store.reader import Reader
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.shell.words import sex_words
from carewright.skills.registration import codes, merges, queries
from carewright.skills.registration.model import Patient
from carewright.skills.registration.rules.merging import retired_in
from carewright.skills.registration.rules.mrn import show_mrn
from carewright.workspaces.banner import Who, who

PAIRS_SHOWN = 50
VISITS_SHOWN = 3


class Mark(StrEnum):
    """How a line of two charts compares; the words and icons are in the template."""

    SAME = "same"
    DIFFERS = "differs"
    ONE = "one"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One fact in both charts, in words; empty where a chart does not say."""

    label: str
    one: str
    other: str

    @property
    def mark(self) -> Mark:
        if not self.one and not self.other:
            return Mark.NONE
        if self.one == self.other:
            return Mark.SAME
        return Mark.DIFFERS if self.one and self.other else Mark.ONE


@dataclass(frozen=True, kw_only=True)
class Said:
    """That two charts are two people's: who said so, when (by the product's clock) and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two charts side by side. `holds` are kinds of records with how many each chart has."""

    one: Who
    other: Who
    lines: tuple[Line, ...]
    holds: tuple[tuple[str, int, int], ...]
    visits: tuple[tuple[str, ...], tuple[str, ...]]
    warnings: tuple[str, ...]
    apart: Said | None = None

    @property
    def versions(self) -> dict[str, int]:
        return {f"Patient/{who.id}": who.version for who in (self.one, self.other)}


def pairs(request: CareRequest) -> dict[str, object]:
    """The likely duplicates, the likeliest first."""
    found, more = merges.likely_pairs(request.reader("merge-charts.pairs"))
    shown = [
        (who(request, pair.one), who(request, pair.other), [say(reason) for reason in pair.match.reasons])
        for pair in found[:PAIRS_SHOWN]
    ]
    return {
        "pairs": shown,
        "count": len(found),
        "more": more or len(found) > PAIRS_SHOWN,
        "apart": _told_apart(request),
    }


def _told_apart(request: CareRequest) -> list[tuple[Who, Who]]:
    """The pairs of whom it was said that they are two people, as far as this person sees both charts."""
    reader = request.reader("merge-charts.apart")
    listed = [charts for charts, _ in merges.told_apart(reader)][:PAIRS_SHOWN]
    known = queries.patients(reader, sorted({one for charts in listed for one in charts}))
    found = [(known[one], known[other]) for one, other in listed if one in known and other in known]
    found.sort(key=lambda pair: (pair[0].name.words, pair[0].id, pair[1].id))
    return [(who(request, one), who(request, other)) for one, other in found]


def comparison(request: CareRequest, one_id: str, other_id: str) -> Comparison:
    """Both charts; NotFound."""
    reader = request.reader("merge-charts.compare")
    (one, first), (other, second) = queries.patient(reader, one_id), queries.patient(reader, other_id)
    sides = [_facts(request, patient, found) for patient, found in ((one, first), (other, second))]
    held = [merges.contents(reader, patient.id) for patient in (one, other)]
    return Comparison(
        one=who(request, one, version=int(first["meta"]["versionId"])),
        other=who(request, other, version=int(second["meta"]["versionId"])),
        lines=tuple(Line(label=label, one=said, other=sides[1][label]) for label, said in sides[0].items()),
        holds=tuple((say(a.words), a.count, b.count) for a, b in zip(*held, strict=True) if a.count or b.count),
        visits=(_visits(request, reader, one.id), _visits(request, reader, other.id)),
        warnings=tuple(_warnings(first, second)),
        apart=_said(request, reader, one.id, other.id),
    )


def _said(request: CareRequest, reader: Reader, one_id: str, other_id: str) -> Said | None:
    found = merges.apart(reader, one_id, other_id)
    if not found:
        return None
    said = found[0][0]
    return Said(by=names_of(reader, [said.by]).get(said.by, ""), at=said.said_at, reason=said.reason)


def since(request: CareRequest, merge: merges.Merged) -> list[tuple[Who, list[tuple[str, datetime]]]]:
    """What was written since a merge: of both together while it stands, of each chart once it was undone. Times by
    the product's clock."""
    reader = request.reader("merge-charts.done")
    charts = [merge.survivor] if merge.undone_at is None else [merge.survivor, merge.retired]
    return [
        (
            who(request, queries.patient(reader, chart)[0]),
            [
                (say(entry.words), request.store.clock.at(entry.at))
                for entry in merges.written_since(reader, chart, merge)
            ],
        )
        for chart in charts
    ]


def _facts(request: CareRequest, patient: Patient, resource: Resource) -> dict[str, str]:
    """What a chart says of who somebody is, by label."""
    where, born = patient.address, patient.birth_date
    address = [*where.lines, where.city, where.state, where.postal_code] if where else []
    if where and where.no_fixed_address:
        address = [gettext("No fixed address"), *address]
    others = [
        f"{i.get('value', '')} ({i.get('assigner', {}).get('display') or i.get('system', '')})"
        for i in resource.get("identifier", ())
        if i.get("system") != codes.mrn_system(request.access.practice)
    ]
    return {
        gettext("Name"): patient.name.words,
        gettext("Goes by"): patient.preferred_name,
        gettext("Birth date"): request.care.clock.partial_date(born.isoformat()) if born else "",
        gettext("Sex"): sex_words(patient.gender),
        gettext("MRN"): show_mrn(patient.mrn),
        gettext("Other numbers"): _listed(others),
        gettext("Phones"): _listed(phone.number for phone in patient.phones),
        gettext("Email"): patient.email,
        gettext("Address"): ", ".join(part for part in address if part),
        gettext("Language"): term_words(patient.language.display) if patient.language else "",
        gettext("People to call"): _listed(
            " ".join(part for part in (c.name, c.relationship, c.phone) if part) for c in patient.contacts
        ),
    }


def _listed(parts: Iterable[str]) -> str:
    return "; ".join(sorted(part for part in parts if part))


def _visits(request: CareRequest, reader: Reader, patient_id: str) -> tuple[str, ...]:
    """The last visits as lines: day, kind, provider."""
    rows = reader.rows("visit", where={"patient": patient_id}, order=("-started_at",), limit=VISITS_SHOWN)
    names = names_of(reader, (str(row["provider"]) for row in rows if row["provider"]))
    return tuple(
        " · ".join(
            part
            for part in (
                request.care.clock.date(cast(datetime, row["started_at"])),
                term_words(row["type_words"]),
                names.get(str(row["provider"]), ""),
            )
            if part
        )
        for row in rows
    )


def _warnings(first: Resource, second: Resource) -> Iterable[str]:
    """What speaks against it at once."""
    if any(retired_in(one) for one in (first, second)):
        yield gettext("Another chart was merged into one of these. Only that one can stay.")
    if first.get("birthDate") != second.get("birthDate"):
        yield gettext("The birth dates differ. Ask for an ID before you merge.")
    if first.get("multipleBirthInteger") != second.get("multipleBirthInteger"):
        yield gettext("One of them is a twin. Make sure that these are not two children.")
