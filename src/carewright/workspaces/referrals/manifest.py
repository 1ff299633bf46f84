"""What the pages of referrals declare; the permissions are the skill's."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="referral-pages",
    doc="Referrals by what is owed next, and one referral with its whole loop, barriers and what was done.",
    nav=(Nav(label=term("Referrals"), url_name="referrals", permission="referrals.see", key="r", seldom=True),),
    urls="carewright.workspaces.referrals.urls",
    url_prefix="referrals/",
)
