"""The long proofs, in full length: `./run prove [pytest arguments]`.

The suite holds the short form of each (a few rounds, a small race); here the tests marked `slow` run, one at a
time, on a PostgreSQL of their own, and nothing may be skipped.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.check import database_url

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    with database_url() as url:
        environment = {**os.environ, "CARE_REQUIRE_ALL": "1"} | ({"CARE_TEST_DATABASE_URL": url} if url else {})
        words = [sys.executable, "-m", "pytest", "-m", "slow", "--durations=0", *sys.argv[1:]]
        return subprocess.run(words, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
