"""Rules of registration: record numbers (`mrn`), what was searched (`finding`), and look-alikes (`duplicates`)."""

from carewright.skills.registration.rules.duplicates import compare, look_alikes
from carewright.skills.registration.rules.finding import parse_search, search_keys, sound
from carewright.skills.registration.rules.mrn import check_mrn, make_mrn, show_mrn

__all__ = ["check_mrn", "compare", "look_alikes", "make_mrn", "parse_search", "search_keys", "show_mrn", "sound"]
