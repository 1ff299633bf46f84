"""Settings: typed, versioned, audited; the narrowest value counts. Drafts: one per person, form and patient."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.access.model import Access, AccessDenied, Actor
from carewright.core.clock import wall_now
from carewright.core.registry import Manifest, Registry
from carewright.core.settings import values
from carewright.core.settings.manifest import CHANGE
from carewright.core.settings.model import (
    DECIMAL,
    EVERY_LEVEL,
    OF_SITE,
    TEXT,
    TEXTS,
    WHOLE,
    YES_NO,
    BadSetting,
    Level,
    Setting,
    between,
    one_of,
)
from carewright.core.settings.values import SettingChanged, site_scope, user_scope
from carewright.core.store import chain, drafts
from carewright.core.store.drafts import DraftTooLong
from carewright.core.store.setting_rows import SettingRow
from carewright.core.store.store import Store
from tests.store.people import everything

WAIT = Setting(
    name="board.wait-minutes", kind=WHOLE, default=15, levels=OF_SITE, unit="min", check=between(1, 240),
    doc="After how many minutes a wait is too long.",
)  # fmt: skip
UNITS = Setting(
    name="vitals.units", kind=TEXT, default="us", levels=EVERY_LEVEL, check=one_of("us", "metric"), doc="Units."
)
ALL = [
    WAIT,
    UNITS,
    Setting(name="t.flag", kind=YES_NO, default=False, doc="."),
    Setting(name="t.limit", kind=DECIMAL, default=Decimal("0.50"), doc="."),
    Setting(name="t.list", kind=TEXTS, default=("a", "b"), doc="."),
]


def manager(practice: str, **more: Any) -> Access:
    return everything(practice, actions=frozenset({CHANGE}), site="north", **more)


def colleague(practice: str) -> Access:
    return everything(practice, actor=Actor(practice=practice, reference="Practitioner/sam"), site="south")


@pytest.mark.parametrize("setting", ALL, ids=lambda s: s.name)
def test_a_value_is_read_back_as_it_was_written(setting: Setting[Any]) -> None:
    assert setting.decoded(setting.encoded(setting.default)) == setting.default


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_their_digits(value: Decimal) -> None:
    setting = Setting(name="t", kind=DECIMAL, default=Decimal(0), doc=".")
    assert setting.decoded(setting.encoded(value)).as_tuple() == value.as_tuple()


@given(st.lists(st.text()))
def test_lists_of_texts_are_read_back(value: list[str]) -> None:
    setting: Setting[tuple[str, ...]] = Setting(name="t", kind=TEXTS, default=(), doc=".")
    assert setting.decoded(setting.encoded(tuple(value))) == tuple(value)


@pytest.mark.parametrize("text", ["0", "241", "true", '"15"', "1.5", "[]", "nonsense"])
def test_a_value_that_does_not_fit_is_refused_with_the_setting_s_name(text: str) -> None:
    with pytest.raises(BadSetting, match=r"board\.wait-minutes"):
        WAIT.decoded(text)


@pytest.mark.parametrize("value", [1, 240])
def test_the_bounds_themselves_fit(value: int) -> None:
    assert WAIT.decoded(WAIT.encoded(value)) == value


def test_a_default_that_does_not_fit_is_a_fault_of_the_declaration() -> None:
    with pytest.raises(BadSetting):
        Setting(name="t", kind=WHOLE, default=0, check=between(1, 2), doc=".")


def test_without_a_value_the_default_counts(store: Store, practice: str) -> None:
    assert values.get(store, WAIT, manager(practice)) == 15


def test_the_narrowest_value_counts(store: Store, practice: str) -> None:
    access = manager(practice)
    me = user_scope(access.actor.reference)
    values.change(store, UNITS, access, scope="practice", value="metric")
    assert values.get(store, UNITS, access) == "metric"
    values.change(store, UNITS, access, scope=site_scope("north"), value="us")
    assert values.get(store, UNITS, access) == "us"
    assert values.get(store, UNITS, colleague(practice)) == "metric"
    values.change(store, UNITS, access, scope=me, value="metric")
    assert values.get(store, UNITS, access) == "metric"
    values.change(store, UNITS, access, scope=me, value=None)
    assert values.get(store, UNITS, access) == "us"


@given(rows=st.dictionaries(st.sampled_from(["user/P/1", "site/a", "practice"]), st.integers(1, 240)))
def test_resolving_takes_the_first_scope_that_has_a_value(rows: dict[str, int]) -> None:
    order = ["user/P/1", "site/a", "practice"]
    listed = [
        SettingRow(scope=scope, name=WAIT.name, version=1, value=json.dumps(value), actor="P/1", at=wall_now())
        for scope, value in rows.items()
    ]
    expected = next((rows[scope] for scope in order if scope in rows), WAIT.default)
    assert values.resolve(WAIT, listed, scopes=order) == expected


def test_a_kept_value_that_no_longer_fits_does_not_count(store: Store, practice: str) -> None:
    access = manager(practice)
    values.change(store, WAIT, access, scope="practice", value=200)
    stricter = Setting(name=WAIT.name, kind=WHOLE, default=15, levels=OF_SITE, check=between(1, 60), doc="Stricter.")
    assert values.get(store, stricter, access) == 15


def test_every_version_is_kept_with_who_and_when(store: Store, practice: str) -> None:
    access = manager(practice)
    for number, value in enumerate((20, 30), start=1):
        assert values.change(store, WAIT, access, scope="practice", value=value) == number
    rows = values.history(store, WAIT, access, scope="practice")
    assert [(row.version, row.value, row.actor) for row in rows] == [
        (2, "30", access.actor.reference), (1, "20", access.actor.reference),
    ]  # fmt: skip


def test_a_change_is_audited_in_the_same_transaction(store: Store, practice: str) -> None:
    values.change(store, WAIT, manager(practice), scope="practice", value=20)
    with store.driver.reading(practice) as connection:
        (row,) = chain.Trail(connection, practice).unsealed(after=(0, 0), sealable=False)
    assert CHANGE in row.fields
    assert json.loads(row.fields[-1] or "{}") == {"setting": WAIT.name, "scope": "practice", "version": 1}


def test_a_stale_change_is_refused(store: Store, practice: str) -> None:
    access = manager(practice)
    values.change(store, WAIT, access, scope="practice", value=20, version=0)
    with pytest.raises(SettingChanged):
        values.change(store, WAIT, access, scope="practice", value=30, version=0)
    assert values.get(store, WAIT, access) == 20


def test_changing_for_others_needs_the_permission(store: Store, practice: str) -> None:
    sam = colleague(practice)
    with pytest.raises(AccessDenied):
        values.change(store, UNITS, sam, scope="practice", value="metric")
    with pytest.raises(AccessDenied):
        values.change(store, UNITS, sam, scope=user_scope("Practitioner/dana"), value="metric")
    values.change(store, UNITS, sam, scope=user_scope("Practitioner/sam"), value="metric")
    assert values.get(store, UNITS, sam) == "metric"


@pytest.mark.parametrize("scope", ["user/Practitioner/dana", "practice/x", "site", "everywhere"])
def test_a_level_that_the_setting_does_not_have_is_refused(store: Store, practice: str, scope: str) -> None:
    with pytest.raises(BadSetting):
        values.change(store, WAIT, manager(practice), scope=scope, value=20)


def test_a_setting_has_a_level() -> None:
    with pytest.raises(ValueError, match="level"):
        Setting(name="t", kind=WHOLE, default=1, levels=frozenset(), doc=".")
    assert set(Level) == EVERY_LEVEL


def test_practices_do_not_see_each_other_s_settings(store: Store, practice: str) -> None:
    values.change(store, WAIT, manager(practice), scope="practice", value=20)
    store.ensure_practice("other", "Other")
    assert values.get(store, WAIT, manager("other")) == 15


def test_a_draft_is_kept_until_it_is_discarded(store: Store, practice: str) -> None:
    access = manager(practice)
    drafts.save(store, access, form="vitals", patient_id="ada", content="{1}")
    drafts.save(store, access, form="vitals", patient_id="ada", content="{2}")
    drafts.save(store, access, form="vitals", patient_id="bo", content="{3}")
    found = drafts.load(store, access, form="vitals", patient_id="ada")
    assert found is not None
    assert found.content == "{2}"
    assert {draft.patient_id for draft in drafts.unfinished(store, access)} == {"ada", "bo"}
    drafts.discard(store, access, form="vitals", patient_id="ada")
    assert drafts.load(store, access, form="vitals", patient_id="ada") is None


def test_what_an_opening_sent_before_does_not_come_back(store: Store, practice: str) -> None:
    access = manager(practice)

    def stands_after(content: str, number: int, opening: str = "a") -> str | None:
        drafts.save(store, access, form="vitals", patient_id="ada", content=content, opening=opening, number=number)
        found = drafts.load(store, access, form="vitals", patient_id="ada")
        return None if found is None else found.content

    assert stands_after("two", 2) == "two"
    assert stands_after("one", 1) == "two"
    assert stands_after("two again", 2) == "two again"
    drafts.discard(store, access, form="vitals", patient_id="ada", opening="a", number=4)
    assert drafts.unfinished(store, access) == []
    assert stands_after("three", 3) is None
    assert stands_after("five", 5) == "five"
    assert stands_after("another opening", 1, opening="b") == "another opening"


def test_a_draft_belongs_to_who_typed_it(store: Store, practice: str) -> None:
    drafts.save(store, manager(practice), form="vitals", patient_id="ada", content="mine")
    assert drafts.load(store, colleague(practice), form="vitals", patient_id="ada") is None


def test_a_draft_expires_after_a_week(store: Store, practice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    access = manager(practice)
    saved = drafts.save(store, access, form="vitals", content="old")
    assert drafts.purge(store, practice) == 0
    monkeypatch.setattr(drafts, "wall_now", lambda: saved.at + timedelta(days=7, seconds=1))
    assert drafts.load(store, access, form="vitals") is None
    assert drafts.unfinished(store, access) == []
    assert drafts.purge(store, practice) == 1


def test_a_draft_has_a_longest_length(store: Store, practice: str) -> None:
    drafts.save(store, manager(practice), form="note", content="x" * drafts.LONGEST)
    with pytest.raises(DraftTooLong):
        drafts.save(store, manager(practice), form="note", content="x" * (drafts.LONGEST + 1))


def test_a_draft_leaves_no_trace_in_the_audit(store: Store, practice: str) -> None:
    drafts.save(store, manager(practice), form="vitals", content="typed")
    store.audit_queue.flush()
    with store.driver.reading(practice) as connection:
        assert chain.Trail(connection, practice).unsealed(after=(0, 0), sealable=False) == []


def test_manifests_declare_settings_under_names_of_their_own() -> None:
    registry = Registry(
        (Manifest(name="board", doc=".", settings=(WAIT,)), Manifest(name="v", doc=".", settings=(UNITS,)))
    )
    assert registry.settings == {WAIT.name: WAIT, UNITS.name: UNITS}
    with pytest.raises(ValueError, match="Declared twice: setting"):
        Registry((Manifest(name="a", doc=".", settings=(WAIT,)), Manifest(name="b", doc=".", settings=(WAIT,))))
