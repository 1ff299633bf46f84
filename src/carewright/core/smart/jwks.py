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
from urllib.parse import SplitResult, urlsplit

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
    _kept: OrderedDict[str, tuple[float, KeySet | None]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys_of(self, client: Client, *, kid: str) -> KeySet:
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
        return self._anew(client.jwks_url)

    def _anew(self, url: str) -> KeySet:
        """Fetch them now. That they cannot be had is kept as well, so that nobody makes us ask again and again."""
        found: KeySet | None = None
        try:
            found = key_set(self.fetch(url))
            return found
        finally:
            with self._lock:
                self._kept[url] = (time.monotonic(), found)
                self._kept.move_to_end(url)
                while len(self._kept) > KEPT_SETS:
                    self._kept.popitem(last=False)

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
        parts = urlsplit(url)
        secure, host = parts.scheme == "https", parts.hostname or ""
        port = parts.port or (443 if secure else 80)
        try:
            asked = _connected(host, port, loopback=self.loopback)
            cut = threading.Timer(TIMEOUT_SECONDS, _cut, (asked,))
            cut.start()
            try:
                return _answer(asked, parts, secure=secure)
            finally:
                cut.cancel()
                _cut(asked)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise KeysError(
                "The keys cannot be fetched from the address that the client was registered with."
            ) from error


@dataclass
class _Asked:
    """A connection under way; `socket` is what is cut off when the time is over."""

    socket: socket.socket
    host: str


def _connected(host: str, port: int, *, loopback: bool) -> _Asked:
    """A connection to an address that was looked at; the name is resolved once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(_may_be_asked(address, loopback=loopback) for address in addresses):
        raise KeysError("The address of the keys is not one of the public Internet.")
    return _Asked(socket.create_connection((addresses[0], port), timeout=TIMEOUT_SECONDS), host)


def _answer(asked: _Asked, parts: SplitResult, *, secure: bool) -> str:
    if secure:
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(asked.socket, server_hostname=asked.host, do_handshake_on_connect=False)
        asked.socket = wrapped
        wrapped.do_handshake()
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    connection.sock = asked.socket
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", path, headers={"Accept": "application/json"})
    return _body(connection.getresponse())


def _cut(asked: _Asked) -> None:
    """End it, wherever it is: an answer may come a byte at a time."""
    with suppress(OSError):
        asked.socket.shutdown(socket.SHUT_RDWR)
    asked.socket.close()


def _may_be_asked(address: str, *, loopback: bool) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    if loopback and mapped.is_loopback:
        return True
    return mapped.is_global and not mapped.is_multicast and not any(mapped in network for network in TRANSLATED)


def _body(response: http.client.HTTPResponse) -> str:
    if response.status != http.client.OK:
        raise KeysError("The address of the keys does not answer with 200. A redirect is not followed.")
    body = b""
    while chunk := response.read1(MAX_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise KeysError(f"The keys are more than {MAX_BYTES // 1024} KiB.")
    return body.decode()


FETCHER = Fetcher()
"""The one of this process."""
