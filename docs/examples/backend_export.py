"""Take a practice's records out by Bulk Data and keep them as NDJSON files. Python's own library is enough.

    CARE_TOKEN=… python docs/examples/backend_export.py http://127.0.0.1:8000/fhir OUT [TYPES [SINCE]]

TYPES is a list with commas. OUT/transactionTime holds the instant to give as SINCE the next time; OUT/deleted.ndjson,
if it is there, names what was deleted since then.
"""

import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

TOO_MANY = 429


def ask(url: str, method: str = "GET", **headers: str) -> HTTPResponse:
    """A request with the token. A server that is busy says when to come again."""
    while True:
        sent = {"Authorization": f"Bearer {os.environ['CARE_TOKEN']}", **headers}
        try:
            answer: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, method=method, headers=sent))
        except urllib.error.HTTPError as error:
            if error.code != TOO_MANY:
                raise SystemExit(f"{error.code}: {error.read().decode()}") from error
            time.sleep(int(error.headers.get("Retry-After", "60")))
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
