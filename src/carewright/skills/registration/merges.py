"""Reads for merging charts: who may be registered twice, what a chart holds, what a merge did, what came since."""

from dataclasses import dataclass
from datetime import datetime

from carewright.core.access.model import Interaction
from carewright.core.fhir.codec import decode
from carewright.core.sentences import Sentence, named, term
from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.skills.registration.model import Likeness, Match, Patient
from carewright.skills.registration.queries import patients
from carewright.skills.registration.rules.apart import Apart, from_fhir
from carewright.skills.registration.rules.duplicates import compare
from carewright.skills.registration.rules.merging import reason_of, survivor_of

MOST_PAIRS = 2_000
"""Pairs that share a key are compared up to here; a practice has far fewer, and a page says when it had more."""
MOST_AT_ONCE = 200
MOST_VERSIONS = 100
MOST_LISTED = 200

CONTENTS = (
    ("Encounter", term("Visits")), ("Appointment", term("Appointments")),
    ("Observation", term("Measurements and results")), ("Condition", term("Problems")),
    ("MedicationRequest", term("Medicines ordered")), ("MedicationStatement", term("Medicines taken")),
    ("AllergyIntolerance", term("Allergies")), ("Immunization", term("Vaccines")),
    ("DocumentReference", term("Documents")), ("Task", term("Tasks")), ("Communication", term("Messages")),
    ("Flag", term("Flags in the banner")), ("RelatedPerson", term("Relatives")),
)  # fmt: skip
"""What a chart holds, in the words of the page."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two charts that may be one person's, and why."""

    one: Patient
    other: Patient
    match: Match


@dataclass(frozen=True, kw_only=True)
class Held:
    """How many records of a kind a chart holds."""

    type: str
    words: Sentence
    count: int


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A merge as the closed chart tells it; `undone_at` None while it stands. Instants are recorded times."""

    retired: str
    survivor: str
    reason: str
    merged_at: datetime
    undone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Since:
    """A record written in a chart between a merge and now, or its end."""

    ref: Ref
    words: Sentence
    at: datetime


def likely_pairs(reader: Reader) -> tuple[list[Pair], bool]:
    """The likely duplicates of the practice, the likeliest first; and whether there was more than is compared.

    Those of whom somebody has said that they are two people are left out.
    """
    ids = reader.sharing("pair", column="pair_key", value="id", limit=MOST_PAIRS + 1)
    apart = {frozenset(charts) for charts, _ in told_apart(reader)}
    meeting = {tuple(sorted(pair)) for pair in ids[:MOST_PAIRS]}
    known = patients(reader, sorted({one for pair in meeting for one in pair}), at_once=MOST_AT_ONCE)
    pairs = [
        Pair(one=known[one], other=known[other], match=match)
        for one, other in meeting
        if one in known and other in known
        if frozenset((one, other)) not in apart
        if (match := compare(known[one], known[other])).likeness is Likeness.LIKELY
    ]
    pairs.sort(key=lambda pair: (-pair.match.points, pair.one.name.words, pair.one.id, pair.other.id))
    return pairs, len(ids) > MOST_PAIRS


def told_apart(reader: Reader, *, charts: tuple[str, ...] = ()) -> list[tuple[tuple[str, str], str]]:
    """The charts that were said to be two people's, as they stand now, with the id under which it was said; what was
    said of a chart that has been merged since goes for the person. With `charts`, those between these alone."""
    rows = reader.rows("apart", where={})
    standing = reader.standing({str(row[side]) for row in rows for side in ("one", "other")})
    found = [((standing[str(row["one"])], standing[str(row["other"])]), str(row["id"])) for row in rows]
    return [(both, ref) for both, ref in found if both[0] != both[1] and (not charts or set(both) == set(charts))]


def apart(reader: Reader, one: str, other: str) -> list[tuple[Apart, Resource]]:
    """What was said of two charts and stands, with the records; usually one."""
    found = [reader.resource(Ref("Basic", ref)) for _, ref in told_apart(reader, charts=(one, other))]
    return [(said, resource) for resource in found if (said := from_fhir(resource)) is not None]


def contents(reader: Reader, patient_id: str) -> list[Held]:
    """What a chart holds, as far as this person's role opens it."""
    return [
        Held(type=kind, words=named(words), count=_count(reader, kind, patient_id))
        for kind, words in CONTENTS
        if reader.access.may(Interaction.SEARCH, kind)
    ]


def merge_of(reader: Reader, retired: str) -> Merged | None:
    """The last merge of a chart into another, from its own history; None if there was none. NotFound."""
    later: datetime | None = None
    found: Merged | None = None
    for stored in reader.history(Ref("Patient", retired), count=MOST_VERSIONS):
        resource = decode(stored.body or b"{}")
        survivor = survivor_of(resource)
        if found is not None and survivor != found.survivor:
            break
        if survivor:
            found = Merged(
                retired=retired, survivor=survivor, reason=reason_of(resource), merged_at=stored.at, undone_at=later
            )
        later = stored.at if found is None else later
    return found


def written_since(reader: Reader, patient_id: str, merge: Merged) -> list[Since]:
    """What was written in the chart since the merge (until it was undone), the earliest first.

    While the merge stands, either chart answers for both.
    """
    found = []
    for kind, words in CONTENTS:
        if not reader.access.may(Interaction.SEARCH, kind):
            continue
        pairs = [("patient", f"Patient/{patient_id}"), ("_lastUpdated", f"ge{merge.merged_at.isoformat()}")]
        if merge.undone_at:
            pairs.append(("_lastUpdated", f"le{merge.undone_at.isoformat()}"))
        page = reader.search(parse(kind, [*pairs, ("_sort", "_lastUpdated"), ("_count", str(MOST_LISTED))]))
        found += [Since(ref=stored.ref, words=named(words), at=stored.at) for stored in page.matches]
    return sorted(found, key=lambda entry: (entry.at, str(entry.ref)))


def _count(reader: Reader, kind: str, patient_id: str) -> int:
    query = parse(kind, [("patient", f"Patient/{patient_id}"), ("_summary", "count")])
    return reader.search(query).total or 0
