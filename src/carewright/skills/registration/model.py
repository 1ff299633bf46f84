"""A patient, the people around them, and the flags in their banner, as values."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from carewright.core.sentences import Sentence
from carewright.core.terminology.coding import Coding

Gender = Literal["male", "female", "other", "unknown"]
BirthSex = Literal["M", "F", "ASKU", "OTH", "UNK"]


@dataclass(frozen=True, kw_only=True)
class Name:
    """A legal name. `family` holds every family name as written ("García López"); `given` the first and middle ones."""

    family: str
    given: tuple[str, ...] = ()
    suffix: str = ""

    @property
    def words(self) -> str:
        """As the clinic sorts it: "Okafor, Jonas"."""
        given = " ".join(part for part in (*self.given, self.suffix) if part)
        return ", ".join(part for part in (self.family, given) if part)


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A number as written, and what it is: home, work, mobile."""

    number: str
    use: Literal["home", "work", "mobile"] = "mobile"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where somebody lives. With `no_fixed_address` the lines may say where they can be found."""

    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    no_fixed_address: bool = False


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody to call about the patient (Patient.contact)."""

    name: str
    relationship: str
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """What registration keeps of a patient. `mrn` is ours ("" before the first is assigned)."""

    name: Name
    gender: Gender = "unknown"
    birth_date: date | None = None
    mrn: str = ""
    id: str = ""
    preferred_name: str = ""
    birth_sex: BirthSex | None = None
    gender_identity: str = ""
    races: tuple[Coding, ...] = ()
    race_words: str = ""
    ethnicity: Coding | None = None
    ethnicity_words: str = ""
    language: Coding | None = None
    needs_interpreter: bool | None = None
    phones: tuple[Phone, ...] = ()
    email: str = ""
    address: Address | None = None
    contacts: tuple[Contact, ...] = ()
    birth_order: int | None = None
    """1, 2 … for twins and more (Patient.multipleBirthInteger)."""
    active: bool = True
    replaced_by: str = ""
    """The id of the chart that this one was merged into. Only a merge writes it."""

    def __post_init__(self) -> None:
        if not self.name.family and not self.name.given:
            raise ValueError("A patient has a name, if only a provisional one.")


@dataclass(frozen=True, kw_only=True)
class Relative:
    """Who somebody is to a patient (RelatedPerson). `own_mrn` is their own record number if they are seen here too."""

    patient: str
    name: Name
    relationship: Coding
    phones: tuple[Phone, ...] = ()
    own_mrn: str = ""
    id: str = ""
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class BannerFlag:
    """A flag in the banner. `words` narrows it: which arm, since when, what to do ("Left arm: mastectomy 2019")."""

    patient: str
    code: Coding
    words: str = ""
    since: date | None = None
    ended: date | None = None
    author: str | None = None
    id: str = ""
    by_mistake: bool = False

    @property
    def shown(self) -> str:
        return f"{self.code.display}: {self.words}" if self.words else self.code.display


class Likeness(StrEnum):
    """How alike two registrations are."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True)
class Match:
    """A comparison of two patients: points, what they come to, and the reasons as sentences for the desk."""

    likeness: Likeness
    points: int
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was typed into the search box, taken apart. Names are folded."""

    names: tuple[str, ...] = ()
    birth_date: date | None = None
    mrn: str = ""
    phone: str = ""
