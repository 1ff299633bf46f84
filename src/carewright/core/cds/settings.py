"""Which programs may ask our services, and which services we ask: an administrator says so."""

from urllib.parse import urlsplit

from carewright.core.registry import Manifest
from carewright.core.settings.model import TEXTS, Setting

MOST = 10


def _issuers(values: tuple[str, ...]) -> str | None:
    """Each is the issuer and the address of its keys, with a space between."""
    parts = [value.split() for value in values]
    good = all(len(one) == 2 and urlsplit(one[1]).scheme in ("https", "http") for one in parts)
    return None if good and len(values) <= MOST else "each is an issuer, a space, and the address of its keys (JWKS)."


def _services(values: tuple[str, ...]) -> str | None:
    good = all(urlsplit(value).scheme in ("https", "http") and urlsplit(value).hostname for value in values)
    return None if good and len(values) <= MOST else "each is the address of a CDS service."


CLIENTS: Setting[tuple[str, ...]] = Setting(
    name="cds.clients",
    kind=TEXTS,
    default=(),
    check=_issuers,
    doc="Programs that may ask our CDS services: for each its issuer ('iss'), a space, and the address of its keys.",
)
ON_PATIENT_VIEW: Setting[tuple[str, ...]] = Setting(
    name="cds.patient-view",
    kind=TEXTS,
    default=(),
    check=_services,
    doc="Addresses of the CDS services that are asked when a chart is opened; each may read that chart for 2 minutes.",
)
ON_ORDER_SIGN: Setting[tuple[str, ...]] = Setting(
    name="cds.order-sign",
    kind=TEXTS,
    default=(),
    check=_services,
    doc="Addresses of the CDS services that are asked about an order that was placed.",
)
MANIFEST = Manifest(
    name="cds",
    doc="CDS Hooks: who may ask us, and whom we ask.",
    settings=(CLIENTS, ON_PATIENT_VIEW, ON_ORDER_SIGN),
)
