"""Which route an address leads to, found without trying one after the other.

Starlette tries its routes in turn, a regular expression each. An address has as many slashes as its route's path has
(no part of one holds a slash), so that only those few are tried that have as many.
"""

from collections import defaultdict

from starlette.routing import BaseRoute, Route, Router
from starlette.types import Receive, Scope, Send


class BySlashes(Router):
    """The routes of a router, those with as many slashes as the address before anything else is looked at."""

    def __init__(self, router: Router) -> None:
        super().__init__(routes=router.routes, lifespan=router.lifespan_context)
        self.default = router.default
        sorted_: dict[int, list[BaseRoute]] = defaultdict(list)
        for route in router.routes:
            sorted_[_slashes(route)].append(route)
        self._of_slashes = {
            slashes: Router(routes=routes, default=router.default) for slashes, routes in sorted_.items()
        }

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._of_slashes.get(scope["path"].count("/")) if scope["type"] == "http" else None
        if found is None:
            await super().app(scope, receive, send)
        else:
            await found.app(scope, receive, send)


def _slashes(route: BaseRoute) -> int:
    if not isinstance(route, Route) or ":path}" in route.path:
        raise ValueError("Every route of the API is a path whose parts hold no slash.")
    return route.path.count("/")
