"""Finding a patient: what was typed into the search box, and the keys under which a patient is looked for.

The keys bring together candidates (same birth date, same sound, same phone); `duplicates.compare` then judges each.
"""

import re
from datetime import date

from carewright.core.fhir.text import fold
from carewright.skills.registration.model import Name, Patient, Search
from carewright.skills.registration.rules.mrn import check_mrn

_US_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_PHONE_DIGITS = 10
_SOUNDS = (("sch", "s"), ("sh", "s"), ("ch", "k"), ("ph", "f"), ("ck", "k"), ("th", "t"), ("wr", "r"), ("kn", "n"),
           ("ce", "se"), ("ci", "si"), ("cy", "si"), ("c", "k"), ("q", "k"), ("z", "s"), ("x", "ks"), ("w", "v"),
           ("y", "i"), ("j", "i"), ("dt", "t"), ("d", "t"))  # fmt: skip
"""Spelling to sound, in this order. Coarse on purpose: it proposes, a person decides."""


def parse_search(text: str) -> Search:
    """Take apart what was typed: a record number, a phone, a date (month first), and whatever is left as names."""
    rest = text.strip()
    if (mrn := check_mrn(rest)) is not None:
        return Search(mrn=mrn)
    birth_date = None
    for pattern in (_ISO_DATE, _US_DATE):
        if (found := pattern.search(rest)) and (birth_date := _date(found, pattern)):
            rest = rest[: found.start()] + " " + rest[found.end() :]
            break
    phone = phone_digits(rest) if len(re.sub(r"\D", "", rest)) >= _PHONE_DIGITS else ""
    words = re.sub(r"[^\w\s'’-]|\d", " ", rest)
    return Search(names=tuple(name_parts(words)), birth_date=birth_date, phone=phone)


def _date(found: re.Match[str], pattern: re.Pattern[str]) -> date | None:
    first, second, third = (int(part) for part in found.groups())
    year, month, day = (first, second, third) if pattern is _ISO_DATE else (third, first, second)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def phone_digits(text: str) -> str:
    """The last ten digits of a phone number; "" if there are fewer."""
    digits = re.sub(r"\D", "", text)
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else ""


def name_parts(text: str) -> list[str]:
    """Folded parts of a name; hyphens part, apostrophes do not: "O’Neil-García" gives "oneil", "garcia"."""
    joined = re.sub(r"['’`´.]", "", fold(text))
    return [part for part in re.split(r"[^\w]+", joined) if part]


def sound(name: str) -> str:
    """How a name sounds, roughly: its consonants after common spellings are joined. "Nguyen" and "Nguyenn" agree."""
    text = "".join(name_parts(name))
    for spelling, spoken in _SOUNDS:
        text = text.replace(spelling, spoken)
    text = re.sub(r"(.)\1+", r"\1", text)
    return text[:1] + re.sub(r"[aeiouh]", "", text[1:])


def search_keys(patient: Patient) -> frozenset[str]:
    """The keys to look for a patient, or for somebody like them; each names its kind."""
    keys = {f"sound:{sound(family)}:{initial}" for family in name_parts(patient.name.family)
            for initial in _initials(patient.name)}  # fmt: skip
    if patient.birth_date:
        keys.add(f"born:{patient.birth_date.isoformat()}")
        keys.add(f"born-any:{patient.birth_date.year}-{'-'.join(sorted(_day_and_month(patient.birth_date)))}")
    keys |= {f"phone:{digits}" for phone in patient.phones if (digits := phone_digits(phone.number))}
    return frozenset(keys)


def name_keys(patient: Patient) -> frozenset[str]:
    """One key for each part of each name a patient goes by."""
    names = (patient.name.family, *patient.name.given, patient.preferred_name)
    return frozenset(f"name:{part}" for name in names for part in name_parts(name))


def _initials(name: Name) -> set[str]:
    return {part[0] for given in name.given[:1] for part in name_parts(given)} or {""}


def _day_and_month(born: date) -> tuple[str, str]:
    return f"{born.month:02d}", f"{born.day:02d}"
