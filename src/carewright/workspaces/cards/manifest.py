"""What the cards workspace declares: our own cards for others, and the page's part that shows others' cards."""

from carewright.core.access.model import CLINICAL
from carewright.core.cds.model import ORDER_SIGN, PATIENT_VIEW, CardSource
from carewright.core.registry import Manifest, Permission
from carewright.workspaces.cards import known

BOTH = frozenset({PATIENT_VIEW, ORDER_SIGN})

MANIFEST = Manifest(
    name="cards",
    doc="CDS Hooks: cards of what the chart says, for other programs; and what other services say, beside the chart.",
    permissions=(
        Permission(
            action="cards.see",
            roles=CLINICAL,
            doc="See what the services that the practice has chosen say of a patient.",
        ),
    ),
    card_sources=(
        CardSource(
            name="care-gaps", hooks=BOTH, cards=known.care_gaps, doc="What the huddle's declared rules find due."
        ),
        CardSource(name="allergies", hooks=BOTH, cards=known.allergies, doc="That nobody has asked about allergies."),
        CardSource(name="results", hooks=BOTH, cards=known.results, doc="Results that no provider has reviewed."),
    ),
    urls="carewright.workspaces.cards.urls",
    url_prefix="cards/",
)
