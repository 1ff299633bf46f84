"""What the gallery shows: invented people with long names, odd values, everything that can go wrong on a page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.templatetags.static import static
from django.urls import reverse

from carewright.shell.banner import Allergy, AllergyKnowledge, Flag, PatientBanner
from carewright.shell.care import Care, Choice, NavEntry
from carewright.shell.components import Chip, FieldState, Level, Notice, NoticeAction, Step, StepState
from carewright.shell.fields import DecimalField, QuantityField
from carewright.shell.forms import ContextForm, PatientContext
from carewright.shell.printing.sheets import Label
from carewright.shell.times import SiteClock

NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ACTOR = "Dana Cole"
CLOCK = SiteClock(zone=ZoneInfo("America/New_York"))


def care() -> Care:
    workspaces = ("Flow board", "Rooming", "Worklists", "Messages", "Labs")
    return Care(
        actor_name=ACTOR,
        actor_role="CMA",
        initials="DC",
        site_name="Main St Clinic, Pod A",
        now=NOW,
        clock=CLOCK,
        nav=tuple(
            NavEntry(label=label, url="#", key=label[0].lower(), current=not index)
            for index, label in enumerate(workspaces)
        ),
        rooms=tuple(Choice(value=f"r{n}", label=f"Room {n}") for n in range(1, 13)),
        here="r4",
        emergency_jobs=(
            Choice(value="all", label="Everyone – not breathing, no pulse"),
            Choice(value="provider", label="A provider"),
            Choice(value="nurse", label="A nurse"),
            Choice(value="hands", label="More hands"),
        ),
        live_url=reverse("gallery-answer"),  # no event stream: shows what being offline looks like
        idle_seconds=600,
    )


def banners() -> list[PatientBanner]:
    jonas = PatientBanner(
        name="Okafor, Jonas",
        born="2025-08-21",
        gender="male",
        mrn="004 218 77",
        today=TODAY,
        allergy_knowledge=AllergyKnowledge.LISTED,
        allergies=(Allergy(substance="amoxicillin", reaction="hives"),),
        with_whom="Ada Okafor (mother)",
        context=("Well child, 15 months", "Dr. Lind", "Room 4"),
        clock=CLOCK,
    )
    maria = PatientBanner(
        name="de la Concepción Villanueva-Etxeberria, María Guadalupe del Rosario",
        born="1961",
        gender="female",
        mrn="004 218 78",
        today=TODAY,
        preferred_name="Lupe",
        pronouns="she/her",
        language="Spanish",
        interpreter=True,
        photo_url=static("shell/icon.svg"),
        allergy_knowledge=AllergyKnowledge.LISTED,
        allergies=(
            Allergy(substance="penicillin", reaction="throat swelling", severe=True),
            Allergy(substance="latex"),
        ),
        flags=(
            Flag(words="No BP or draw on the left arm", icon="hand"),
            Flag(words="Blood thinner", icon="droplets"),
            Flag(words="Faints", icon="bed", level=Level.INFO),
        ),
        alerts=(Flag(words="Mask now – room first", icon="shield-alert", level=Level.CRITICAL),),
        context=("Wound check after the hand surgery of last week", "Dr. Oyelaran-Whitcombe", "Room 12"),
        clock=CLOCK,
    )
    return [maria, jonas, *_short_banners()]


def _short_banners() -> list[PatientBanner]:
    return [
        PatientBanner(
            name=name,
            born="2026-11-20",
            gender="unknown",
            mrn="004 218 79",
            today=TODAY,
            allergy_knowledge=knowledge,
            clock=CLOCK,
        )
        for name, knowledge in (("Li, An", AllergyKnowledge.NOT_ASKED), ("Li, Ann", AllergyKnowledge.NONE_KNOWN))
    ]


class VitalsForm(ContextForm):
    """Some fields of the vital signs."""

    weight = QuantityField(label="Weight", units={"kg": (), "lb": ("lbs",)}, default="kg")
    length = QuantityField(label="Length", units={"cm": (), "in": ()}, default="cm", required=False)
    temperature = DecimalField(label="Temperature", required=False)
    pulse = DecimalField(label="Pulse", required=False, help_text="Count a full minute if it is not regular.")
    position = forms.ChoiceField(
        label="Position", choices=[("sitting", "Sitting"), ("lying", "Lying")], widget=forms.RadioSelect, required=False
    )
    arm = forms.ChoiceField(label="Arm", choices=[("l", "Left"), ("r", "Right")], required=False)
    reason = forms.CharField(label="In the patient’s words", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    asked = forms.BooleanField(label="Asked today", required=False)


def form(*, wrong: bool = False) -> VitalsForm:
    here = PatientContext(
        practice="demo", patient="p1", user="Practitioner/dc", expires_at=datetime.now(UTC) + timedelta(hours=12)
    )
    now = datetime.now(UTC)
    prefix = "wrong" if wrong else "vitals"
    if not wrong:
        typed = {"weight": "19.4", "length": "79.4", "temperature": "38.4", "pulse": "126", "position": "sitting"}
        return VitalsForm(here=here, now=now, prefix=prefix, initial=typed)
    typed = {"wrong-weight": "ten", "wrong-length": "1,250", "wrong-care_context": "x", "wrong-care_key": "x"}
    return VitalsForm(typed, here=here, now=now, prefix=prefix)


def states() -> dict[str, FieldState]:
    return {
        "weight": FieldState(
            last_value="9.5",
            last_when="at 12 mo",
            notices=(
                Notice(
                    text="Twice the 9.5 kg of three months ago. Measure again, or say that it is right.",
                    actions=(
                        NoticeAction(label="Measure again", name="again", value="weight"),
                        NoticeAction(label="It is right", name="right", value="weight"),
                        NoticeAction(label="19.4 lb = 8.8 kg", name="use", value="8.8"),
                    ),
                ),
            ),
        ),
        "length": FieldState(ok="In range", last_value="75.8", last_when="at 12 mo"),
        "temperature": FieldState(
            last_value="36.8",
            last_when="at 12 mo",
            notices=(Notice(text="Fever (38.0 °C or higher). Tell the provider before vaccines."),),
        ),
        "pulse": FieldState(ok="In range", last_value="118", last_when="at 12 mo"),
    }


def steps() -> list[Step]:
    labels = (
        "Name and birth date",
        "Reason",
        "Medicines, allergies",
        "Vitals",
        "Screening",
        "Immunizations",
        "Tell the provider",
    )
    kinds = (StepState.DONE, StepState.DONE, StepState.ATTENTION)
    return [
        Step(label=label, url="#", state=kinds[n] if n < len(kinds) else StepState.OPEN, current=n == 3)
        for n, label in enumerate(labels)
    ]


def rows() -> list[dict[str, Any]]:
    """Board rows: minutes waiting, level, name, age and sex, reason, provider, tasks."""
    names = ("Santos, Rosa", "de la Concepción Villanueva-Etxeberria, María Guadalupe", "Nguyen, Jonas", "Li, An")
    ages = ("51 y F", "about 65 y F", "14 mo M", "3 days M")
    reasons = ("Depression follow-up", "Wound check after hand surgery", "Well child, 15 months", "Weight check")
    waits = ((84, Level.CRITICAL), (34, Level.CRITICAL), (16, Level.WARN), (4, Level.PLAIN))
    return [
        {
            "name": name,
            "age": ages[n],
            "reason": reasons[n],
            "minutes": waits[n][0],
            "level": waits[n][1].value,
            "provider": ("Dr. Lind", "Dr. Oyelaran-Whitcombe")[n % 2],
            "done": n,
            "tasks": (("Flu shot", "Rapid strep"), ("Wheelchair scale",), (), ("Consent",))[n],
            "more": 1 if n == 0 else 0,
            "mask": n == 1,
        }
        for n, name in enumerate(names)
    ]


def labels() -> list[Label]:
    return [
        Label(
            name="Okafor, Jonas",
            born="08/21/2025",
            sex="M",
            mrn="004 218 77",
            lines=("Lead, capillary", "11/23/2026 10:42 AM DC"),
        ),
        Label(
            name="de la Concepción Villanueva-Etxeberria, María", born="1961", sex="F", mrn="004 218 78", lines=("INR",)
        ),
    ]


def components() -> dict[str, Any]:
    pills = (
        ("armchair", "Waiting", Level.INFO),
        ("thermometer", "Rooming", Level.ACCENT),
        ("syringe", "Orders to do", Level.WARN),
        ("check", "Clean", Level.OK),
        ("stethoscope", "With the provider", Level.PLUM),
        ("octagon-alert", "Do not use", Level.CRITICAL),
        ("circle-dashed", "Not arrived", Level.PLAIN),
    )
    chips = (("All", 60, ""), ("Needs an MA", 7, ""), ("Waiting", 16, ""), ("Waiting too long", 20, "alarm-clock"))
    long_banner, *other_banners = banners()
    return {
        "long_banner": long_banner,
        "banners": other_banners,
        "form": form(),
        "wrong_form": form(wrong=True),
        "states": states(),
        "steps": steps(),
        "rows": rows(),
        "pills": pills,
        "levels": list(Level),
        "chips": [Chip(label=label, url="#", count=n, icon=icon, current=label == "All") for label, n, icon in chips],
        "notices": [
            Notice(text=f"A sentence that says what is the matter and what to do ({level.value}).", level=level)
            for level in Level
        ],
    }
