"""What the pages of refills declare; the permissions are the skill's."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="refill-pages",
    doc="Refill requests by whose turn it is; one with what the table says, and the prescriber's single yes or no.",
    nav=(Nav(label=term("Refills"), url_name="refills", permission="refills.see", key="k", seldom=True),),
    urls="carewright.workspaces.refills.urls",
    url_prefix="refills/",
)
