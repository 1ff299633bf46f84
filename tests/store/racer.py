"""A process that races for keys against another one like it: `python -m tests.store.racer URL PRACTICE KEYS NAME`.

It says `ready`, waits for a line, then tries to take every key, and prints those that it won, one a line.
"""

import sys

from carewright.core.store.model import KeyTaken
from carewright.core.store.writer import Writer
from tests.store.conftest import open_store
from tests.store.people import everything


def main() -> None:
    url, practice, keys, name = sys.argv[1:]
    store = open_store(url)
    writer = Writer(store, everything(practice))
    print("ready", flush=True)  # noqa: T201 - the other side of a pipe reads this
    sys.stdin.readline()
    for number in range(int(keys)):
        try:
            with writer.transaction(reason="test.race") as tx:
                slot = tx.create({"resourceType": "Basic", "code": {"text": name}})
                tx.claim("slot", str(number), holder=slot)
        except KeyTaken:
            continue
        print(number, flush=True)  # noqa: T201 - this is what the process says
    store.close()


if __name__ == "__main__":
    main()
