"""The refill table: every row with its reasons, controlled drugs by every name, and no more than a row allows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewright.core.terminology.coding import RXNORM, Coding
from carewright.skills.refills import codes, library
from carewright.skills.refills.fhir import from_fhir, to_fhir
from carewright.skills.refills.model import (
    ENDS,
    Answer,
    Asker,
    Asking,
    Because,
    Decision,
    How,
    Outcome,
    Preparing,
    Refill,
    Said,
    Stage,
    Supply,
    Telling,
    Via,
    Whom,
)
from carewright.skills.refills.rules import steps
from carewright.skills.refills.rules.evaluating import Facts, Listed, Met, check, months_before, years_on
from carewright.skills.refills.rules.table import gap_harms, medicine_key, rows_of, schedule_of, table_of
from tests.clinic import TEN_FORTY

TODAY = date(2026, 11, 23)
TABLE = library.table()
ASKED = Asking(at=TEN_FORTY, by="Practitioner/dana", via=Via.PHONE, asker=Asker.PATIENT)
REFILL = Refill(
    id="r1", patient="Patient/ada", medicine="Lisinopril 10 mg tablet", asked=(ASKED,), days_left=4, pharmacy="Main St",
    on_file="MedicationStatement/m1", said=Said(as_written=True, well=True), prescriber="Practitioner/lind",
)  # fmt: skip
FACTS = Facts(
    today=TODAY, born=date(1960, 2, 3), sex="female", last_visit=date(2026, 5, 1),
    labs={"potassium": date(2026, 5, 1), "creatinine": date(2026, 5, 1)}, blood_pressure=(date(2026, 5, 1), 128, 76),
    listed=(Listed(reference="MedicationStatement/m1", names="Lisinopril 10 mg", words="Lisinopril 10 mg tablet"),),
)  # fmt: skip


def outcome(refill: Refill = REFILL, facts: Facts = FACTS) -> Outcome:
    return check(refill, facts, TABLE).outcome


def unmet(refill: Refill = REFILL, facts: Facts = FACTS) -> dict[str, tuple[Met, str]]:
    return {row.code: (row.met, str(row.words)) for row in check(refill, facts, TABLE).rows if row.met is not Met.MET}


def test_a_request_that_meets_every_row_fits_and_may_have_what_the_row_allows() -> None:
    found = check(REFILL, FACTS, TABLE)
    assert (found.outcome, found.supply, found.table) == (Outcome.MEETS, Supply(days=90, refills=3), TABLE.version)
    assert {row.code for row in found.rows} >= {
        "visit",
        "lab-potassium",
        "lab-creatinine",
        "blood-pressure",
        "pregnant",
    }


@pytest.mark.parametrize(
    ("change", "code", "met", "words"),
    [
        ({"last_visit": date(2025, 11, 22)}, "visit", Met.NOT_MET, "Visit: 11/22/2025, more than 12 months ago."),
        ({"last_visit": None}, "visit", Met.NOT_KNOWN, "Visit: none in the chart."),
        ({"labs": {"potassium": TODAY}}, "lab-creatinine", Met.NOT_KNOWN, "Creatinine: none in the chart."),
        ({"blood_pressure": (date(2026, 5, 1), 140, 76)}, "blood-pressure", Met.NOT_MET,
         "Blood pressure 140/76 on 05/01/2026: out of range."),
        ({"blood_pressure": (date(2025, 5, 1), 120, 76)}, "blood-pressure", Met.NOT_MET,
         "Blood pressure: 05/01/2025, more than 12 months ago."),
        ({"born": date(1990, 2, 3)}, "pregnant", Met.NOT_KNOWN, "Ask about pregnancy."),
        ({"listed": ()}, "listed", Met.NOT_MET, "Not on the medicine list."),
        ({"listed": (replace(FACTS.listed[0], active=False),)}, "listed", Met.NOT_MET, "Stopped on the medicine list."),
        ({"listed": (replace(FACTS.listed[0], covered_until=date(2026, 12, 30)),)}, "early", Met.NOT_MET,
         "Early: what was prescribed lasts until 12/30/2026."),
    ],
)  # fmt: skip
def test_a_fact_of_the_chart_that_is_not_met_is_said_with_its_reason(
    change: dict[str, object], code: str, met: Met, words: str
) -> None:
    facts = replace(FACTS, **change)  # type: ignore[arg-type]  # one field of Facts each
    assert unmet(facts=facts) == {code: (met, words)}
    assert outcome(facts=facts) is Outcome.DOES_NOT
    assert check(REFILL, facts, TABLE).supply == Supply(days=30, refills=0)


@pytest.mark.parametrize(
    ("change", "code", "met"),
    [
        ({"days_left": None}, "early", Met.NOT_KNOWN),
        ({"days_left": 11}, "early", Met.NOT_MET),
        ({"said": Said(as_written=False, well=True)}, "as-written", Met.NOT_MET),
        ({"said": Said(as_written=True, well=False)}, "well", Met.NOT_MET),
        ({"said": Said(as_written=True)}, "well", Met.NOT_KNOWN),
        ({"said": Said(as_written=True, well=True, pregnant=True)}, "pregnant", Met.NOT_MET),
    ],
)
def test_what_the_patient_says_counts_and_what_nobody_asked_is_not_known(
    change: dict[str, object], code: str, met: Met
) -> None:
    refill = replace(REFILL, **change)  # type: ignore[arg-type]  # one field of Refill each
    assert {row: one[0] for row, one in unmet(refill).items()} == {code: met}
    assert bool(check(refill, FACTS, TABLE).to_ask) == (met is Met.NOT_KNOWN)


def test_a_man_and_a_woman_past_it_are_not_asked_about_pregnancy_and_a_young_woman_is() -> None:
    young = replace(FACTS, born=date(1990, 2, 3))
    assert outcome(facts=replace(young, sex="male")) is Outcome.MEETS
    assert outcome(replace(REFILL, said=replace(REFILL.said, pregnant=False)), young) is Outcome.MEETS


def test_an_age_outside_the_row_needs_a_look() -> None:
    listed = (Listed(reference="", names="Sertraline 50 mg", words="Sertraline 50 mg"),)
    refill = replace(REFILL, medicine="Sertraline 50 mg", on_file="")
    assert unmet(refill, replace(FACTS, born=date(2006, 1, 1), listed=listed)) == {
        "visit": (Met.NOT_MET, "Visit: 05/01/2026, more than 6 months ago."),
        "age": (Met.NOT_MET, "Age 20: the table is for 25 to 120."),
    }


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("Oxycodone-acetaminophen 5-325 mg", "II"), ("ADDERALL XR 20 mg", "II"), ("Tylenol with codeine #3", "II"),
        ("testosterone cypionate 200 mg/mL", "III"), ("Xanax 0.5 mg", "IV"), ("tramadol HCl 50 mg", "IV"),
        ("clonazepam", "IV"), ("Pregabalin 75 mg", "V"), ("Lisinopril 10 mg", ""), ("Somatropin", ""),
    ],
)  # fmt: skip
def test_controlled_drugs_are_known_by_ingredient_and_by_brand(name: str, schedule: str) -> None:
    assert schedule_of(TABLE, name) == schedule
    if schedule:
        found = check(replace(REFILL, medicine=name), FACTS, TABLE)
        assert (found.outcome, found.supply) == (Outcome.CONTROLLED, None)


def test_a_controlled_drug_is_known_by_its_code_s_words_and_by_the_record_on_the_list() -> None:
    coded = replace(REFILL, medicine="Sleep tablet", coding=Coding(RXNORM, "854876", "zolpidem tartrate 5 MG"))
    assert outcome(coded) is Outcome.CONTROLLED
    listed = (Listed(reference="MedicationStatement/m1", names="Sleep tablet zolpidem", words="Sleep tablet"),)
    assert outcome(replace(REFILL, medicine="Sleep tablet"), replace(FACTS, listed=listed)) is Outcome.CONTROLLED


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("lisinopril-hydrochlorothiazide 20-12.5 mg tablet", ["ace-inhibitor-or-arb", "thiazide"]),
        ("Metoprolol succinate ER 50 mg 24 hr tablet", ["beta-blocker"]),
        ("Insulin glargine 100 units/mL pen", ["insulin"]),
        ("Sprintec", ["oral-contraceptive"]),
        ("norgestimate-ethinyl estradiol 0.25-35 mg-mcg", ["oral-contraceptive"]),
        ("fluticasone-salmeterol 250-50 mcg/dose", []),
        ("metformin sitagliptin 1000 mg", []),
        ("Zorblaxin 5 mg", []),
        ("", []),
    ],
)
def test_a_medicine_is_covered_only_with_all_its_parts(name: str, classes: list[str]) -> None:
    assert [row.name for row in rows_of(TABLE, name)] == classes


def test_an_ingredient_s_code_covers_a_name_that_is_not_known() -> None:
    refill = replace(REFILL, medicine="Blood pressure pill", coding=Coding(RXNORM, "29046", "lisinopril"))
    assert [row.name for row in rows_of(TABLE, refill.medicine, refill.coding)] == ["ace-inhibitor-or-arb"]
    assert rows_of(TABLE, "Blood pressure pill", Coding("http://example.org", "29046")) == ()


def test_what_is_not_on_the_table_has_no_supply() -> None:
    found = check(replace(REFILL, medicine="Zorblaxin 5 mg"), FACTS, TABLE)
    assert (found.outcome, found.supply) == (Outcome.NOT_ON_TABLE, None)


def test_every_row_and_laboratory_result_has_words_a_source_and_no_row_is_controlled() -> None:
    assert {row.name for row in TABLE.rows} == codes.CLASS_WORDS.keys()
    assert TABLE.labs.keys() == codes.LAB_WORDS.keys()
    for row in TABLE.rows:
        assert "https://" in row.source
        assert all(code.isdigit() for code in row.ingredients.values())
        assert not any(schedule_of(TABLE, name) for name in (*row.ingredients, *row.brands))


def test_a_table_that_asks_for_a_result_without_a_code_is_refused() -> None:
    row = {"name": "x", "ingredients": {}, "brands": [], "supply": {"days": 1, "refills": 0}, "visit": 1,
           "labs": {"lead": 1}, "source": {"fact": "", "url": ""}}  # fmt: skip
    whole = {"version": "1", "bridge_days": 30, "early_days": 10, "labs": {}, "rows": [row], "gap_harms": []}
    with pytest.raises(ValueError, match="lead"):
        table_of(whole, {"schedules": {}})


@pytest.mark.parametrize("name", ["insulin lispro 100 units/mL", "Keppra 500 mg", "Eliquis", "phenytoin", "Lantus pen"])
def test_days_without_these_are_dangerous(name: str) -> None:
    assert gap_harms(TABLE, name)
    assert not gap_harms(TABLE, "atorvastatin")


def test_the_same_medicine_has_one_key_and_another_strength_or_salt_another() -> None:
    same = {
        medicine_key(name) for name in ("Lisinopril 10 mg tablet", "lisinopril 10 MG", " LISINOPRIL  10mg oral tab")
    }
    assert len(same) == 1
    others = {
        medicine_key(n) for n in ("warfarin 2 mg", "warfarin 5 mg", "metoprolol succinate 50", "metoprolol tartrate 50")
    }
    assert len(others) == 4


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 240))
def test_months_are_counted_back_to_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    before = months_before(day, months)
    assert (day.year - before.year) * 12 + day.month - before.month == months
    assert before.day == day.day or (before + timedelta(days=1)).day == 1
    assert years_on(day, day) == 0


days = st.one_of(st.none(), st.dates(date(2024, 1, 1), TODAY))
anything = st.builds(
    Facts, today=st.just(TODAY), born=st.one_of(st.none(), st.dates(date(1920, 1, 1), TODAY)),
    sex=st.sampled_from(["male", "female", ""]), last_visit=days,
    labs=st.dictionaries(st.sampled_from(sorted(TABLE.labs)), st.dates(date(2024, 1, 1), TODAY)),
    blood_pressure=st.one_of(st.none(), st.tuples(st.dates(date(2024, 1, 1), TODAY), st.integers(60, 220),
                                                   st.integers(30, 130))),
)  # fmt: skip
medicines = st.sampled_from(
    [*(n for row in TABLE.rows for n in row.ingredients), "oxycodone", "Zorblaxin", "Xanax 1 mg"]
)
booleans = st.sampled_from([None, True, False])


@given(anything, medicines, st.builds(Said, as_written=booleans, well=booleans, pregnant=booleans),
       st.sampled_from([None, 0, 2, 10, 40]), st.booleans())  # fmt: skip
def test_a_request_fits_only_where_every_row_is_met_and_no_controlled_drug_is_given_a_supply(
    facts: Facts, medicine: str, said: Said, left: int | None, listed: bool
) -> None:
    refill = replace(REFILL, medicine=medicine, said=said, days_left=left, on_file="")
    known = (Listed(reference="x", names=medicine, words=medicine),) if listed else ()
    found = check(refill, replace(facts, listed=known), TABLE)
    assert (found.outcome is Outcome.MEETS) == all(row.met is Met.MET for row in found.rows)
    assert (found.supply is None) == (found.outcome in (Outcome.CONTROLLED, Outcome.NOT_ON_TABLE))
    assert (found.outcome is Outcome.CONTROLLED) == bool(schedule_of(TABLE, medicine))
    assert len({row.code for row in found.rows}) == len(found.rows)


supplies = st.one_of(st.none(), st.builds(Supply, days=st.integers(1, 400), refills=st.integers(0, 11)))
preparings = st.one_of(
    st.none(),
    st.builds(Preparing, at=st.just(TEN_FORTY), by=st.just("Practitioner/dana"), outcome=st.sampled_from(Outcome),
              table=st.just("1"), rows=st.just(("visit:met",)), found=st.just(("Visit: 05/01/2026.", "Age 40.")),
              supply=supplies, note=st.sampled_from(["", "Not reached"])),
)  # fmt: skip
decisions = st.sampled_from([
    None,
    Decision(at=TEN_FORTY, by="Practitioner/lind", answer=Answer.YES, supply=Supply(days=90, refills=0)),
    Decision(at=TEN_FORTY, by="Practitioner/lind", answer=Answer.NO, because=Because.VISIT, tell="Come in"),
    Decision(at=TEN_FORTY, by="Practitioner/lind", answer=Answer.ELSEWHERE),
])  # fmt: skip
tellings = st.lists(
    st.builds(Telling, at=st.just(TEN_FORTY), by=st.just("Practitioner/dana"), whom=st.sampled_from(Whom),
              how=st.sampled_from(How), name=st.sampled_from(["", "Son"])), max_size=3,
).map(tuple)  # fmt: skip
refills = st.builds(
    replace, st.just(REFILL), days_left=st.sampled_from([None, 0, 7]), gap_harms=st.booleans(),
    said=st.builds(Said, as_written=booleans, well=booleans, pregnant=booleans, words=st.sampled_from(["", "Dizzy"])),
    source=st.sampled_from(["", "Communication/c1", "DocumentReference/d1"]), site=st.sampled_from(["", "main-st"]),
    on_file=st.sampled_from(["", "MedicationStatement/m1", "MedicationRequest/m2"]),
    dose=st.sampled_from(["", "1 daily"]),
    preparing=preparings, decision=decisions, told=tellings, end=st.sampled_from([None, *ENDS]),
    asked=st.sampled_from([(ASKED,), (ASKED, replace(ASKED, asker=Asker.PHARMACY, words="Again"))]),
).map(lambda one: replace(one, end_why="So" if one.end else ""))  # fmt: skip


@given(refills)
def test_a_request_reads_back_as_it_was_written_and_owes_a_task_until_its_end(refill: Refill) -> None:
    written = to_fhir(refill)
    assert from_fhir(written) == refill
    assert from_fhir(to_fhir(refill, onto=written)) == refill
    leg = steps.leg_of(written)
    assert (leg is None) == (refill.stage is Stage.ENDED)
    assert written["status"] == "draft" or refill.decision or refill.end
    if leg and refill.stage is Stage.PREPARED and refill.preparing:
        controlled = refill.preparing.outcome is Outcome.CONTROLLED
        assert leg.code == (codes.CONTROLLED if controlled else codes.DECIDE)
        assert leg.owner == refill.prescriber


@pytest.mark.parametrize("broken", [{"extension": []}, {"extension": [{"url": codes.ASKED}]},
                                    {"medicationCodeableConcept": {}}, {"status": "entered-in-error"}])  # fmt: skip
def test_what_makes_no_sense_is_no_request(broken: dict[str, object]) -> None:
    assert from_fhir(to_fhir(REFILL) | broken) is None
