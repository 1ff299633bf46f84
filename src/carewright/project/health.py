"""What /healthz says: whether the database answers and syncs, how far feed and audit are behind, and the version.

No practice, person or address is named, because anybody may ask.
"""

import time
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from carewright.core.clock import wall_now
from carewright.core.store import chain, consumers
from carewright.core.store.store import Store

FRESH_SECONDS = 1.0
"""An answer serves everybody who asks within this time: monitors must not be able to keep the database busy."""
TAIL_LIMIT_SECONDS = 30.0
"""The sealer is at most one second behind; this long behind, it is not running."""
FEED_LIMIT_SECONDS = 30.0


@dataclass
class Health:
    """Asks the store at most once in FRESH_SECONDS."""

    store: Store
    anchored: bool
    _answer: dict[str, Any] = field(default_factory=dict)
    _asked_at: float = float("-inf")

    def answer(self) -> dict[str, Any]:
        """The answer as JSON values; `status` is ok or failing, `problems` says why in words."""
        if time.monotonic() - self._asked_at >= FRESH_SECONDS:
            self._answer = self._ask()
            self._asked_at = time.monotonic()
        return self._answer

    def _ask(self) -> dict[str, Any]:
        found: dict[str, Any] = {"status": "ok", "version": version("carewright"), "problems": [], "notes": []}
        try:
            found["database"] = self.store.driver.durability()
            found |= self._behind()
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is that the database does not answer
            found["problems"].append(f"The database does not answer ({type(error).__name__}).")
        if problem := found.get("database", {}).get("problem"):
            found["problems"].append(problem)
        if found.get("feed_lag_seconds", 0) > FEED_LIMIT_SECONDS:
            found["notes"].append("An open transaction holds up the change feed.")
        if found.get("unsealed_seconds", 0) > TAIL_LIMIT_SECONDS:
            found["notes"].append("The audit is not being sealed: is the worker running?")
        if not self.anchored:
            found["notes"].append("The audit has no anchor outside this machine (CARE_AUDIT_ANCHOR).")
        found["audit_anchored"] = self.anchored
        if found["problems"]:
            found["status"] = "failing"
        return found

    def _behind(self) -> dict[str, Any]:
        """Seconds, the most of any practice; rows, of all together."""
        now, feed_lag, unsealed, rows = wall_now(), 0.0, 0.0, 0
        for practice in self.store.practices():
            with self.store.driver.reading(practice) as connection:
                hidden = consumers.hidden_since(connection, practice)
                tail = chain.Trail(connection, practice).tail()
            feed_lag = max(feed_lag, (now - hidden).total_seconds() if hidden else 0.0)
            unsealed = max(unsealed, (now - tail.oldest_at).total_seconds() if tail.oldest_at else 0.0)
            rows += tail.count
        return {
            "feed_lag_seconds": round(feed_lag, 3),
            "unsealed_seconds": round(unsealed, 3),
            "unsealed_rows": rows,
        }
