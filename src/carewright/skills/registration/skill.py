"""What registration declares: permissions, the key claim of a record number, the rows by which patients are found."""

from collections.abc import Iterable, Mapping, Sequence

from carewright.core.access.model import STAFF, Role
from carewright.core.registry import Manifest, may_see, may_write
from carewright.core.store.hooks import Claim, Effect, Extra, Projection, Write, WriteContext, texts, wholes
from carewright.core.store.model import Resource
from carewright.skills.registration import codes
from carewright.skills.registration.actions import MRN
from carewright.skills.registration.fhir import flag_from_fhir, from_fhir
from carewright.skills.registration.rules import apart
from carewright.skills.registration.rules.finding import name_keys, search_keys
from carewright.skills.registration.rules.merging import OLD, retired_in
from carewright.skills.registration.rules.pairs import pair_keys

MERGERS = frozenset({Role.LEAD_MA, Role.MANAGER})
REGISTRARS = frozenset({Role.FRONT_DESK, Role.MA, Role.LEAD_MA, Role.NURSE, Role.PROVIDER, Role.MANAGER})


def claim_record_number(write: Write, context: WriteContext) -> Sequence[Extra]:
    """A record number of ours belongs to one patient for ever, whoever writes it; it is never given up."""
    system = codes.mrn_system(context.access.practice)
    # A chart into which another was merged names its number as an old one; it stays the closed chart's own.
    merged = retired_in(write.after or {})
    return [
        Claim(kind=MRN, key=identifier["value"], holder=write.ref)
        for identifier in (write.after or {}).get("identifier", ())
        if identifier.get("system") == system and identifier.get("value")
        if not (merged and identifier.get("use") == OLD)
    ]


def _mrn(patient: Resource) -> str:
    """Our record number, whatever the practice: a projection row is made of the resource alone."""
    ours = (i for i in patient.get("identifier", ()) if str(i.get("system", "")).startswith(codes.MRN_SYSTEMS))
    return next((str(identifier.get("value", "")) for identifier in ours if identifier.get("use") != OLD), "")


def patient_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """What boards and lists show of a patient."""
    patient = from_fhir(resource, mrn_system="")
    yield {
        "id": resource["id"],
        "name": patient.name.words,
        "family": patient.name.family,
        "given": " ".join(patient.name.given),
        "preferred_name": patient.preferred_name,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "gender": patient.gender,
        "mrn": _mrn(resource),
        "language": patient.language.display if patient.language else "",
        "needs_interpreter": int(bool(patient.needs_interpreter)),
    }


def search_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The keys under which a patient, or somebody like them, is looked for."""
    patient = from_fhir(resource, mrn_system="")
    return [{"search_key": key, "id": resource["id"]} for key in sorted(search_keys(patient) | name_keys(patient))]


def pair_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The keys under which two charts of one person meet; a chart that was merged meets nobody any more."""
    patient = from_fhir(resource, mrn_system="")
    if patient.replaced_by:
        return
    for key in sorted(pair_keys(patient)):
        yield {"pair_key": key, "id": resource["id"]}


def apart_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """Two charts that were said to be two people's, while that stands."""
    said = apart.from_fhir(resource)
    if said is None or said.taken_back:
        return
    yield {"id": resource["id"], "one": said.charts[0], "other": said.charts[1]}


def flag_rows(resource: Resource) -> Iterable[Mapping[str, object]]:
    """The flags that stand: one row each."""
    flag = flag_from_fhir(resource)
    if flag.by_mistake or flag.ended is not None or not flag.patient.startswith("Patient/"):
        return
    yield {
        "id": resource["id"],
        "patient": flag.patient.removeprefix("Patient/"),
        "code": flag.code.code,
        "words": flag.shown,
    }


MANIFEST = Manifest(
    name="registration",
    doc="Who the patient is: find, register, look-alikes, family, and the flags in the banner.",
    permissions=(
        may_see(
            "registration.see",
            STAFF,
            on=("Patient", "RelatedPerson", "Group", "Flag"),
            doc="Find patients and see who they are.",
        ),
        may_write(
            "registration.write",
            REGISTRARS,
            on=("Patient", "RelatedPerson", "Group"),
            doc="Register patients and keep their particulars.",
        ),
        may_write(
            "registration.merge",
            MERGERS,
            on=("Patient", "Basic"),
            doc="Merge two charts of one person, and undo it; say of two charts that they are two people's.",
        ),
        may_write("registration.flag", REGISTRARS, on=("Flag",), doc="Put flags into the banner and end them."),
    ),
    effects=(
        Effect(
            name="record-number",
            types=frozenset({"Patient"}),
            apply=claim_record_number,
            integrity=True,
            doc="A record number belongs to one patient and is never used again.",
        ),
    ),
    projections=(
        Projection(
            name="patient",
            types=frozenset({"Patient"}),
            columns=(
                *texts("id", "name", "family", "given", "preferred_name", "birth_date", "gender", "mrn", "language"),
                *wholes("needs_interpreter"),
            ),
            rows=patient_rows,
            indexes=(("id",),),
            doc="One row per patient: what boards and lists show.",
        ),
        Projection(
            name="patient_search",
            types=frozenset({"Patient"}),
            columns=texts("search_key", "id"),
            rows=search_rows,
            indexes=(("search_key",),),
            doc="One row per key under which a patient is looked for.",
        ),
        Projection(
            name="pair",
            types=frozenset({"Patient"}),
            columns=texts("pair_key", "id"),
            rows=pair_rows,
            indexes=(("pair_key",),),
            doc="One row per key under which two charts of one person meet.",
        ),
        Projection(
            name="apart",
            types=frozenset({"Basic"}),
            columns=texts("id", "one", "other"),
            rows=apart_rows,
            doc="One row per pair of charts that were said to be two people's.",
        ),
        Projection(
            name="flag",
            types=frozenset({"Flag"}),
            columns=texts("id", "patient", "code", "words"),
            rows=flag_rows,
            indexes=(("patient",),),
            doc="One row per flag that stands in a banner.",
        ),
    ),
)
