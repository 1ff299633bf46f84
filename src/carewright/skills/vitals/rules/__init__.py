"""Rules of the vital signs: what was typed (`typed`), the limits (`limits`), and what they find (`findings`)."""

from carewright.skills.vitals.rules.findings import check, is_critical, worst
from carewright.skills.vitals.rules.typed import NotReadable, bmi, in_other_unit, read, show, standard

__all__ = ["NotReadable", "bmi", "check", "in_other_unit", "is_critical", "read", "show", "standard", "worst"]
