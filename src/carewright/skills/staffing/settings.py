"""What a practice or a site chooses about its team."""

from carewright.core.settings.model import OF_SITE, TEXT, Setting

COVERING_PROVIDER: Setting[str] = Setting(
    name="staffing.covering-provider",
    kind=TEXT,
    default="",
    doc="The provider (Practitioner/…) who covers on days for which the lead has named nobody.",
    levels=OF_SITE,
    check=lambda value: None if not value or value.startswith("Practitioner/") else "it must be Practitioner/….",
)
