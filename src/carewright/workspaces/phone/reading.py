"""What the phone pages show of a call: who answers symptoms, the caller's verdict, the rows of the list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from carewright.core.access.model import ROLE_WORDS, Role
from carewright.core.settings import values
from carewright.core.store.model import NotFound, Ref
from carewright.core.store.reader import Reader
from carewright.core.work.hours import hours_of
from carewright.core.work.queries import open_items
from carewright.shell.components import Level, Notice
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.shell.times import SiteClock
from carewright.skills.calls import rules
from carewright.skills.calls.model import ENDING_WORDS, Caller, PhoneCall
from carewright.skills.calls.queries import Listed
from carewright.skills.calls.reasons import BY_CODE
from carewright.skills.calls.skill import FALLBACK
from carewright.skills.contacts import queries as contacts
from carewright.skills.contacts import rules as telling
from carewright.skills.contacts.model import VOICEMAIL_WORDS, Contacts, Verdict
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import Patient
from carewright.skills.staffing import queries as staffing
from carewright.skills.staffing.model import Presence


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """Whom symptoms and results go to now: `person` by name (`Practitioner/…`), "" for the nurses on duty."""

    person: str
    words: str


def licensed(request: CareRequest, reader: Reader) -> Licensed:
    """The nurse on duty, else the fallback or whoever covers, by name."""
    site = request.access.site or ""
    at = request.care.now
    open_now = hours_of(reader.resource_or_none(Ref("Location", site)) if site else None).is_open(at)
    day = request.care.now_local.date()
    team, _ = staffing.team(reader, site, day)
    away = {one.practitioner for one in team.people if one.away}
    nurses = [
        one.practitioner for one in team.here if one.role is Role.NURSE and on_duty(one, at=at, open_now=open_now)
    ]
    fallback = values.get(request.store, FALLBACK, request.access)
    covering = staffing.covering(reader, site, at)
    person = rules.answers_symptoms(nurses=nurses, fallback=fallback, covering=covering, away=away)
    names = names_of(reader, [*nurses, person])
    if nurses:
        who = ", ".join(names.get(nurse, nurse) for nurse in nurses)
        return Licensed(person="", words=gettext("Nurse on duty: %(who)s") % {"who": who})
    if person:
        who = names.get(person, person)
        return Licensed(person=person, words=gettext("No nurse on duty. Goes to %(who)s by name.") % {"who": who})
    return Licensed(
        person="", words=gettext("Nobody licensed is on duty: the task waits for the nurses and is sent on.")
    )


def on_duty(one: Presence, *, at: datetime, open_now: bool) -> bool:
    """Whether somebody of today's team is there at `at`; without hours of their own, while the site is open."""
    if one.at_lunch(at) or (one.here_from and at < one.here_from) or (one.here_until and at >= one.here_until):
        return False
    return open_now or bool(one.here_from)


@dataclass(frozen=True, kw_only=True)
class Who:
    """The patient of a call, whom we may tell, and what may be said to whoever is on the phone."""

    patient: Patient
    born: str
    contacts: Contacts
    asked: bool
    voicemail: str
    people: tuple[tuple[str, str, str], ...]
    """Reference, name, what they may be told."""
    own_number: str
    is_teen: bool
    notices: tuple[Notice, ...]


def who(request: CareRequest, reader: Reader, call: PhoneCall) -> Who | None:
    """None before name and birth date were said and matched, and for a chart that this person may not see."""
    if not call.patient:
        return None
    try:
        patient, resource = registration.whole(reader, call.patient.removeprefix("Patient/"))
    except NotFound:
        return None
    found = contacts.answer(reader, patient.id)
    said = found.contacts
    people = tuple(
        (
            p.reference,
            f"{p.name} ({p.relationship})" if p.relationship else p.name,
            say(telling.topics_words(p.may_hear)),
        )
        for p in said.people
    )
    born = str(resource.get("birthDate", ""))
    return Who(
        patient=patient,
        born=request.care.clock.partial_date(born) if born else "",
        contacts=said,
        asked=bool(found.version),
        voicemail=term_words(VOICEMAIL_WORDS[said.voicemail]),
        people=people,
        own_number=say(telling.own_number_words(said)) if said.own_number else "",
        is_teen=telling.is_teens_own(said, born=patient.birth_date, on=request.care.now_local.date()),
        notices=tuple(notices(verdict_of(call, said))),
    )


def verdict_of(call: PhoneCall, said: Contacts) -> Verdict:
    """What may be said to this caller; nothing while nobody has asked who it is."""
    if call.caller is Caller.PATIENT:
        return telling.to_the_patient(said)
    return telling.to_somebody(said, reference=call.caller_ref)


def notices(verdict: Verdict) -> Iterable[Notice]:
    level = Level.CRITICAL if verdict.stop else Level.INFO
    return (Notice(text=say(words), level=level) for words in verdict.words)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A call in the list, with what is owed, by when, by whom."""

    call: Listed
    name: str
    why: str
    owed: str = ""
    ending: str = ""
    due_at: datetime | None = None
    due: str = ""
    """By when, for the list: the time, and the day where it is not today."""
    late: bool = False
    by: str = ""


def rows(request: CareRequest, reader: Reader, listed: Iterable[Listed]) -> list[Row]:
    """The calls as the list shows them."""
    calls = list(listed)
    patients = registration.patients(reader, sorted({call.patient for call in calls if call.patient}))
    refs = tuple(f"Communication/{call.id}" for call in calls)
    tasks = {item.focus: item for item in open_items(reader, focus=refs)} if refs else {}
    people = names_of(reader, [*(item.owner for item in tasks.values()), *(call.by for call in calls)])
    return [_row(request, call, patients, tasks.get(f"Communication/{call.id}"), people) for call in calls]


def _row(
    request: CareRequest, call: Listed, patients: Mapping[str, Patient], item: Any, people: Mapping[str, str]
) -> Row:
    patient = patients.get(call.patient)
    name = patient.name.words if patient else call.caller_name or call.number or gettext("Caller not known")
    why = term_words(BY_CODE[call.reason].words) if call.reason in BY_CODE else ""
    if item is None:
        ending = term_words(ENDING_WORDS[call.ending]) if call.ending else ""
        return Row(call=call, name=name, why=why, ending=ending, by=people.get(call.by, ""))
    role = term_words(ROLE_WORDS[Role(item.pool_role)]) if item.pool_role in set(Role) else ""
    return Row(
        call=call,
        name=name,
        why=why,
        owed=term_words(item.words),
        due_at=item.due_at,
        due=_due(request.care.clock, item.due_at, now=request.care.now),
        late=item.due_at is not None and item.due_at < request.care.now,
        by=people.get(item.owner, "") or role,
    )


def _due(clock: SiteClock, at: datetime | None, *, now: datetime) -> str:
    if at is None:
        return ""
    today = clock.local(at).date() == clock.local(now).date()
    return clock.time(at) if today else f"{clock.date(at)} {clock.time(at)}"
