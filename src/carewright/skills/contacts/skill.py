"""What the contacts skill declares."""

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, may_see, may_write
from carewright.skills.contacts.actions import WRITE

ASKING = CLINICAL | {Role.FRONT_DESK}
"""Those who speak with patients and those around them."""

MANIFEST = Manifest(
    name="contacts",
    doc="Whom may I tell? Who may hear what about a patient, voicemail, and a number of the patient's own.",
    permissions=(
        may_see("contacts.see", ASKING, on=("Consent", "RelatedPerson"), doc="See whom a patient lets us tell."),
        may_write(WRITE, ASKING, on=("Consent", "RelatedPerson"), doc="Write down whom a patient lets us tell."),
    ),
)
