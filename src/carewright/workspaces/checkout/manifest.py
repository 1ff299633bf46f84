"""What the check-out workspace declares."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="checkout-page",
    doc="Check-out: what is left, the next visit, the summary, a note for school or work, done.",
    urls="carewright.workspaces.checkout.urls",
    url_prefix="checkout/",
)
