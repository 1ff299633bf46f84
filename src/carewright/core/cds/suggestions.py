"""What a card suggests, as it would be done here: whether it can be, why not, and every word that would be written.

Plain Python: what stands now in, a reason or lines out. Only what a person can read whole and may write themselves is
done: records of the open chart, created or changed, nothing deleted. https://hl7.org/fhir/R4 names the elements;
https://cds-hooks.hl7.org/2.0/#action the actions.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from carewright.core.access.labels import with_labels_of
from carewright.core.access.model import Access, Interaction
from carewright.core.cds.model import Action, Suggestion
from carewright.core.fhir.model import Resource
from carewright.core.fhir.references import patient_of, walk
from carewright.core.fhir.validation import validate
from carewright.core.sentences import Sentence, quoted, sentence
from carewright.core.store.model import Ref
from carewright.core.terminology.coding import CONFIDENTIALITY, CPT, CVX, ICD10CM, LOINC, NDC, RXNORM, SNOMED, UCUM

CREATE, UPDATE = "create", "update"
NEEDS = {CREATE: Interaction.CREATE, UPDATE: Interaction.UPDATE}
MAX_LINES = 60
UNSAID = frozenset({"resourceType", "id", "meta"})
"""What is the server's, or stands in the heading."""
SYSTEM_WORDS = {
    LOINC: "LOINC", UCUM: "UCUM", SNOMED: "SNOMED CT", RXNORM: "RxNorm", ICD10CM: "ICD-10-CM", CVX: "CVX", NDC: "NDC",
    CPT: "CPT", CONFIDENTIALITY: "Confidentiality",
}  # fmt: skip
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
Standing = Mapping[Ref, Resource]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One action for a person: a new record or a changed one, and each element that would be written, `was` before."""

    is_new: bool
    resource_type: str
    words: str
    lines: tuple[tuple[str, str, str], ...]
    """(element, was, becomes)"""


def target(action: Action) -> Ref | None:
    """The record that an action would change."""
    resource_type, key = action.resource.get("resourceType"), action.resource.get("id")
    return Ref(str(resource_type), str(key)) if action.kind == UPDATE and resource_type and key else None


def obstacle(suggestion: Suggestion, *, access: Access, patient: str, standing: Standing) -> Sentence | None:
    """Why it cannot be done here, for whoever reads the card; None where it can."""
    if not suggestion.uuid or not suggestion.actions or not suggestion.is_whole:
        return sentence("It does not say exactly what is to be done.")
    targets = [ref for action in suggestion.actions if (ref := target(action))]
    if len(targets) != len(set(targets)):
        return sentence("It changes the same record twice.")
    found = (_obstacle(action, access, patient, standing) for action in suggestion.actions)
    return next((one for one in found if one is not None), None)


def _obstacle(action: Action, access: Access, patient: str, standing: Standing) -> Sentence | None:
    resource_type = str(action.resource.get("resourceType", ""))
    if action.kind not in NEEDS:
        return sentence("Only new records and changes are made from a card.")
    if not access.may(NEEDS[action.kind], resource_type):
        return sentence("You may not write this kind of record: %(type)s.", type=resource_type or "?")
    issues = [issue for issue in validate(dict(action.resource)) if issue.severity in ("error", "fatal")]
    if issues:
        return sentence("It is not written as it has to be: %(why)s", why=quoted(str(issues[0])))
    if patient_of(dict(action.resource)) != patient:
        return sentence("It is not about this patient.")
    if any(str(one["reference"]).startswith("urn:") for _, one in walk(dict(action.resource))):
        return sentence("It does not say exactly what is to be done.")
    if action.kind == UPDATE:
        now = standing.get(target(action) or Ref(resource_type, ""))
        if now is None or patient_of(now) != patient:
            return sentence("The record that it changes is not in this chart.")
        asked = action.resource.get("meta", {}).get("versionId")
        if asked is not None and asked != now["meta"]["versionId"]:
            return sentence("The record that it changes has been changed here since.")
    if len(shown(action, standing).lines) > MAX_LINES:
        return sentence("It is too long to be read here.")
    return None


def as_written(action: Action, standing: Standing, *, source: str) -> Resource:
    """The record that is written: what a person has read, whose suggestion it was, and no label less than before."""
    now = standing.get(target(action) or Ref("", "")) or {}
    kept = {name: value for name, value in now.get("meta", {}).items() if name in ("profile", "tag")}
    labels = {name: value for name, value in action.resource.get("meta", {}).items() if name == "security"}
    return with_labels_of({**action.resource, "meta": {**kept, **labels, "source": source}}, now)


def shown(action: Action, standing: Standing) -> Shown:
    """What a person reads before it is done: of a new record all, of a changed one what would be different."""
    now = standing.get(target(action) or Ref("", "")) or {}
    before, after = (list(_lines(one)) for one in (now, as_written(action, standing, source="")))
    lines = [(name, "", value) for name, value in after if (name, value) not in before]
    lines += [(name, value, "") for name, value in before if (name, value) not in after]
    return Shown(
        is_new=action.kind == CREATE, resource_type=str(action.resource.get("resourceType", "")), words=action.words,
        lines=tuple(lines),
    )  # fmt: skip


def _lines(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    security = resource.get("meta", {}).get("security", ())
    yield from _leaves(["label"], [*security])
    for name, value in resource.items():
        if name not in UNSAID:
            yield from _leaves([name], value)


def _leaves(path: list[str], value: Any) -> Iterator[tuple[str, str]]:
    """Each value by the names that lead to it; nothing is left out, so that nothing unread is written."""
    said = _said(value) if isinstance(value, dict) else ""
    if said:
        yield _words(path), said
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves([*path, name], inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _leaves([*path[:-1], f"{path[-1]} {number}"] if len(value) > 1 else path, inner)
    else:
        yield _words(path), ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _words(path: list[str]) -> str:
    return " · ".join(_HUMP.sub(" ", name).lower() for name in path)


def _said(value: Mapping[str, Any]) -> str:
    """A coding, quantity, reference or period in one line, with everything that it says; "" for what says more."""
    names = value.keys()
    if "code" in names and "value" not in names and names <= {"system", "code", "display"}:
        code = f"{_system(value)} {value['code']}".strip()
        return f"{value['display']} ({code})" if value.get("display") else code
    if "value" in names and names <= {"value", "comparator", "unit", "system", "code"}:
        amount = f"{value.get('comparator', '')}{value['value']} {value.get('unit') or value.get('code', '')}".strip()
        plain = value.get("system") in (None, UCUM) and value.get("code") in (
            None,
            value.get("unit", value.get("code")),
        )
        return amount if plain else f"{amount} ({_system(value)} {value.get('code', '')})".replace(" )", ")")
    if "reference" in names and names <= {"reference", "display"}:
        return f"{value['display']} ({value['reference']})" if value.get("display") else str(value["reference"])
    if names and names <= {"start", "end"}:
        return f"{value.get('start', '…')} – {value.get('end', '…')}"
    return ""


def _system(coded: Mapping[str, Any]) -> str:
    system = str(coded.get("system", ""))
    return SYSTEM_WORDS.get(system, system)
