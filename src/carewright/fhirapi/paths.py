"""Which route an address leads to, found without trying one after the other.

Starlette tries its routes in turn, a regular expression each. An address has as many parts as its route's path (no
part of one holds a slash), so that only those routes are tried whose parts could be the address's: which these are
depends on the words alone that some route has in that place, and so is found once for each such pattern.
"""

from collections import defaultdict
from collections.abc import Sequence

from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send

Parts = tuple[str, ...]
ANYTHING, OPERATION = "", "$"
"""What stands in a pattern for a part that no route names: an operation's name begins with a `$`."""


class ByShape(Router):
    """The routes of a router, those that an address may lead to before anything else is looked at."""

    def __init__(self, router: Router) -> None:
        super().__init__(routes=router.routes, lifespan=router.lifespan_context)
        self.default = router.default
        by_length: dict[int, list[BaseRoute]] = defaultdict(list)
        for route in router.routes:
            by_length[len(_parts(_path_of(route)))].append(route)
        self._of_length = {length: _OfOneLength(routes, router) for length, routes in by_length.items()}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http":
            parts = _parts(scope["path"])
            alike = self._of_length.get(len(parts))
            found = alike.router(parts) if alike else None
        await (found.app if found else super().app)(scope, receive, send)


class _OfOneLength:
    """The routes whose paths have as many parts."""

    def __init__(self, routes: Sequence[BaseRoute], whole: Router) -> None:
        self._routes = [(route, _parts(_path_of(route))) for route in routes]
        self._whole = whole
        paths = [path for _, path in self._routes]
        self._words = [{part for part in place if "{" not in part} for place in zip(*paths, strict=True)]
        self._by_pattern: dict[Parts, Router | None] = {}

    def router(self, parts: Parts) -> Router | None:
        """The routes that the address may lead to; None for none."""
        pattern = tuple(
            part if part in words else OPERATION if part[:1] == OPERATION else ANYTHING
            for part, words in zip(parts, self._words, strict=True)
        )
        if pattern not in self._by_pattern:  # as many as the words have combinations: a few hundred
            routes = [route for route, path in self._routes if all(map(_may_be, path, pattern))]
            self._by_pattern[pattern] = Router(routes=routes, default=self._whole.default) if routes else None
        return self._by_pattern[pattern]


def _may_be(of_route: str, of_pattern: str) -> bool:
    if "{" not in of_route:
        return of_route == of_pattern
    return of_pattern[:1] == OPERATION if of_route[:1] == OPERATION else True


def _parts(path: str) -> Parts:
    return tuple(path.split("/"))


def _path_of(route: BaseRoute) -> str:
    if not isinstance(route, Route) or ":path}" in route.path:
        raise ValueError("Every route of the API is a path whose parts hold no slash.")
    if any("{" in part and part[:1] not in ("{", OPERATION) for part in _parts(route.path)):
        raise ValueError("A part of a route's path is a word, a parameter, or an operation's name.")
    return route.path
