"""What the pages of standing orders declare."""

from carewright.core.registry import Manifest

MANIFEST = Manifest(
    name="standing-order-pages",
    doc="The library of standing orders: how each stands, who signed it; drafting, signing and retiring one.",
    urls="carewright.workspaces.standing_order_pages.urls",
    url_prefix="standing-orders/",
)
