"""What the pages of orders and results declare; the permissions are the skills'."""

from carewright.core.registry import Manifest, Nav
from carewright.core.sentences import term

MANIFEST = Manifest(
    name="result-pages",
    doc="Results to review and to tell, orders by what is owed next, one of each with its whole trail.",
    nav=(Nav(label=term("Results"), url_name="results", permission="results.see", key="l", seldom=True),),
    urls="carewright.workspaces.results.urls",
    url_prefix="results/",
)
