"""Who may subscribe, and what a Subscription has to be like whichever way it is written."""

from carewright.core.access.model import Interaction, Role
from carewright.core.registry import Manifest, Permission, tasks_for
from carewright.core.sentences import quoted, sentence
from carewright.core.store.hooks import Guard, GuardKind, Write, WriteContext
from carewright.core.store.model import Origin, Refused
from carewright.core.subscriptions.actions import MANAGE, OFF, REQUESTED
from carewright.core.subscriptions.model import BadSubscription, wanted_of
from carewright.core.subscriptions.owed import NOT_TOLD, OWED
from carewright.core.subscriptions.sealed import is_sealed

GUARD = "subscription"
BY_CLIENTS = (REQUESTED, OFF)
"""What a client may set; active and error are the server's to say."""


def _check(write: Write, context: WriteContext) -> None:
    if write.after is None or context.origin in (Origin.SYSTEM, Origin.RESTORE):
        return
    try:
        wanted = wanted_of(write.after)
    except BadSubscription as error:
        raise Refused(GUARD, quoted(str(error))) from error
    if wanted.status not in BY_CLIENTS:
        raise Refused(
            GUARD, sentence("Set the status of a subscription to requested or off; the server sets the others.")
        )
    if not all(is_sealed(value) for _, value in wanted.headers):
        raise Refused(GUARD, sentence("The headers of a subscription are secrets: send them through the API alone."))


MANIFEST = Manifest(
    name="subscriptions",
    doc="Telling other programs that something has happened: topics, rest-hook channels.",
    permissions=(
        Permission(
            action=MANAGE,
            roles=frozenset({Role.LEAD_MA, Role.PROVIDER, Role.MANAGER}),
            doc="Subscribe another program to what happens here; it is sent what the token may read.",
            grants={"Subscription": frozenset(Interaction)},
        ),
    ),
    effects=(OWED.effect(),),
    guards=(
        OWED.guard(),
        Guard(
            name=GUARD,
            types=frozenset({"Subscription"}),
            check=_check,
            kind=GuardKind.INTEGRITY,
            doc="A subscription names a topic of ours, a rest-hook, what it is sent; its headers are sealed.",
        ),
    ),
    task_codes=tasks_for(frozenset({Role.MANAGER}), NOT_TOLD),
)
