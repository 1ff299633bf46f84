"""Keys under which two charts of one person meet, so that a whole practice is looked through without comparing each
with each.

Whatever `duplicates.compare` calls likely shares a key (a property test holds that): either the birth dates have the
same year, day and month in some sequence and one name sounds the same, or the birth dates have the year or the day in
common, as two dates do that differ by one slip of the finger, and both names sound the same, or one name and the phone
or address are.
"""

from itertools import product

from carewright.skills.registration.model import Patient
from carewright.skills.registration.rules.duplicates import given_names, street_of
from carewright.skills.registration.rules.finding import name_parts, phone_digits, sound


def pair_keys(patient: Patient) -> frozenset[str]:
    """The keys of one patient; none without a birth date, for without it nobody is a likely duplicate."""
    born = patient.birth_date
    if born is None:
        return frozenset()
    family = {sound(part) for part in name_parts(patient.name.family)}
    family |= {sound("".join(name_parts(patient.name.family)))} if family else set()
    given = {sound(name) for name in given_names(patient)}
    day = "-".join(sorted((f"{born.month:02d}", f"{born.day:02d}")))
    both = {"+".join(sorted(pair)) for pair in product(family, given)}
    household = {f"{name}@{place}" for name, place in product(family | given, _places(patient))}
    return frozenset(
        {f"{name}:{born.year}-{day}" for name in family | given}
        | {f"{who}:{part}" for who in both | household for part in (f"y{born.year}", f"d{born.day:02d}")}
    )


def _places(patient: Patient) -> set[str]:
    phones = {phone_digits(phone.number) for phone in patient.phones} - {""}
    return phones | ({" ".join(street)} if (street := street_of(patient)) else set())
