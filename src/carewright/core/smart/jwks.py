"""The public keys of a client: written down at its registration, or fetched from the address it was registered with.

The address was typed by a person, and the server asks it: so only https, only to addresses of the public Internet (the
one that was looked at is the one that is asked, whatever the name resolves to next), no redirects, a few seconds, a
few kilobytes. What was fetched is kept for some minutes in each process; a key that is not among it is looked for anew,
at most twice a minute.
Sources: RFC 7517 (JWK Set); SMART Backend Services, "Registering a SMART Backend Service"
https://hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html; OWASP on server-side request forgery.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from carewright.core.smart.model import Client

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 64 * 1024
MAX_KEYS = 20
MIN_RSA_BITS = 2048
CURVE = "P-384"
KEPT_SECONDS, ANEW_SECONDS = 300.0, 30.0
KEPT_SETS = 256
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 addresses that stand for IPv4 ones, private ones among them (RFC 6052, RFC 3056)."""


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
    """Fetches and keeps key sets. `loopback` lets tests use this machine, without encryption."""

    loopback: bool = False
    _kept: OrderedDict[str, tuple[float, KeySet]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys_of(self, client: Client, *, kid: str) -> KeySet:
        """The client's keys, fetched anew where `kid` is not among those that are kept; KeysError."""
        if client.jwks:
            return key_set(client.jwks)
        with self._lock:
            kept = self._kept.get(client.jwks_url)
        if kept is not None:
            age, known = time.monotonic() - kept[0], any(key.kid == kid for key in kept[1].keys)
            if age < (KEPT_SECONDS if known else ANEW_SECONDS):
                return kept[1]
        found = key_set(self.fetch(client.jwks_url))
        with self._lock:
            self._kept[client.jwks_url] = (time.monotonic(), found)
            self._kept.move_to_end(client.jwks_url)
            while len(self._kept) > KEPT_SETS:
                self._kept.popitem(last=False)
        return found

    def check_address(self, url: str) -> None:
        """KeysError unless it is an address that would be asked."""
        parts = urlsplit(url)
        local = self.loopback and parts.hostname in ("127.0.0.1", "localhost", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise KeysError("The address of the keys begins with https://.")
        if not parts.hostname or parts.username or parts.password or parts.fragment:
            raise KeysError("The address of the keys names a host, and neither a user nor a fragment.")
        try:
            _ = parts.port
        except ValueError as error:
            raise KeysError("The port of the address is no number.") from error
        with suppress(ValueError):  # a name: what it stands for is looked at when it is asked
            literal = ipaddress.ip_address(parts.hostname)
            if not (_may_be_asked(str(literal), loopback=self.loopback) or local):
                raise KeysError("The address of the keys is not one of the public Internet.")

    def fetch(self, url: str) -> str:
        """What stands at the address; KeysError."""
        self.check_address(url)
        parts, deadline = urlsplit(url), time.monotonic() + TIMEOUT_SECONDS
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            connection = _connected(parts.hostname or "", port, secure=parts.scheme == "https", loopback=self.loopback)
            try:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("GET", path, headers={"Accept": "application/json"})
                return _body(connection.getresponse(), deadline)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise KeysError(
                "The keys cannot be fetched from the address that the client was registered with."
            ) from error


def _connected(host: str, port: int, *, secure: bool, loopback: bool) -> http.client.HTTPConnection:
    """A connection to an address that was looked at; the name is resolved once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_may_be_asked(address, loopback=loopback) for address in addresses):
        raise KeysError("The address of the keys is not one of the public Internet.")
    plain = socket.create_connection((addresses[0], port), timeout=TIMEOUT_SECONDS)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
    except BaseException:
        plain.close()
        raise
    return connection


def _may_be_asked(address: str, *, loopback: bool) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    if loopback and mapped.is_loopback:
        return True
    return mapped.is_global and not mapped.is_multicast and not any(mapped in network for network in TRANSLATED)


def _body(response: http.client.HTTPResponse, deadline: float) -> str:
    if response.status != http.client.OK:
        raise KeysError("The address of the keys does not answer with 200. A redirect is not followed.")
    body = b""
    while chunk := response.read1(MAX_BYTES):
        body += chunk
        if len(body) > MAX_BYTES or time.monotonic() > deadline:
            raise KeysError(f"The keys are more than {MAX_BYTES // 1024} KiB, or come too slowly.")
    return body.decode()


FETCHER = Fetcher()
"""The one of this process."""
