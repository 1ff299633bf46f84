"""Ages, waits and sexes in the reader's language."""

from datetime import date

from django.utils.translation import gettext, ngettext, pgettext

from carewright.shell.ages import Age, AgeUnit, age
from carewright.shell.times import Wait


def age_words(value: Age) -> str:
    """'15 mo'; 'about 33 y' where the birth date is not known to the day."""
    count = {"count": value.value}
    match value.unit:
        case AgeUnit.DAYS:
            words = ngettext("%(count)d day", "%(count)d days", value.value) % count
        case AgeUnit.WEEKS:
            words = gettext("%(count)d wk") % count
        case AgeUnit.MONTHS:
            words = gettext("%(count)d mo") % count
        case AgeUnit.YEARS:
            words = gettext("%(count)d y") % count
    return gettext("about %(age)s") % {"age": words} if value.about else words


def age_on(*, born: str, on: date) -> str:
    """The age in words; says so where the birth date is missing or cannot be right."""
    if not born:
        return gettext("age not known")
    try:
        return age_words(age(born=born, on=on))
    except ValueError:
        return gettext("check the birth date")


def wait_words(wait: Wait) -> str:
    """'34 min', '1 h 20 min'."""
    hours, minutes = wait.hours_and_minutes
    if not hours:
        return gettext("%(minutes)d min") % {"minutes": minutes}
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def sex_words(gender: str) -> str:
    """FHIR's administrative gender (https://hl7.org/fhir/R4/valueset-administrative-gender.html) in words."""
    match gender:
        case "male":
            return gettext("male")
        case "female":
            return gettext("female")
        case "other":
            return pgettext("sex", "other")
        case _:
            return gettext("sex not known")
