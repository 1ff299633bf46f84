"""The other side of CDS Hooks on this machine: a program with keys that asks us, a service that we ask."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "https://ehr.example"
Json = dict[str, Any]


@dataclass
class OtherSide:
    """Serves its public keys at /jwks, and answers every POST with `answer`, after `slow` seconds."""

    url: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-384", auto_kid=True))
    answer: Any = field(default_factory=lambda: {"cards": []})
    status: int = 200
    slow: float = 0.0
    got: list[tuple[str, Json, str]] = field(default_factory=list)
    """(path, body, the Authorization header) of every POST."""

    @property
    def registered(self) -> str:
        return f"{ISSUER} {self.url}/jwks"

    def signed(self, audience: str, *, now: float, **changes: Any) -> str:
        claims = {"iss": ISSUER, "aud": audience, "iat": int(now), "exp": int(now) + 120, "jti": str(uuid.uuid4())}
        header = {"alg": "ES384", "kid": self.key.kid}
        found: str = jwt.encode(header, {**claims, **changes}, self.key, algorithms=["ES384"])
        return found


@contextmanager
def other_side() -> Iterator[OtherSide]:
    other = OtherSide()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({"keys": [other.key.as_dict(private=False)]}, 200)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            other.got.append((self.path, body, self.headers.get("authorization", "")))
            time.sleep(other.slow)
            self._say(other.answer, other.status)

        def _say(self, what: Any, status: int) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield other
    server.shutdown()
    server.server_close()
