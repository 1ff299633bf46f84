"""The idle lock's setting."""

from carewright.core.settings.model import OF_SITE, WHOLE, Setting, between

IDLE_LOCK_MINUTES = Setting(
    name="shell.idle-lock-minutes",
    kind=WHOLE,
    default=10,
    unit="min",
    levels=OF_SITE,
    check=between(1, 60),
    doc="Minutes without input until a screen locks. The page stays as it is below the lock.",
)
"""A choice of ours: 45 CFR 164.312(a)(2)(iii) asks for automatic logoff after a predetermined time and names none."""
