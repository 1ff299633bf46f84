"""The files, the schema's refusals with their lines, and the PlanDefinition there and back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from carewright.core.access.model import Role
from carewright.core.fhir import codec
from carewright.core.fhir.validation import validate
from carewright.core.work.model import TASK_CODE, Kind
from carewright.core.work.whom import AGE, EVERYBODY, Age, AgeUnit, Facts, Whom
from carewright.skills.protocols import codes, fhir, library
from carewright.skills.protocols.model import Anchor, MadeBy, Moment, Protocol, ProtocolTask, Source, Version
from carewright.skills.protocols.rules import choosing, schema, written
from carewright.skills.protocols.rules.located import DEEPEST, LONGEST_TEXT, BadText
from carewright.skills.scheduling.model import VISIT_TYPES
from carewright.skills.visit.codes import FLOW_TASKS

AT = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
NEEDED = {
    "new-patient", "sick-child", "annual-adult", "medicare-wellness", "diabetes", "hypertension", "prenatal", "asthma",
    "sports-physical", "refill", "blood-pressure-check", "vaccine-visit", "injection-visit", "suture-removal",
    "inr-check", "tb-test-reading", "procedure", "preoperative", "telehealth", "post-hospital",
}  # fmt: skip
PERIODICITY = (
    "newborn", "3-to-5-days", "1-month", "2-months", "4-months", "6-months", "9-months", "12-months", "15-months",
    "18-months", "24-months", "30-months", *(f"{year}-years" for year in range(3, 22)),
)  # fmt: skip
"""The visits of the AAP/Bright Futures periodicity schedule, https://www.aap.org/periodicityschedule."""
GOOD = """\
protocol: demo
title: Demo
about: For tests.
visit_types: [sick]
sources:
  - name: A source
    url: https://example.org/a
    fact: Something is so.
tasks:
  - code: bp-seated
    words: Five quiet minutes.
    for: ma
    due: 10 minutes after start
"""


def version_of(protocol: Protocol, **more: Any) -> Version:
    made = Version(protocol=protocol, number=0, text="", made_by=MadeBy.PRODUCT, label="1", made_at=AT)
    return replace(made, **more)


def test_every_situation_and_every_age_has_its_protocol() -> None:
    assert set(library.protocols()) == NEEDED | {f"well-child-{age}" for age in PERIODICITY}


@pytest.mark.parametrize("name", sorted(library.protocols()))
def test_a_file_comes_back_from_its_plan_definition(name: str) -> None:
    protocol, text = library.protocols()[name], library.texts()[name]
    assert schema.protocol_of(text, name=name) == protocol
    assert schema.protocol_of(written.text_of(protocol), name=name) == protocol
    version = version_of(protocol, text=text, note="Why", by="Practitioner/mona", made_by=MadeBy.PRACTICE)
    resource = fhir.to_fhir(version)
    assert validate(resource) == []
    assert fhir.from_fhir(codec.decode(codec.encode(resource))) == version
    assert written.editable(version) == text


def test_what_is_measured_by_an_ma_is_judged_by_a_licensed_person() -> None:
    licensed = {Role.NURSE, Role.PROVIDER}
    for name, measured, judged in (
        ("inr-check", "inr-fingerstick", "inr-interpret"),
        ("tb-test-reading", "tb-measure", "tb-interpret"),
        ("blood-pressure-check", "bp-seated", "bp-interpret"),
        ("suture-removal", "suture-removal", "wound-look"),
        ("refill", "refill-details", "refill-decide"),
    ):
        tasks = {task.code: task for task in library.protocols()[name].tasks}
        assert tasks[measured].role is Role.MA
        assert tasks[judged].role in licensed
        assert codes.ROLES_OF[judged] <= licensed


def test_the_ages_of_the_checkups_leave_no_gap_and_overlap_nowhere() -> None:
    born = date(2020, 2, 29)
    cards = [p for n, p in library.protocols().items() if n.startswith("well-child")]
    for days in range(365 * 22):
        on = born + timedelta(days=days)
        fitting = [p.name for p in cards if p.only_if.holds(Facts(born=born), on=on)]
        assert len(fitting) == 1, (on, fitting)


@pytest.mark.parametrize(
    ("age", "code", "there"),
    [
        ("9-months", "development-form", True), ("12-months", "development-form", False),
        ("18-months", "autism-form", True), ("24-months", "autism-form", True), ("30-months", "autism-form", False),
        ("24-months", "head-circumference", True), ("30-months", "head-circumference", False),
        ("30-months", "bp-seated", False), ("3-years", "bp-seated", True),
        ("6-months", "maternal-mood-form", True), ("9-months", "maternal-mood-form", False),
        ("12-months", "hemoglobin-fingerstick", True), ("24-months", "lead-blood", True),
        ("7-years", "vision-test", False), ("8-years", "vision-test", True), ("15-years", "vision-test", True),
        ("11-years", "mood-form", False), ("12-years", "mood-form", True), ("5-years", "fluoride-varnish", True),
        ("6-years", "fluoride-varnish", False), ("12-years", "lipid-blood", False), ("17-years", "lipid-blood", True),
    ],
)  # fmt: skip
def test_the_schedule_by_age(age: str, code: str, there: bool) -> None:
    codes_at = {task.code for task in library.protocols()[f"well-child-{age}"].tasks}
    assert (code in codes_at) is there


def test_our_copies_of_others_codes_are_theirs() -> None:
    assert set(codes.VISIT_TYPES) == {kind.coding.code for kind in VISIT_TYPES}
    assert {code.code for code in FLOW_TASKS} == codes.FLOW_CODES
    assert not set(codes.TASKS) & schema.RESERVED


# -- what is refused --------------------------------------------------------------------------------------------------

TASK_LINES = "  - code: bp-seated\n    words: Five quiet minutes.\n    for: ma\n    due: 10 minutes after start\n"
SOURCES = GOOD[GOOD.index("sources:") : GOOD.index("tasks:")]

REFUSALS = [
    (GOOD.replace("title:", "titel:"), 2, "Did you mean “title”"),
    (GOOD + "colour: red\n", 14, "“colour” is not known here"),
    (GOOD.replace("    for: ma", "    for: doctor"), 12, "“doctor” is not known here"),
    (GOOD.replace("    for: ma", "    for: front-desk"), 12, "is for: Medical assistant"),
    (GOOD.replace("bp-seated", "inr-interpret"), 12, "is for: Nurse, Provider"),
    (GOOD.replace("10 minutes after start", "in a while"), 13, "A time is written"),
    (GOOD.replace("10 minutes after start", "500 days after start"), 13, "at most 400 days"),
    (GOOD.replace("10 minutes after start", "1 day before now"), 13, "A time is written"),
    (GOOD + "    not_before: 20 minutes after start\n", 14, "cannot be due before it begins"),
    (GOOD + TASK_LINES, 14, "“bp-seated” stands here twice"),
    (GOOD.replace(SOURCES, ""), 1, "Say where this comes from"),
    (GOOD.replace("https://example.org/a", "javascript:alert(1)"), 7, "begins with https://"),
    (GOOD.replace("https://example.org/a", "https://example.org/ a"), 7, "has no spaces"),
    (GOOD.replace("bp-seated", "bp-seatd"), 10, "Did you mean “bp-seated”"),
    (GOOD.replace("bp-seated", "name-and-birth-date"), 10, "part of every visit already"),
    (GOOD.replace("bp-seated", "rooming-shots-due"), 10, "part of every visit already"),
    (GOOD.replace("[sick]", "[surgery]"), 4, "“surgery” is no kind of visit"),
    (GOOD.replace("visit_types: [sick]\n", ""), 1, "Nothing ever brings this protocol"),
    (GOOD.replace("visit_types: [sick]", "by_hand: maybe"), 4, "“by_hand” is yes or no"),
    (GOOD.replace("visit_types: [sick]", "visit_types: sick"), 4, "is a list"),
    (GOOD.replace("protocol: demo", "protocol: other"), 1, "its name stays"),
    (GOOD + "    kind: critical\n", 14, "“critical” is not known here"),
    (GOOD + "    only_if:\n      age_from: old\n", 15, "An age is written"),
    (GOOD + "    only_if:\n      age_from: 3 years\n      age_below: 2 years\n", 15, "Ages must leave somebody"),
    (GOOD + "    only_if:\n      problems: [diabetes]\n", 15, "ICD-10-CM"),
    (GOOD + "    only_if:\n      weight: 5\n", 15, "“weight” is not known here"),
    (GOOD + "    standing_order: flu\n", 14, "“flu” is not known here"),
    (GOOD + "    supplies: [Cuff, Cuff]\n", 14, "names something twice"),
    (GOOD + "    words: Again\n", 14, "stands here twice"),
    (GOOD.replace("title: Demo", "title: &a Demo"), 2, "Anchors"),
    (GOOD.replace("title: Demo", "title: *a"), 2, "References"),
    (GOOD.replace("title: Demo", "title: !!python/object:os.system x"), 2, "Types"),
    (GOOD.replace("title: Demo", "title:"), 2, "“title” needs words"),
    (GOOD.replace("title: Demo", "title: " + "x" * 81), 2, "too long"),
    (GOOD.replace("title: Demo", "title: [Demo]"), 2, "needs words"),
    (GOOD.replace("title: Demo", "title: De\x07mo"), 2, "cannot be shown"),
    (GOOD.replace("title: Demo", 'title: "\\U00110000"'), 1, "does not exist"),
    (GOOD.replace("title: Demo", "title: a: b"), 2, "cannot be read"),
    (GOOD.replace("  - code", "\t- code"), 10, "cannot be read"),
    (GOOD + "---\nprotocol: b\n", 14, "Only one protocol"),
    (GOOD + "tasks: []\n", 14, "stands here twice"),
    (GOOD[: GOOD.index("tasks:")] + "tasks: []\n", 9, "at least one"),
    ("", 1, "is empty"),
    ("just words", 1, "Names with a colon"),
    ("- a\n- b\n", 1, "Names with a colon"),
    ("[" * (DEEPEST + 1), 1, "nested too deep"),
    ("{" * 5000, 1, "A name is expected"),
    ("{a: " * 5000, 1, "nested too deep"),
    ("x" * (LONGEST_TEXT + 1), 1, "too long"),
    ("[" + "a," * 5000 + "]", 1, "too many entries"),
    ("? [a]\n: b\n", 1, "A name is expected"),
]


@pytest.mark.parametrize(("text", "line", "words"), REFUSALS)
def test_a_bad_text_is_refused_with_the_line_and_the_reason(text: str, line: int, words: str) -> None:
    with pytest.raises(BadText) as refused:
        schema.protocol_of(text, name="demo")
    found = [(fault.line, str(fault.words)) for fault in refused.value.faults]
    assert any(number == line and words in said for number, said in found), found


def test_the_text_that_the_refusals_start_from_is_good_and_all_faults_are_told_at_once() -> None:
    assert schema.protocol_of(GOOD, name="demo").tasks[0].role is Role.MA
    bad = GOOD.replace("title: Demo", "titel: Demo").replace("for: ma", "for: doctor").replace("10 min", "ten min")
    with pytest.raises(BadText) as refused:
        schema.protocol_of(bad)
    assert [fault.line for fault in refused.value.faults] == [1, 2, 12, 13]


def test_own_tasks_are_told_apart_by_their_words() -> None:
    own = TASK_LINES.replace("bp-seated", "own-task")
    found = schema.protocol_of(GOOD + own + own.replace("Five", "Six"))
    assert len({task.key for task in found.tasks}) == 3
    with pytest.raises(BadText, match="twice with the same words"):
        schema.protocol_of(GOOD + own + own)


@given(
    st.text(max_size=400) | st.lists(st.sampled_from([*GOOD.splitlines(), "&a", "- *a", "{", "]", "\t"])).map("\n".join)
)
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 2 and words for line, words in told(text))


def told(text: str) -> list[tuple[int, str]]:
    """What is wrong with a text; nothing for a good one."""
    try:
        schema.protocol_of(text)
    except BadText as refused:
        return [(fault.line, str(fault.words)) for fault in refused.faults] or [(0, "no fault")]
    return []


# -- round trips of whatever a file may say ---------------------------------------------------------------------------

WORDS = st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" "), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
).filter(bool)  # fmt: skip
NAMES = st.from_regex(r"[a-z]{1,8}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)
AGES = st.builds(Age, st.integers(0, 130), st.sampled_from(AgeUnit))
WHOM = st.one_of(
    st.just(EVERYBODY),
    st.builds(Whom, age_from=st.none() | AGES, sex=st.sampled_from(["", "female", "male"]),
              problems=st.lists(st.sampled_from(["E11", "I10", "O09.1"]), unique=True).map(tuple),
              is_new=st.sampled_from([None, True, False])),
    st.builds(Whom, age_below=AGES.filter(lambda age: age.count > 0)),
)  # fmt: skip
MOMENTS = st.builds(Moment, st.integers(0, 400 * 24 * 60), st.sampled_from(Anchor)) | st.builds(
    Moment, st.integers(-400 * 24 * 60, 0)
)


@st.composite
def tasks(draw: st.DrawFn) -> ProtocolTask:
    code = draw(st.sampled_from(sorted(codes.TASKS)))
    due = draw(MOMENTS)
    allowed: list[Role | None] = [*sorted(codes.ROLES_OF[code])]
    return ProtocolTask(
        code=code,
        words=draw(WORDS),
        role=draw(st.sampled_from(allowed + ([None] if Role.FRONT_DESK in allowed else []))),
        due=due,
        not_before=draw(st.none() | MOMENTS.filter(lambda m: m.anchor is not due.anchor or m.minutes <= due.minutes)),
        kind=draw(st.sampled_from([Kind.CLINICAL, Kind.CLERICAL])),
        competency=draw(st.just("") | NAMES),
        supplies=tuple(draw(st.lists(WORDS, max_size=3, unique=True))),
        standing_order=draw(st.just("") | st.sampled_from(sorted(codes.TASKS))),
        only_if=draw(WHOM),
    )


PROTOCOLS = st.builds(
    Protocol, name=NAMES, title=WORDS, about=WORDS,
    sources=st.lists(st.builds(Source, name=WORDS, url=st.just("https://example.org/x"), fact=WORDS), min_size=1,
                     max_size=3).map(tuple),
    tasks=st.lists(tasks(), min_size=1, max_size=4, unique_by=lambda task: task.key).map(tuple),
    visit_types=st.lists(st.sampled_from(codes.VISIT_TYPES), min_size=1, unique=True).map(tuple),
    by_hand=st.booleans(), only_if=WHOM,
)  # fmt: skip


@settings(max_examples=60)
@given(PROTOCOLS)
def test_any_protocol_comes_back_from_its_text_and_from_its_record(protocol: Protocol) -> None:
    assert schema.protocol_of(written.text_of(protocol), name=protocol.name) == protocol
    version = version_of(protocol)
    resource = codec.decode(codec.encode(fhir.to_fhir(version)))
    assert validate(resource) == []
    assert fhir.from_fhir(resource) == version


@given(MOMENTS)
def test_a_time_is_read_as_it_is_written(moment: Moment) -> None:
    if abs(moment.minutes) < 1000:
        assert Moment.read(str(moment)) == moment


@pytest.mark.parametrize(
    "broken",
    [{"action": []}, {"action": [{"code": [{"coding": [{"system": TASK_CODE, "code": "no-such"}]}]}]},
     {"title": None}, {"relatedArtifact": [{"type": "citation"}]},
     {"useContext": [{"code": AGE.to_fhir(), "valueRange": 1}]}],
)  # fmt: skip
def test_a_record_of_another_program_is_no_protocol_and_breaks_nothing(broken: dict) -> None:
    resource = {**fhir.to_fhir(version_of(library.protocols()["diabetes"])), **broken}
    if broken != {"action": []}:
        assert fhir.from_fhir({key: value for key, value in resource.items() if value is not None}) is None
    assert fhir.from_fhir({"resourceType": "PlanDefinition", "id": "x", "status": "active"}) is None


def test_a_text_that_no_longer_says_what_the_record_says_is_written_anew() -> None:
    protocol = library.protocols()["diabetes"]
    version = version_of(replace(protocol, title="Sugar"), text=library.texts()["diabetes"])
    assert yaml.safe_load(written.editable(version))["title"] == "Sugar"
    assert yaml.safe_load(written.editable(replace(version, text="{")))["title"] == "Sugar"


# -- choosing ---------------------------------------------------------------------------------------------------------

ADA = Facts(born=date(1980, 3, 2), sex="female", problems=frozenset({"E11.9", "J45.40"}), is_new=False)


def card(name: str, **more: Any) -> choosing.Card:
    protocol = library.protocols()[name]
    made = choosing.Card(
        name=name, title=protocol.title, about="", active=True, by_hand=protocol.by_hand,
        visit_types=protocol.visit_types, whom=protocol.only_if, tasks=len(protocol.tasks),
        made_by=MadeBy.PRODUCT, label="1", number=1, made_at=AT,
    )  # fmt: skip
    return replace(made, **more)


CARDS = [card(name) for name in library.protocols()]


@pytest.mark.parametrize(
    ("visit_type", "facts", "names"),
    [
        ("well-child", Facts(born=date(2025, 8, 21)), {"well-child-15-months"}),
        ("well-child", Facts(), set()),
        ("follow-up", ADA, {"diabetes", "asthma"}),
        ("follow-up", replace(ADA, problems=frozenset()), set()),
        ("follow-up", replace(ADA, problems=None), set()),
        ("follow-up", replace(ADA, problems=frozenset({"Z34.90"})), {"prenatal"}),
        ("physical", ADA, {"annual-adult"}),
        ("sick", Facts(born=date(2020, 1, 1)), {"sick-child"}),
        ("sick", ADA, set()),
        ("nurse-visit", ADA, set()),
        ("telehealth", Facts(), {"telehealth"}),
        ("", ADA, set()),
    ],
)
def test_which_protocols_a_visit_gets(visit_type: str, facts: Facts, names: set[str]) -> None:
    found = choosing.of_visit(CARDS, visit_type=visit_type, facts=facts, on=AT.date())
    assert {one.name for one in found} == names


def test_what_is_chosen_by_hand_or_not_known_is_offered() -> None:
    at_nurse = choosing.offered(CARDS, visit_type="nurse-visit", facts=ADA, on=AT.date())
    assert "tb-test-reading" in {one.name for one in at_nurse}
    unknown = choosing.offered(CARDS, visit_type="follow-up", facts=replace(ADA, problems=None), on=AT.date())
    assert {"diabetes", "post-hospital"} <= {one.name for one in unknown}
    assert choosing.of_visit([card("telehealth", active=False)], visit_type="telehealth", facts=ADA, on=AT.date()) == []


def test_the_tasks_of_a_visit() -> None:
    subject = choosing.Subject(ref="Encounter/e1", patient="Patient/p1", start=AT, site="main-st")
    made = version_of(library.protocols()["annual-adult"])
    found = {t.code.code: t for t in choosing.tasks_of(made, subject, facts=ADA, now=AT, by="Practitioner/dana")}
    assert {"mammogram-date", "colorectal-date"} <= found.keys()
    assert "bone-density-date" not in found
    assert found["bp-seated"].due_at == AT + timedelta(minutes=20)
    assert found["results-to-hand"].due_at == AT, "nothing is late before it exists"
    assert found["bp-seated"].id == "e1-bp-seated"
    assert found["bp-seated"].instantiates == "https://carewright.org/fhir/PlanDefinition/protocol-annual-adult|1"
    man = choosing.tasks_of(made, subject, facts=replace(ADA, sex="male"), now=AT, by="Practitioner/dana")
    assert "mammogram-date" not in {task.code.code for task in man}
    unknown = choosing.tasks_of(made, subject, facts=Facts(), now=AT, by="Practitioner/dana")
    assert {"mammogram-date", "bone-density-date"} <= {task.code.code for task in unknown}


def test_a_task_of_a_long_subject_has_an_id_that_fits() -> None:
    assert len(choosing.task_id("Encounter/" + "e" * 64, "cervical-screening-date")) <= choosing.LONGEST_ID
