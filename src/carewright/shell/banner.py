"""The patient banner: who this is and what must not be missed, on every page about a patient.

A skill fills the dataclass; the component shows it. What is not known is said, never left out: an empty place
where allergies stand would read as "none".
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext

from carewright.shell.components import Level
from carewright.shell.times import SiteClock
from carewright.shell.words import age_on, sex_words


class AllergyKnowledge(StrEnum):
    """What is known of the allergies."""

    NOT_ASKED = "not-asked"
    NONE_KNOWN = "none-known"
    LISTED = "listed"


@dataclass(frozen=True, kw_only=True)
class Allergy:
    """One allergy or intolerance; `severe` where a reaction endangered life."""

    substance: str
    reaction: str = ""
    severe: bool = False

    @property
    def words(self) -> str:
        if not self.reaction:
            return self.substance
        return gettext("%(substance)s (%(reaction)s)") % {"substance": self.substance, "reaction": self.reaction}


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A limb or procedure flag ("No BP or draw on the left arm"), or an alert ("Mask now – room first")."""

    words: str
    icon: str
    level: Level = Level.WARN


@dataclass(frozen=True, kw_only=True)
class PatientBanner:
    """`born` is a FHIR date; `gender` FHIR's administrative gender; `today` the day at the site.

    `name` is written family first. `language` is empty where it is the clinic's own; `interpreter` says whether one
    is needed. `photo_page_url` is where a photo is taken. `context` is the line below the name: reason, provider, room.
    `chart_url` opens the chart.
    """

    name: str
    born: str
    gender: str
    mrn: str
    today: date
    allergy_knowledge: AllergyKnowledge
    allergies: tuple[Allergy, ...] = ()
    preferred_name: str = ""
    pronouns: str = ""
    language: str = ""
    interpreter: bool = False
    photo_url: str = ""
    photo_page_url: str = ""
    with_whom: str = ""
    flags: tuple[Flag, ...] = ()
    alerts: tuple[Flag, ...] = ()
    context: tuple[str, ...] = ()
    chart_url: str = ""
    clock: SiteClock = field(default_factory=SiteClock)

    def __post_init__(self) -> None:
        if bool(self.allergies) != (self.allergy_knowledge is AllergyKnowledge.LISTED):
            raise ValueError("Allergies are listed exactly when they are known to exist.")

    @property
    def born_words(self) -> str:
        try:
            return self.clock.partial_date(self.born)
        except ValueError:
            return gettext("not known")

    @property
    def age_words(self) -> str:
        return age_on(born=self.born, on=self.today)

    @property
    def sex_words(self) -> str:
        return sex_words(self.gender)

    @property
    def severe(self) -> bool:
        return any(allergy.severe for allergy in self.allergies)
