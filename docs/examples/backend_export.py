"""Take a practice's records out by Bulk Data and keep them as NDJSON files. Python's own library is enough.

    CARE_TOKEN=… python docs/examples/backend_export.py http://127.0.0.1:8000/fhir OUT [TYPES [SINCE]]

A token of five minutes may be too short for all of it: with CARE_TOKEN_COMMAND (backend_token.py and its words) a new
one is asked for whenever the last has ended.

TYPES is a list with commas. OUT/transactionTime holds the instant to give as SINCE the next time; OUT/deleted.ndjson,
if it is there, names what was deleted since then.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

ENDED, TOO_MANY = 401, 429
held = {"token": os.environ.get("CARE_TOKEN", "")}


def new_token() -> str:
    """What the command prints."""
    words = shlex.split(os.environ["CARE_TOKEN_COMMAND"])
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def ask(url: str, method: str = "GET", **headers: str) -> HTTPResponse:
    """A request with the token. A server that is busy says when to come again."""
    renewed = False
    while True:
        sent = {"Authorization": f"Bearer {held['token']}", **headers}
        try:
            answer: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, method=method, headers=sent))
        except urllib.error.HTTPError as error:
            if error.code == ENDED and "CARE_TOKEN_COMMAND" in os.environ and not renewed:
                held["token"], renewed = new_token(), True
            elif error.code == TOO_MANY:
                time.sleep(int(error.headers.get("Retry-After", "60")))
            else:
                raise SystemExit(f"{error.code}: {error.read().decode()}") from error
        else:
            return answer


def export(base: str, out: Path, types: str, since: str) -> None:
    asked = {name: value for name, value in (("_type", types), ("_since", since)) if value}
    kicked = ask(f"{base}/$export?{urllib.parse.urlencode(asked)}", Prefer="respond-async")
    status = kicked.headers["Content-Location"]
    while (answer := ask(status, Accept="application/json")).status == 202:
        print(answer.headers["X-Progress"], flush=True)
        time.sleep(int(answer.headers["Retry-After"]))
    manifest = json.load(answer)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in ("output", "deleted", "error"):
        for file in manifest[part]:
            name = f"{file['type']}.ndjson" if part == "output" else f"{part}.ndjson"
            with ask(file["url"], Accept="application/fhir+ndjson") as lines, (out / name).open("ab") as kept:
                shutil.copyfileobj(lines, kept)
            print(f"{file['count']:>9} {name}")
    (out / "transactionTime").write_text(manifest["transactionTime"])
    ask(status, method="DELETE")  # the server keeps no copy longer than it is needed


if __name__ == "__main__":
    given = [*sys.argv[1:], "", ""]
    export(given[0], Path(given[1]), given[2], given[3])
