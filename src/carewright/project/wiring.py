"""The one list of what this installation is made of: a skill or workspace is added by a line here.

And the one place where the store, its keys and its files are put together from the environment.
"""

import os
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib import import_module

from carewright.core.access.labels import EVERYTHING
from carewright.core.access.model import Access, Actor, Interaction, Purpose
from carewright.core.audit.anchors import Anchors
from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import KEY_BYTES, BlobFiles
from carewright.core.bulk.files import BulkFiles
from carewright.core.fhir.structures import resource_types
from carewright.core.outward import Outward
from carewright.core.registry import Manifest, Registry
from carewright.core.store.store import Store, open_driver
from carewright.project.environment import Environment
from carewright.project.incoming_folder import IncomingFolder
from carewright.workspaces.huddle import night
from carewright.workspaces.team import keeping

MANIFESTS = (
    "carewright.core.access.manifest",
    "carewright.core.settings.manifest",
    "carewright.core.smart.manifest",
    "carewright.core.work.manifest",
    "carewright.core.bulk.manifest",
    "carewright.core.subscriptions.manifest",
    "carewright.core.cds.settings",
    "carewright.skills.emergency.skill",
    "carewright.skills.registration.skill",
    "carewright.skills.staffing.skill",
    "carewright.skills.scheduling.skill",
    "carewright.skills.rooms.skill",
    "carewright.skills.visit.skill",
    "carewright.skills.vitals.skill",
    "carewright.skills.allergies.skill",
    "carewright.skills.checkout.skill",
    "carewright.skills.reason.skill",
    "carewright.skills.history.skill",
    "carewright.skills.messages.skill",
    "carewright.skills.asks.skill",
    "carewright.skills.photo.skill",
    "carewright.skills.critical_calls.skill",
    "carewright.skills.incoming.skill",
    "carewright.skills.referrals.skill",
    "carewright.skills.orders.skill",
    "carewright.skills.results.skill",
    "carewright.skills.refills.skill",
    "carewright.skills.protocols.skill",
    "carewright.skills.standing_orders.skill",
    "carewright.skills.contacts.skill",
    "carewright.skills.calls.skill",
    "carewright.skills.previsit.skill",
    "carewright.workspaces.desk.manifest",
    "carewright.workspaces.board.manifest",
    "carewright.workspaces.huddle.manifest",
    "carewright.workspaces.rooming.manifest",
    "carewright.workspaces.chart.manifest",
    "carewright.workspaces.cards.manifest",
    "carewright.workspaces.visit_page.manifest",
    "carewright.workspaces.checkout.manifest",
    "carewright.workspaces.photo_page.manifest",
    "carewright.workspaces.asking.manifest",
    "carewright.workspaces.inbox.manifest",
    "carewright.workspaces.incoming.manifest",
    "carewright.workspaces.referrals.manifest",
    "carewright.workspaces.results.manifest",
    "carewright.workspaces.refills.manifest",
    "carewright.workspaces.critical_strip.manifest",
    "carewright.workspaces.protocol_pages.manifest",
    "carewright.workspaces.standing_order_pages.manifest",
    "carewright.workspaces.merge_charts.manifest",
    "carewright.workspaces.apps.manifest",
    "carewright.workspaces.phone.manifest",
    "carewright.workspaces.worklist.manifest",
    "carewright.workspaces.team.manifest",
    "carewright.workspaces.bulk_jobs.manifest",
)


@cache
def registry() -> Registry:
    """The manifests of core, the skills and the workspaces, in the order of wiring."""
    # The words in a workspace's manifest are marked for translation, which asks Django where its settings are.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carewright.project.settings")
    return Registry(tuple(_manifest(name) for name in MANIFESTS))


def _manifest(module: str) -> Manifest:
    found = import_module(module).MANIFEST
    if not isinstance(found, Manifest):
        raise TypeError(f"{module}.MANIFEST is no Manifest.")
    return found


def open_store(environment: Environment) -> Store:
    """The store of this installation; nothing is opened before it is used."""
    return Store(
        driver=open_driver(environment.store_url),
        registry=registry(),
        clock=environment.clock,
        digest_key=key_for("audit digests", environment),
        outward=Outward(environment.outward_allowed),
    )


@cache
def store() -> Store:
    """The store of this process: pages, API and live feed share it."""
    return open_store(Environment.read())


def open_blobs(opened: Store, environment: Environment) -> Blobs:
    """The files of this installation, in the data folder."""
    return Blobs(opened, BlobFiles(environment.data_dir / "blobs", key=key_for("blobs", environment)))


@cache
def blobs() -> Blobs:
    """The files of this process."""
    return open_blobs(store(), Environment.read())


def bulk_files(environment: Environment) -> BulkFiles:
    """The files of exports and imports of this installation, in the data folder."""
    return BulkFiles(environment.data_dir / "bulk", key=key_for("exports", environment))


def incoming_folder(opened: Store, environment: Environment) -> IncomingFolder | None:
    """The folder that is watched for papers; None if nobody has named one."""
    folder = environment.incoming_folder
    return IncomingFolder(opened, open_blobs(opened, environment), folder) if folder else None


def anchors_of(environment: Environment) -> Anchors | None:
    """Where the audit is anchored; None if nobody has said where."""
    return Anchors(environment.audit_anchor) if environment.audit_anchor else None


def key_for(purpose: str, environment: Environment) -> bytes:
    """A key of 32 bytes for one purpose, derived from the data key (BLAKE2b, personalised)."""
    person = blake2b(purpose.encode(), digest_size=16).digest()
    return blake2b(environment.data_key.encode(), digest_size=KEY_BYTES, person=person).digest()


def huddle_filler(opened: Store) -> Callable[[str], int]:
    """What the worker does for the huddle of a practice, now by the product's clock."""
    return lambda practice: night.fill(opened, operator_access(practice), now=opened.clock.now())


def absence_keeper(opened: Store) -> Callable[[str], int]:
    """What the worker does for those of a practice who are away, now by the product's clock."""
    return lambda practice: keeping.keep_moving(opened, operator_access(practice), now=opened.clock.now())


def operator_access(practice: str) -> Access:
    """Whoever holds the command line or is the worker: everything in one practice, and every write names it."""
    return Access(
        actor=Actor(practice=practice, reference="Device/command-line", display="Command line"),
        roles=frozenset(),
        purpose=Purpose.SYSTEM,
        grants=dict.fromkeys(resource_types(), frozenset(Interaction)),
        actions=frozenset(registry().permissions),
        sensitive=EVERYTHING,
    )
