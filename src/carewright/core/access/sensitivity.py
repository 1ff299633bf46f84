"""Which sensitivity labels (see `labels.py`) each role sees. One table, denied unless listed.

Whoever treats sees what bears on treatment: every label of the list except `V` (very restricted) and labels whose
meaning is not known here. Opening a chart in an emergency (`Purpose.EMERGENCY`) shows those who treat everything; it
is audited and the privacy officer is told. Front desk, billing and management see labels that say who the patient is (a
member of staff, somebody well known), for such a patient is booked, greeted and billed like any other and every look is
audited; they see no record with a label that says what it is about. A paper that came in and is in nobody's chart yet
is seen by those who sort papers: whoever treats, the front desk, the office. The privacy officer and the auditor see
who did what, not what the chart says.

Source of the split: the minimum necessary standard, 45 CFR 164.502(b), which does not bind treatment, and
164.514(d)(2) (access by role); https://www.ecfr.gov/current/title-45/section-164.514
"""

from collections.abc import Iterable, Mapping

from carewright.core.access.labels import ACT_CODE, BITS, CONFIDENTIALITY, EVERYTHING, OTHER
from carewright.core.access.model import Purpose, Role
from carewright.core.terminology.coding import OWN_LABELS

VERY_RESTRICTED = BITS[CONFIDENTIALITY, "V"]
TREATMENT = EVERYTHING & ~VERY_RESTRICTED & ~OTHER
WHO_IT_IS = BITS[ACT_CODE, "CEL"] | BITS[ACT_CODE, "EMP"]
UNSORTED = BITS[OWN_LABELS, "unsorted"]

SEEN_BY: Mapping[Role, int] = {
    Role.PROVIDER: TREATMENT,
    Role.NURSE: TREATMENT,
    Role.MA: TREATMENT,
    Role.LEAD_MA: TREATMENT,
    Role.FRONT_DESK: WHO_IT_IS | UNSORTED,
    Role.BILLER: WHO_IT_IS,
    Role.MANAGER: WHO_IT_IS | UNSORTED,
    Role.PRIVACY_OFFICER: 0,
    Role.AUDITOR: 0,
}
"""Role to the bits it sees when the chart is opened for its usual work."""


def sensitive_for(roles: Iterable[Role], purpose: Purpose) -> int:
    """The bits that somebody with `roles` sees when the chart is opened for `purpose`."""
    seen = 0
    for role in roles:
        seen |= SEEN_BY.get(role, 0)
    treats = seen & TREATMENT == TREATMENT
    return EVERYTHING if treats and purpose is Purpose.EMERGENCY else seen
