"""Bodies that came in parts leave in one, so that an empty answer stays empty under compression."""

from typing import Any, cast

import httpx
import pytest
from a2wsgi import WSGIMiddleware
from starlette.middleware.gzip import GZipMiddleware

from carewright.project.whole import MOST_HELD_BYTES, Whole


def answers(status: str, parts: list[bytes]):
    def application(environ, start_response):
        start_response(status, [("Content-Type", "text/html")])
        return parts

    return GZipMiddleware(Whole(cast(Any, WSGIMiddleware(application))), minimum_size=1_024)


async def get(app) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/", headers={"Accept-Encoding": "gzip"})


@pytest.mark.anyio
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_without_a_body_is_not_compressed(status: str) -> None:
    answer = await get(answers(status, []))
    assert "content-encoding" not in answer.headers
    assert answer.content == b""


@pytest.mark.anyio
async def test_a_small_body_in_parts_is_left_as_it_is() -> None:
    answer = await get(answers("200 OK", [b"a", b"b"]))
    assert "content-encoding" not in answer.headers
    assert answer.content == b"ab"


@pytest.mark.anyio
@pytest.mark.parametrize("count", [3, 2 + MOST_HELD_BYTES // 1_000])
async def test_a_body_of_any_length_arrives_whole_and_compressed(count: int) -> None:
    parts = [bytes([n % 251]) * 1_000 for n in range(count)]
    answer = await get(answers("200 OK", parts))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == b"".join(parts)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
