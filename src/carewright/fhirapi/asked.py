"""A request of the API, whose headers are looked up by name.

Starlette goes through all of them for each that is asked for, and reads an address without a query as one that has
one; a read by id asks for eight.
"""

from typing import Any, TypeVar

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import Scope

T = TypeVar("T")
NOTHING_ASKED = QueryParams()
HEADERS = "carewright.headers"


def by_name(scope: Scope) -> dict[bytes, bytes]:
    """The headers of a request by their names, found once for all who ask."""
    found: dict[bytes, bytes] | None = scope.get(HEADERS)
    if found is None:
        found = scope[HEADERS] = dict(reversed(scope["headers"]))
    return found


class ByName(Headers):
    """Headers as Starlette has them: of several of one name the first, where one is asked for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._first = by_name(scope)

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return key.lower().encode("latin-1") in self._first

    def get(self, key: str, default: Any = None) -> Any:
        found = self._first.get(key.lower().encode("latin-1"))
        return default if found is None else found.decode("latin-1")


class ApiRequest(Request):
    """What the interactions are given."""

    @property
    def headers(self) -> Headers:
        if not hasattr(self, "_headers"):
            self._headers: Headers = ByName(self.scope)
        return self._headers

    @property
    def query_params(self) -> QueryParams:
        return super().query_params if self.scope["query_string"] else NOTHING_ASKED
