"""What may be said to whoever is on the phone, what may be left on voicemail, which number is a teen's own.

Those whom a patient names may be told what they were named for: 45 CFR 164.510(b). Nobody else is told anything, not
even that this is a patient here. What an unemancipated minor may lawfully have without a parent's consent is not the
parent's to hear: 45 CFR 164.502(g)(3)(i); which care that is, state law says, so no list of it stands here.
https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-E
"""

from datetime import date

from carewright.core.sentences import Sentence, joined, named, quoted, sentence
from carewright.skills.contacts.model import TOPIC_WORDS, Contacts, Person, Topic, Verdict, Voicemail

ADULT_YEARS = 18
"""The age of majority in most states; below it a number of one's own is a teen's own."""


def listed(contacts: Contacts, reference: str) -> Person | None:
    """Somebody on the list by their record (`RelatedPerson/…`), if there is anything that they may be told."""
    found = (person for person in contacts.people if person.reference and person.reference == reference)
    return next((person for person in found if person.may_hear), None)


def to_the_patient(contacts: Contacts) -> Verdict:
    """The patient, whose name and birth date were checked. What is not released stays unsaid."""
    words = [sentence("The patient is calling. Results that are not released are not read out: a nurse calls back.")]
    if contacts.own_number:
        words.append(own_number_words(contacts))
    return Verdict(stop=False, words=tuple(words))


def to_somebody(contacts: Contacts, *, reference: str = "") -> Verdict:
    """Somebody else: on the list (`reference`), or anybody."""
    person = listed(contacts, reference)
    if person is None:
        return Verdict(stop=True, words=(NOT_LISTED,))
    words = [sentence("%(name)s may be told: %(what)s.", name=quoted(person.name), what=topics_words(person.may_hear))]
    if contacts.own_number:
        words.append(sentence("Say nothing of what the patient came for alone, and not the patient’s own number."))
    return Verdict(stop=False, words=tuple(words))


NOT_LISTED = sentence("Not on the list: do not say whether they are a patient here.")


def topics_words(topics: frozenset[Topic]) -> Sentence:
    """In the order of the page; "nothing" for none."""
    found = [named(TOPIC_WORDS[topic]) for topic in Topic if topic in topics]
    return joined(*found, by=", ") if found else sentence("nothing")


def detailed_voicemail(contacts: Contacts) -> bool:
    """Whether a detailed message may be left. Not asked is no."""
    return contacts.voicemail is Voicemail.DETAILED


def is_teens_own(contacts: Contacts, *, born: date | None, on: date) -> bool:
    """Whether the patient is not of age yet and has given a number of their own."""
    return bool(contacts.own_number) and born is not None and _years(born, on) < ADULT_YEARS


def own_number_words(contacts: Contacts) -> Sentence:
    """The rule that goes with a number of one's own."""
    return sentence(
        "Their own number: %(number)s. About what they came for alone, call this number only.",
        number=quoted(contacts.own_number),
    )


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
