"""A browser without a screen: signs in, keeps its cookies, sends forms, and sends again what got no answer.

Only the standard library: it is part of the product, and has to be light, for many of them run in one process.
"""

import http.client
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event
from urllib.parse import urlencode, urlsplit

from carewright.project.player.page import Form

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 120.0
"""How long a browser knocks at a server that is away before it gives up."""
AGAIN_SECONDS = 0.15
FORM_TYPE = "application/x-www-form-urlencoded"
LOCKED = 423
LATER = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


class GivenUp(Exception):
    """The server did not answer for a long time, or the play is over."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said. `again` is how often the request had been sent before it got this answer."""

    status: int
    text: str
    location: str = ""
    again: int = 0

    @property
    def is_done(self) -> bool:
        """Whether what was sent was accepted: a form that is shown again has an error's status."""
        return self.status < HTTPStatus.BAD_REQUEST


@dataclass
class Browser:
    """One person's browser. `base` is asked anew for every request: a server may come back elsewhere."""

    base: Callable[[], str]
    username: str
    password: str
    stopped: Event = field(default_factory=Event)
    told: Counter[str] = field(default_factory=Counter)
    _cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def sign_in(self) -> None:
        """Sign in with name and password. GivenUp if that is refused."""
        self._cookies.clear()
        self._send("GET", "/sign-in", b"", {})
        values = {"login": self.username, "password": self.password}
        answer = self._send("POST", "/sign-in", self._encoded(values), {"Content-Type": FORM_TYPE})
        if answer.status != HTTPStatus.FOUND:
            raise GivenUp(f"{self.username} could not sign in: {answer.status}.")

    def get(self, path: str) -> Answer:
        """A page."""
        return self._as_user("GET", path, b"", {})

    def part(self, path: str) -> Answer:
        """A part of a page, as a script asks for it."""
        return self._as_user("GET", path, b"", {"HX-Request": "true"})

    def post(self, path: str, values: Mapping[str, str | list[str]], *, by_script: bool = False) -> Answer:
        """Send values to an address."""
        headers = {"Content-Type": FORM_TYPE, **({"HX-Request": "true"} if by_script else {})}
        return self._as_user("POST", path, self._encoded(values), headers)

    def submit(self, form: Form, *, address: str = "", **values: str) -> Answer:
        """Send a form as it stands, with what was typed into it; `address` where a button names its own address."""
        return self.post(address or form.action, {**form.fields, **values})

    def upload(self, form: Form, *, name: str, file_name: str, content: bytes, **values: str) -> Answer:
        """Send a form with a file."""
        mark = secrets.token_hex(12)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {**form.fields, **values}.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        return self._as_user("POST", form.action, body, {"Content-Type": f"multipart/form-data; boundary={mark}"})

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send something as no user: a program with a token of its own. GivenUp."""
        return self._send(method, path, body, dict(headers))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _encoded(self, values: Mapping[str, str | list[str]]) -> bytes:
        listed = dict(values)
        listed.setdefault("csrfmiddlewaretoken", self._cookies.get("care_csrf", ""))
        return urlencode(listed, doseq=True).encode()

    def _as_user(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send it; sign in first if the session has ended, and send it then."""
        answer = self._send(method, path, body, headers)
        sent_away = answer.status == HTTPStatus.FOUND and "/sign-in" in answer.location
        if not sent_away and answer.status != LOCKED:
            return answer
        self.told["signed in again"] += 1
        self.sign_in()
        return self._send(method, path, body, headers)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send it until it is answered, each time as it was. GivenUp."""
        until = time.monotonic() + PATIENCE_SECONDS
        again = 0
        while True:
            try:
                answer = self._once(method, path, body, headers, again=again)
                if answer.status not in LATER:
                    self.told[f"{method} {answer.status}"] += 1
                    return answer
            except (OSError, http.client.HTTPException):
                self.close()
            again += 1
            self.told["sent again"] += 1
            if self.stopped.is_set() or time.monotonic() > until:
                raise GivenUp(f"{method} got no answer.")
            time.sleep(AGAIN_SECONDS)

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str], *, again: int) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.base()).netloc, timeout=TIMEOUT_SECONDS)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        said = {**headers, "Cookie": cookies, "X-CSRFToken": self._cookies.get("care_csrf", "")}
        self._connection.request(method, path, body=body or None, headers=said)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = header.partition("=")
            self._cookies[name.strip()] = rest.partition(";")[0]
        location = urlsplit(answer.headers.get("Location", "")).path
        return Answer(status=answer.status, text=text, location=location, again=again)
