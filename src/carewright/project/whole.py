"""Answers in one piece. The bridge from WSGI sends every body in parts; compression then takes each for a stream and
adds a trailer even to an answer that must have no body (204, 304), which the server rightly refuses to send.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_HELD_BYTES = 2 * 1024 * 1024
"""A longer body is sent on in parts as it comes."""


class Whole:
    """Holds the parts of a body back and sends them as one message."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _Holder(send).send)


class _Holder:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._parts: list[bytes] = []
        self._held = 0
        self._streams = False

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.body" or self._streams:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        self._held += len(self._parts[-1])
        more = message.get("more_body", False)
        if more and self._held <= MOST_HELD_BYTES:
            return
        self._streams = more
        await self._send({"type": "http.response.body", "body": b"".join(self._parts), "more_body": more})
        self._parts.clear()
