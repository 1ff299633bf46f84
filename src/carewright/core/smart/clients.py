"""Registering programs, listing them, and disabling one, which ends all its tokens. Every change is audited.

What a client may be told by: https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#register-app-with-ehr
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from carewright.core.access import sessions
from carewright.core.access.model import Access, Role
from carewright.core.access.scopes import ScopeError
from carewright.core.access.sessions import hash_of
from carewright.core.audit.records import Action, record
from carewright.core.outward import Outward
from carewright.core.sentences import Sentence, quoted, sentence
from carewright.core.smart import jwks, requested
from carewright.core.smart.model import Client, ClientKind
from carewright.core.store import client_rows
from carewright.core.store.model import Origin, Ref
from carewright.core.store.once import claim_form_of_row

if TYPE_CHECKING:
    from carewright.core.store.store import Store

MANAGE = "clients.manage"
SECRET_BYTES = 32
MAX_URIS, MAX_URI, MAX_NAME = 10, 500, 80
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)
NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


class BadClient(ValueError):
    """What was written down cannot be registered. `field` is what to change; `says` why."""

    def __init__(self, field: str, says: Sentence) -> None:
        super().__init__(str(says))
        self.field, self.says = field, says


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody writes down to register a client."""

    name: str
    kind: ClientKind
    scopes: str
    launch_url: str = ""
    redirect_uris: tuple[str, ...] = ()
    jwks: str = ""
    jwks_url: str = ""
    roles: frozenset[Role] = frozenset()


def register(store: "Store", access: Access, wanted: Wanted, *, form_key: str = "") -> tuple[Client, str]:
    """Register a client; the client and its secret, which is not kept and cannot be had again ("" for one without).

    BadClient, AccessDenied; KeyTaken, with `Device/<client id>` as its holder, if the form was sent before.
    """
    access.require_action(MANAGE)
    _check(wanted, store.outward)
    now = store.clock.wall()
    secret = secrets.token_urlsafe(SECRET_BYTES) if wanted.kind is ClientKind.SECRET else ""
    backend = wanted.kind is ClientKind.BACKEND
    client = Client(
        practice=access.practice, client_id=secrets.token_hex(8), kind=wanted.kind, name=wanted.name.strip(),
        scopes=" ".join(wanted.scopes.split()), launch_url="" if backend else wanted.launch_url,
        redirect_uris=() if backend else wanted.redirect_uris, secret_hash=hash_of(secret) if secret else None,
        jwks=wanted.jwks.strip() if backend else "", jwks_url=wanted.jwks_url if backend else "",
        roles=wanted.roles if backend else frozenset(), created_by=access.actor.reference, created_at=now,
    )  # fmt: skip
    detail = {"client": client.client_id, "kind": client.kind.value, "scopes": client.scopes}
    audit = record(access, at=now, action=Action.CREATE, reason="client.register", origin=Origin.SCREEN, detail=detail)
    holder = Ref("Device", client.client_id)
    with store.driver.writing(access.practice) as connection:
        claim_form_of_row(connection, access.practice, form_key, holder=holder, at=now)
        client_rows.add_client(connection, client, audit=audit)
    return client, secret


def listed(store: "Store", practice: str) -> list[Client]:
    """The clients of a practice by name, disabled ones included."""
    with store.driver.reading(practice) as connection:
        return client_rows.clients(connection, practice)


def find(store: "Store", practice: str, client_id: str) -> Client | None:
    """The client, if it is enabled."""
    with store.driver.reading(practice) as connection:
        found = client_rows.clients(connection, practice, client_id=client_id)
    return found[0] if found and found[0].disabled_at is None else None


def disable(store: "Store", access: Access, client_id: str) -> bool:
    """Nobody comes in by this client any more, and its tokens end; whether it was enabled. AccessDenied."""
    access.require_action(MANAGE)
    now = store.clock.wall()
    audit = record(
        access, at=now, action=Action.UPDATE, reason="client.disable", origin=Origin.SCREEN,
        detail={"client": client_id},
    )  # fmt: skip
    with store.driver.writing(access.practice) as connection:
        changed = client_rows.disable_client(connection, access.practice, client_id, at=now, audit=audit)
        given = client_rows.authorizations(connection, access.practice, column="client_id", value=client_id)
    for one in given:
        sessions.end_authorization(store, one)
    sessions.revoke_all(store, practice=access.practice, actor=f"Device/{client_id}")
    return changed


def secret_is_right(client: Client, secret: str) -> bool:
    return client.secret_hash is not None and hmac.compare_digest(client.secret_hash, hash_of(secret))


def _check(wanted: Wanted, outward: Outward) -> None:
    """BadClient names the first thing that cannot be."""
    if not 0 < len(wanted.name.strip()) <= MAX_NAME:
        raise BadClient("name", sentence("Give the app the name that people know it by."))
    try:
        requested.check(wanted.scopes, kind=wanted.kind)
    except ScopeError as error:
        raise BadClient("scopes", quoted(str(error))) from error
    if wanted.kind is ClientKind.BACKEND:
        _check_backend(wanted, outward)
        return
    if not 0 < len(wanted.redirect_uris) <= MAX_URIS:
        raise BadClient("redirect_uris", sentence("Write the addresses to which the app is sent back, one on a line."))
    for uri in wanted.redirect_uris:
        if not _may_be_sent_to(uri, kind=wanted.kind):
            raise BadClient(
                "redirect_uris",
                sentence("%(uri)s cannot be sent back to: use https, or http on this computer alone.", uri=uri[:200]),
            )
    if wanted.launch_url and not _may_be_sent_to(wanted.launch_url, kind=ClientKind.SECRET):
        raise BadClient("launch_url", sentence("The launch address begins with https://."))


def _check_backend(wanted: Wanted, outward: Outward) -> None:
    if bool(wanted.jwks.strip()) == bool(wanted.jwks_url):
        raise BadClient("jwks", sentence("Give the public keys, or the address where they are: one of the two."))
    if not wanted.roles:
        raise BadClient("roles", sentence("Choose whose view of the charts the program has."))
    try:
        if wanted.jwks_url:
            jwks.check_address(wanted.jwks_url, outward)
        else:
            jwks.key_set(wanted.jwks)
    except jwks.KeysError as error:
        raise BadClient("jwks_url" if wanted.jwks_url else "jwks", quoted(str(error))) from error


def _may_be_sent_to(uri: str, *, kind: ClientKind) -> bool:
    """https; http on the person's own computer; for a public client its own scheme (RFC 8252, 7.1), with a dot."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    if len(uri) > MAX_URI or parts.fragment or "#" in uri or any(c.isspace() or ord(c) < 33 for c in uri) or "*" in uri:
        return False
    if parts.scheme in ("https", "http"):
        plain = bool(parts.hostname) and not parts.username and not parts.password
        return plain and (parts.scheme == "https" or parts.hostname in LOOPBACK)
    own = kind is ClientKind.PUBLIC and "." in parts.scheme and OWN_SCHEME.fullmatch(parts.scheme) is not None
    return own and parts.scheme not in NEVER


def origin_of(uri: str) -> str:
    """What a page names to be allowed to send a form there (CSP form-action)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("https", "http") else f"{parts.scheme}:"
