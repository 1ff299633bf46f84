"""The head of a request within bounds, before there is a request that the applications could refuse.

uvicorn keeps address and headers in memory until the last of them is there, however long they are and however slowly
they come. Here a head that is too long is answered with 431, and a connection whose head does not come is closed.
What is within these bounds, the API bounds more narrowly and in its own words (fhirapi/bounds.py).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
_BODY = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"too-long",'
    b'"diagnostics":"The address and headers of this request are too long."}]}'
)
TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/fhir+json\r\n"
    b"content-length: " + str(len(_BODY)).encode() + b"\r\nconnection: close\r\n\r\n" + _BODY
)


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol with a bound on what comes before a body, in bytes and in time."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._head, self._in_head = 0, True
        self._began: float | None = None
        """When the head that is being read began, by the loop's time; None between two requests."""
        self._look: asyncio.TimerHandle | None = None
        """One timer for a connection, which looks again and again: one for each request cost as much as its parsing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        super().connection_made(transport)
        self._began = self.loop.time()
        self._look_in(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data) if self._in_head else 0
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if self._began is None:  # another request on the same connection
            self._began = self.loop.time()

    def on_headers_complete(self) -> None:
        self._began = None
        self._head, self._in_head = 0, False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head, self._in_head = 0, True

    def _look_in(self, seconds: float) -> None:
        self._look = self.loop.call_later(seconds, self._look_after)

    def _look_after(self) -> None:
        """Close what is late, or look again when it would be."""
        left = HEAD_SECONDS if self._began is None else self._began + HEAD_SECONDS - self.loop.time()
        if left > 0:
            self._look_in(left)
        else:
            self.transport.close()
