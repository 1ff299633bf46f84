"""The measurements: `./run bench` lists them, `./run bench NAME [arguments]` runs one.

Each is a file of its own under bench/ with `--help`; PostgreSQL is one of our own unless CARE_TEST_DATABASE_URL
names another.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.check import database_url

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    known = {file.stem: file for file in sorted((REPOSITORY / "bench").glob("[!_]*.py"))}
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        print("usage: ./run bench NAME [arguments]; there are:", ", ".join(known) or "none yet")
        return 0 if len(sys.argv) < 2 else 2
    with database_url() as url:
        environment = {**os.environ} | ({"CARE_TEST_DATABASE_URL": url} if url else {})
        words = [sys.executable, "-m", f"bench.{sys.argv[1]}", *sys.argv[2:]]
        return subprocess.run(words, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
