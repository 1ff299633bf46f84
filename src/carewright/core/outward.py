"""Asking other servers: only those that may be asked, within bounds of time and size, following no redirect.

Addresses come from people and programs, and this machine can reach more than they can. So only https is spoken, only
to addresses of the public Internet, and the address that was looked at is the one that is connected to, whatever the
name resolves to a moment later. What else may be asked (an engine in the clinic's own network, without https even) the
operator of the installation names by its origin: scheme, host and port.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2_000
LATE = "No answer came in time."
PORTS = {"https": 443, "http": 80}
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""IPv6 addresses that stand for IPv4 ones, private ones among them (RFC 6052, RFC 3056)."""


class NotAsked(ValueError):
    """The address is not one that may be asked; the text says why, without the address."""


class NoAnswer(Exception):
    """The other server could not be reached, or did not answer as it should; the text says how, and nothing of it."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True)
class Request:
    """`seconds` bounds everything from the look-up of the name to the last byte; `most` the bytes of the answer."""

    url: str
    method: str = "POST"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 10.0
    most: int = 64 * 1024


@dataclass(frozen=True)
class Outward:
    """The way out. `allowed` are origins (`http://10.1.2.3:8080`) that may be asked though they are not public."""

    allowed: frozenset[str] = frozenset()

    def check(self, url: str) -> SplitResult:
        """The parts of an address; NotAsked unless it could be asked, as far as that can be said without asking."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise NotAsked("The address cannot be read.") from error
        if len(url) > MAX_URL or not url.isascii() or any(c.isspace() or ord(c) < 33 for c in url):
            raise NotAsked(f"An address has at most {MAX_URL} characters of ASCII and no white space.")
        if not parts.hostname or parts.username or parts.password or parts.fragment:
            raise NotAsked("The address names a host, and neither a user nor a fragment.")
        if self._is_allowed(parts):
            return parts
        if parts.scheme != "https":
            raise NotAsked("The address begins with https://.")
        if _is_literal(parts.hostname) and not _is_public(parts.hostname):
            raise _not_public()  # what a name stands for is looked at when it is asked
        if parts.hostname == "localhost" or parts.hostname.endswith((".localhost", ".local", ".internal")):
            raise _not_public()
        return parts

    def ask(self, request: Request) -> Reply:
        """What the other server answers, whatever its status. NotAsked, NoAnswer."""
        parts = self.check(request.url)
        connection = self._connected(parts, request.seconds)
        over = threading.Event()
        watch = threading.Timer(request.seconds, _cut, [connection, over])
        watch.daemon = True
        watch.start()
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(request.method, path, body=request.body or None, headers=dict(request.headers))
            answer = connection.getresponse()
            body = answer.read(request.most + 1)
            if over.is_set():  # what was cut off may look like an answer that is over
                raise NoAnswer(LATE)
            if len(body) > request.most:
                raise NoAnswer("The answer is too long.")
            return Reply(status=answer.status, body=body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(LATE if over.is_set() else "The connection broke off.") from error
        finally:
            watch.cancel()
            connection.close()

    def _is_allowed(self, parts: SplitResult) -> bool:
        return f"{parts.scheme}://{parts.netloc.lower()}" in self.allowed

    def _connected(self, parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(entry[4][0]) for entry in found]
            if not self._is_allowed(parts) and not all(map(_is_public, addresses)):
                raise _not_public()
            plain = socket.create_connection((addresses[0], port), timeout=seconds)
        except (OSError, UnicodeError, IndexError) as error:
            raise NoAnswer("The server cannot be reached.") from error
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        try:
            secure = parts.scheme == "https"
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        except (OSError, ValueError) as error:
            plain.close()
            raise NoAnswer("The server has no certificate that is trusted here.") from error
        return connection


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """End a conversation that takes too long, byte by byte if need be."""
    over.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_global and not mapped.is_multicast and not any(mapped in network for network in TRANSLATED)


def _not_public() -> NotAsked:
    return NotAsked("The address is not one of the public Internet, and the administrator has not allowed it.")
