"""What one request may weigh and how often one token may ask: beyond it an OperationOutcome, never a hang.

The body, the JSON's depth, the entries of a Bundle, the results of a page and the time of a statement have their
bounds where they arise (calls.py, core/fhir/codec.py, entries.py, core/store/search/, core/store/drivers/).

https://www.rfc-editor.org/rfc/rfc9110#status.414, https://www.rfc-editor.org/rfc/rfc6585 (429, 431)
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import Scope

from carewright.fhirapi.outcomes import ApiError

MAX_TARGET_BYTES = 8 * 1024
"""Path and query of an address: the longest that proxies pass on. A longer search goes into the body of a _search."""
MAX_HEADER_BYTES, MAX_HEADERS = 32 * 1024, 100
BURST_SECONDS = 4.0
"""A token that was quiet may ask for as much at once as it may ask for in this time."""
MAX_TOKENS = 10_000
"""Tokens whose rate is remembered. One that is forgotten was the longest without a request, and so is full again."""


def refusal_of(scope: Scope) -> ApiError | None:
    """What is wrong with the size of a request's address and headers; None if nothing is."""
    if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        text = f"An address has at most {MAX_TARGET_BYTES} bytes. Send a long search by POST to [type]/_search."
        return ApiError(414, "too-long", text)
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        text = f"A request has at most {MAX_HEADERS} headers, together {MAX_HEADER_BYTES // 1024} KiB."
        return ApiError(431, "too-long", text)
    return None


@dataclass
class Rate:
    """How often one token may ask, in this process: a bucket that fills by `per_second` (0: no bound) and is spent.

    Per process, because a count in the database would cost every read a write: N processes allow N times as much.
    """

    per_second: float = 0.0
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[bytes, tuple[float, float]] = field(default_factory=OrderedDict)

    def spend(self, token: bytes) -> None:
        """Note a request of the token whose digest this is; ApiError 429 if it has asked too often."""
        if self.per_second <= 0:
            return
        most, now = max(1.0, self.per_second * BURST_SECONDS), self.clock()
        left, since = self._buckets.pop(token, (most, now))
        left = min(most, left + (now - since) * self.per_second)
        self._buckets[token] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > MAX_TOKENS:
            self._buckets.popitem(last=False)
        if left < 1:
            seconds = max(1, math.ceil((1 - left) / self.per_second))
            text = (
                f"This token asks more than {self.per_second:g} times a second. Wait as long as Retry-After says, and "
                "ask for more at once: a batch, a larger _count, an export."
            )
            raise ApiError(429, "throttled", text, headers={"Retry-After": str(seconds)})
