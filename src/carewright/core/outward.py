"""Asking other servers: only those that may be asked, within bounds of time and size, following no redirect.

The one way out of this product: receivers of notices, services that give cards and the addresses of programs' keys are
all asked here, and nothing else opens a connection to an address that somebody has typed (a test looks for it).
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
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2_000
LATE = "No answer came in time."
UNREACHED = "The server cannot be reached."
PORTS = {"https": 443, "http": 80}
NOT_PUBLIC = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "fec0::/10")
)
"""IPv6 addresses that stand for IPv4 ones, private ones too (RFC 6052, 8215, 3056, 4291), and those of a site."""


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
        until = time.monotonic() + request.seconds
        talk = _Talk(self._connected(parts, until))
        watch = threading.Timer(max(0.0, until - time.monotonic()), talk.cut)
        watch.daemon = True
        watch.start()
        try:
            return _answer(talk, parts, request)
        finally:
            watch.cancel()
            talk.socket.close()

    def _is_allowed(self, parts: SplitResult) -> bool:
        return f"{parts.scheme}://{parts.netloc.lower()}" in self.allowed

    def _connected(self, parts: SplitResult, until: float) -> socket.socket:
        """A connection to one of the addresses that the name stands for; all of them were looked at."""
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        addresses = _resolved(host, port, until)
        if not self._is_allowed(parts) and not all(map(_is_public, addresses)):
            raise _not_public()
        for address in addresses:
            with suppress(OSError):
                return socket.create_connection((address, port), timeout=_left(until))
        raise NoAnswer(UNREACHED)


@dataclass
class _Talk:
    """A conversation under way; `socket` is what is cut off when the time is over, be it at the first handshake."""

    socket: socket.socket
    over: threading.Event = field(default_factory=threading.Event)

    def cut(self) -> None:
        """End it where it stands: an answer may come a byte at a time."""
        self.over.set()
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


def _answer(talk: _Talk, parts: SplitResult, request: Request) -> Reply:
    try:
        if parts.scheme == "https":
            _encrypt(talk, parts.hostname or "")
        connection = http.client.HTTPConnection(parts.netloc)
        connection.sock = talk.socket
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(request.method, path, body=request.body or None, headers=dict(request.headers))
        answer = connection.getresponse()
        body = answer.read(request.most + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(LATE if talk.over.is_set() else "The connection broke off.") from error
    if talk.over.is_set():  # what was cut off may look like an answer that is over
        raise NoAnswer(LATE)
    if len(body) > request.most:
        raise NoAnswer("The answer is too long.")
    return Reply(status=answer.status, body=body)


def _encrypt(talk: _Talk, host: str) -> None:
    """The name is what the certificate is for, whichever address is asked."""
    context = ssl.create_default_context()
    talk.socket = secured = context.wrap_socket(talk.socket, server_hostname=host, do_handshake_on_connect=False)
    try:
        secured.do_handshake()
    except ssl.SSLError as error:
        if not talk.over.is_set():
            raise NoAnswer("The server has no certificate that is trusted here.") from error
        raise


def _resolved(host: str, port: int, until: float) -> list[str]:
    """What the name stands for, looked up once; beside us, because a look-up cannot be cut off."""
    found: SimpleQueue[list[str]] = SimpleQueue()

    def look_up() -> None:
        addresses: list[str] = []
        with suppress(OSError, UnicodeError):
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        found.put(addresses)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.get(timeout=_left(until))
    except Empty as error:
        raise NoAnswer(LATE) from error
    if not addresses:
        raise NoAnswer(UNREACHED)
    return addresses


def _left(until: float) -> float:
    """The seconds that are left; NoAnswer when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise NoAnswer(LATE)
    return left


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or found
    return mapped.is_global and not mapped.is_multicast and not any(mapped in network for network in NOT_PUBLIC)


def _not_public() -> NotAsked:
    return NotAsked("The address is not one of the public Internet, and the administrator has not allowed it.")
