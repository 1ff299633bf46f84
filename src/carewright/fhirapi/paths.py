"""Which route an address leads to, found without trying one after the other.

Starlette tries its routes in turn, a regular expression each. An address has as many slashes as its route's path has
(no part of one holds a slash) and begins as it does, so that only those few are tried that are alike in both.
"""

from collections import defaultdict

from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send


class ByShape(Router):
    """The routes of a router, those of the address's shape before anything else is looked at."""

    def __init__(self, router: Router) -> None:
        super().__init__(routes=router.routes, lifespan=router.lifespan_context)
        self.default = router.default
        sorted_: dict[tuple[int, str], list[BaseRoute]] = defaultdict(list)
        for route in router.routes:
            sorted_[_shape(_path_of(route))].append(route)
        self._of_shape = {shape: Router(routes=routes, default=router.default) for shape, routes in sorted_.items()}

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._of_shape.get(_shape(scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await super().app(scope, receive, send)
        else:
            await found.app(scope, receive, send)


def _shape(path: str) -> tuple[int, str]:
    """How many slashes, and the first part."""
    return path.count("/"), path[1:].partition("/")[0]


def _path_of(route: BaseRoute) -> str:
    if not isinstance(route, Route) or ":path}" in route.path or route.path.startswith("/{"):
        raise ValueError("Every route of the API is a path whose parts hold no slash, and which begins with a word.")
    return route.path
