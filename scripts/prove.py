"""The long proofs, in full length: `./run prove [NAME] [pytest arguments]`; without a name, all of them.

The suite holds the short form of each (a few rounds, a small race); here the tests marked `slow` run, one at a
time, on a PostgreSQL of their own, and nothing may be skipped.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.check import database_url

REPOSITORY = Path(__file__).resolve().parent.parent
PROOFS = {
    "races": ("tests/store/test_races.py",),
    "feed": ("tests/store/test_feed_late_commit.py",),
    "search-oracle": ("tests/store/test_search_oracle.py", "tests/store/test_search_table.py"),
    "access": ("tests/access_matrix", "tests/fhirapi/test_api_roles.py"),
    "crash": ("tests/proofs/test_kill.py",),
    "work": ("tests/work/test_work_invariants.py", "tests/work/test_result_invariants.py"),
    "timers": ("tests/proofs/test_timers.py",),
    "fuzz": ("tests/fuzz",),
    "subscriptions": ("tests/proofs/test_subscriptions_killed.py",),
    "durability": ("tests/proofs/test_sync_before_acknowledgement.py",),
    "screens": ("tests/screens",),
    "import": ("tests/project/test_importing.py",),
    "bulk": ("tests/bulk", "tests/proofs/test_bulk_kill.py", "tests/access_matrix/test_exports.py"),
    "examples": ("tests/judges/test_official_examples.py",),
    "judges": ("tests/judges/test_extraction_agrees.py", "tests/judges/test_written_is_valid.py"),
    "days": ("tests/proofs/test_days.py",),
    "calendar": ("tests/project/test_demonstration_calendar.py",),
}
"""The proofs that have a name of their own, and where they are. Named, all of a proof runs: long and short forms."""


def main() -> int:
    which = "slow or not slow" if PROOFS.keys() & set(sys.argv[1:]) else "slow"
    named = [path for word in sys.argv[1:] for path in PROOFS.get(word, (word,))]
    with database_url() as url:
        environment = {**os.environ, "CARE_REQUIRE_ALL": "1"} | ({"CARE_TEST_DATABASE_URL": url} if url else {})
        words = [sys.executable, "-m", "pytest", "-m", which, "--durations=0", "-o", "faulthandler_timeout=0", *named]
        return subprocess.run(words, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
