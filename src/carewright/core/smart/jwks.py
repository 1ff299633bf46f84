"""The public keys of a client: written down at its registration, or fetched from the address it was registered with.

The address was typed by a person, and the server asks it: `core.outward` decides whether, and asks. What was fetched is
kept for some minutes in each process; a key that is not among it is looked for anew, at most twice a minute.
Sources: RFC 7517 (JWK Set); SMART Backend Services, "Registering a SMART Backend Service"
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html
"""

import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from carewright.core.outward import NoAnswer, NotAsked, Outward, Request
from carewright.core.smart.model import Client

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 64 * 1024
MAX_KEYS = 20
MIN_RSA_BITS = 2048
CURVE = "P-384"
KEPT_SECONDS, ANEW_SECONDS = 300.0, 30.0
KEPT_SETS = 256


class KeysError(Exception):
    """The keys cannot be used or had; the text says why, for whoever registers the client."""


def key_set(text: str) -> KeySet:
    """A JWK Set with what RS384 and ES384 need; KeysError."""
    try:
        listed = json.loads(text)["keys"]
        found = [_key(item) for item in listed if isinstance(item, dict) and item.get("kty") in ("RSA", "EC")]
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise KeysError('This is no JWK Set: write {"keys": [ … ]} with public keys.') from error
    if not found or len(found) > MAX_KEYS:
        raise KeysError(f"A JWK Set holds 1 to {MAX_KEYS} keys for RS384 or ES384.")
    return KeySet([*found])


def _key(item: dict[str, Any]) -> RSAKey | ECKey:
    if "d" in item:
        raise KeysError(
            "This is a private key. Send the public half alone, and make a new pair: this one is known now."
        )
    if not item.get("kid"):
        raise KeysError("Every key needs a 'kid'.")
    if item["kty"] == "EC":
        if item.get("crv") != CURVE:
            raise KeysError(f"ES384 needs keys of the curve {CURVE}.")
        return ECKey.import_key(item)
    key = RSAKey.import_key(item)
    if key.public_key.key_size < MIN_RSA_BITS:
        raise KeysError(f"An RSA key has {MIN_RSA_BITS} bits or more.")
    return key


@dataclass
class Fetcher:
    """Fetches key sets, and keeps them."""

    _kept: OrderedDict[str, tuple[float, KeySet | None]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys_of(self, client: Client, *, kid: str, outward: Outward) -> KeySet:
        """The client's keys, fetched anew where `kid` is not among those that are kept; KeysError."""
        if client.jwks:
            return key_set(client.jwks)
        with self._lock:
            kept = self._kept.get(client.jwks_url)
        if kept is not None:
            age, keys = time.monotonic() - kept[0], kept[1]
            known = keys is not None and any(key.kid == kid for key in keys.keys)
            if keys is not None and age < (KEPT_SECONDS if known else ANEW_SECONDS):
                return keys
            if keys is None and age < ANEW_SECONDS:
                raise KeysError("The keys could not be fetched a moment ago.")
        return self._anew(client.jwks_url, outward)

    def _anew(self, url: str, outward: Outward) -> KeySet:
        """Fetch them now. That they cannot be had is kept as well, so that nobody makes us ask again and again."""
        found: KeySet | None = None
        try:
            found = key_set(fetched(url, outward))
            return found
        finally:
            with self._lock:
                self._kept[url] = (time.monotonic(), found)
                self._kept.move_to_end(url)
                while len(self._kept) > KEPT_SETS:
                    self._kept.popitem(last=False)


def check_address(url: str, outward: Outward) -> None:
    """KeysError unless it is an address that would be asked."""
    try:
        outward.check(url)
    except NotAsked as error:
        raise KeysError(str(error)) from error


def fetched(url: str, outward: Outward) -> str:
    """What stands at the address; KeysError."""
    wanted = Request(
        url=url, method="GET", headers={"Accept": "application/json"}, seconds=TIMEOUT_SECONDS, most=MAX_BYTES
    )
    try:
        reply = outward.ask(wanted)
        if reply.status != HTTPStatus.OK:
            raise KeysError("The address of the keys does not answer with 200. A redirect is not followed.")
        return reply.body.decode()
    except NotAsked as error:
        raise KeysError(str(error)) from error
    except (NoAnswer, UnicodeDecodeError) as error:
        raise KeysError("The keys cannot be fetched from the address that the client was registered with.") from error


FETCHER = Fetcher()
"""The one of this process."""
