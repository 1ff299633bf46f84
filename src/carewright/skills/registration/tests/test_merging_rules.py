"""A merge written into two records and taken out again leaves both as they were."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from carewright.skills.registration import codes
from carewright.skills.registration.rules.merging import merged, reason_of, refusal, retired_in, survivor_of, unmerged

OURS = codes.mrn_system("here")
identifiers = st.lists(
    st.builds(
        lambda system, value, use: {"use": use, "system": system, "value": value},
        st.sampled_from((OURS, "urn:lab")), st.text("0123456789", min_size=1, max_size=3),
        st.sampled_from(("usual", "secondary")),
    ),
    max_size=3, unique_by=lambda one: (one["system"], one["value"]),
)  # fmt: skip
others = st.lists(st.just({"other": {"reference": "Patient/mother"}, "type": "seealso"}), max_size=1)


def person(patient_id: str, *, numbers: list[dict[str, str]], links: list[dict[str, Any]]) -> dict[str, Any]:
    found = {"resourceType": "Patient", "id": patient_id, "active": True, "identifier": numbers, "link": links}
    return {name: value for name, value in found.items() if value != []}


@given(identifiers, identifiers, others, others)
def test_undone_a_merge_leaves_both_as_they_were(
    mine: list[dict[str, str]], theirs: list[dict[str, str]], some: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    keep, retire = person("a", numbers=mine, links=some), person("b", numbers=theirs, links=more)
    kept, retired = merged(keep, retire, reason=" Same ID ", mrn_system=OURS)
    assert (retired_in(kept), survivor_of(retired), reason_of(retired)) == (("b",), "a", "Same ID")
    assert not retired["active"]
    numbers = {(one["system"], one["value"]) for one in kept.get("identifier", [])}
    assert {(one["system"], one["value"]) for one in theirs if one["system"] == OURS} <= numbers
    assert refusal(kept, retired, reason="x") is not None
    again, opened = unmerged(kept, retired, reason="Cousins", mrn_system=OURS)
    assert again == keep
    assert opened.pop("extension") == [{"url": codes.UNMERGE_REASON_EXTENSION, "valueString": "Cousins"}]
    assert opened == retire
