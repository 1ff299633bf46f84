"""Who works here, in which role and where, and which credentials they hold: projections of the staff's FHIR records.

https://hl7.org/fhir/R4/practitionerrole.html, https://hl7.org/fhir/R4/practitioner.html (qualification)
A credential or a role holds for whole days, first and last included, in the time zone of the site it is used at:
that is how a certificate is printed and how people read it. So days are kept as text, `2026-11-30`.
"""

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import Role
from carewright.core.store.hooks import Projection, texts, wholes
from carewright.core.store.model import Resource

_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T.*)?", re.ASCII)


def first_day(text: str | None) -> str | None:
    """The first day that a FHIR date or dateTime covers, as written where it was written; None for none."""
    found = _DAY.fullmatch(text) if text else None
    return date(int(found[1]), int(found[2] or 1), int(found[3] or 1)).isoformat() if found else None


def last_day(text: str | None) -> str | None:
    """The last day that it covers: `2026-11` ends on the 30th."""
    found = _DAY.fullmatch(text) if text else None
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 12)
    return date(year, month, int(found[3] or calendar.monthrange(year, month)[1])).isoformat()


def staff_role_rows(resource: Resource) -> Iterator[Mapping[str, object]]:
    """One row for each role of ours at each place; a record without a place holds at every site (NULL)."""
    practitioner = _id_of(resource.get("practitioner"), "Practitioner")
    if practitioner is None:
        return
    places = [place for reference in resource.get("location", ()) if (place := _id_of(reference, "Location"))]
    sites: list[str | None] = [*places] or [None]
    period = resource.get("period", {})
    for role in _codes(resource.get("code", ()), ROLE_SYSTEM):
        for site in sites:
            yield {
                "practitioner": practitioner,
                "role": role,
                "site": site,
                "active": int(resource.get("active", True)),
                "starts_on": first_day(period.get("start")),
                "ends_on": last_day(period.get("end")),
            }


def credential_rows(resource: Resource) -> Iterator[Mapping[str, object]]:
    """One row for each coded qualification of a person."""
    for qualification in resource.get("qualification", ()):
        period, issuer = qualification.get("period", {}), qualification.get("issuer", {})
        for coding in qualification.get("code", {}).get("coding", ()):
            if "code" in coding:
                yield {
                    "practitioner": resource["id"],
                    "system": coding.get("system", ""),
                    "code": coding["code"],
                    "name": qualification["code"].get("text") or coding.get("display") or coding["code"],
                    "issuer": issuer.get("display") or issuer.get("reference") or "",
                    "starts_on": first_day(period.get("start")),
                    "ends_on": last_day(period.get("end")),
                }


STAFF_ROLE = Projection(
    name="staff_role",
    types=frozenset({"PractitionerRole"}),
    columns=(
        *texts("practitioner", "role", "site"),
        *wholes("active"),
        *texts("starts_on", "ends_on"),
    ),
    rows=staff_role_rows,
    indexes=(("practitioner",), ("site", "role")),
    doc="Who has which role at which site (a Location's id; none: at all), on which days.",
)
CREDENTIAL = Projection(
    name="credential",
    types=frozenset({"Practitioner"}),
    columns=texts("practitioner", "system", "code", "name", "issuer", "starts_on", "ends_on"),
    rows=credential_rows,
    indexes=(("practitioner", "code"), ("ends_on",)),
    doc="Certificates, licences and competency sign-offs, from their first to their last day.",
)


def _codes(concepts: Iterable[Mapping[str, Any]], system: str) -> list[str]:
    """Our own roles among the concepts; a role that this version does not know gives nobody anything."""
    known = set(Role)
    codings = (coding for concept in concepts for coding in concept.get("coding", ()))
    found = (coding.get("code", "") for coding in codings if coding.get("system") == system)
    return list(dict.fromkeys(code for code in found if code in known))


def _id_of(reference: Mapping[str, Any] | None, resource_type: str) -> str | None:
    kind, _, resource_id = str((reference or {}).get("reference", "")).partition("/")
    return resource_id if kind == resource_type and resource_id else None
