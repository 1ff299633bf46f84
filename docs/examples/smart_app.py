"""A SMART app in one file: it asks whose chart, and prints the last vital signs. Python's own library is enough.

    python docs/examples/smart_app.py http://127.0.0.1:8000/fhir CLIENT_ID

Register it as an app without a secret that is sent back to http://127.0.0.1:8765/back, for the scopes below.
"""

import base64
import hashlib
import json
import secrets
import sys
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

HERE, BACK = ("127.0.0.1", 8765), "http://127.0.0.1:8765/back"
SCOPE = "launch/patient patient/Patient.rs patient/Observation.rs?category=vital-signs"


def ask(url: str, token: str = "", form: dict[str, str] | None = None) -> Any:
    """JSON from an address; `form` is sent in the body."""
    request = Request(url, data=urlencode(form).encode() if form else None)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urlopen(request) as answer:
        return json.load(answer)


def answer_of_the_person() -> dict[str, str]:
    """What the browser brings back."""
    brought: dict[str, str] = {}

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            brought.update(parse_qsl(urlsplit(self.path).query))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"Go back to the app.")

    with HTTPServer(HERE, Back) as server:
        while not {"code", "error"} & brought.keys():
            server.handle_request()
    return brought


def main(base: str, client_id: str) -> None:
    smart = ask(f"{base}/.well-known/smart-configuration")
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": BACK, "scope": SCOPE, "state": state,
             "aud": base, "code_challenge": challenge, "code_challenge_method": "S256"}  # fmt: skip
    address = f"{smart['authorization_endpoint']}?{urlencode(asked)}"
    print("Open", address, flush=True)
    webbrowser.open(address)
    brought = answer_of_the_person()
    if brought.get("state") != state or "code" not in brought:
        raise SystemExit(f"Not allowed: {brought.get('error', 'the answer is not to this question')}.")
    given = ask(smart["token_endpoint"], form={"grant_type": "authorization_code", "code": brought["code"],
                "redirect_uri": BACK, "client_id": client_id, "code_verifier": verifier})  # fmt: skip
    token, patient = given["access_token"], given["patient"]
    name = ask(f"{base}/Patient/{patient}", token)["name"][0]
    print(name["family"], *name.get("given", ()))
    found = ask(f"{base}/Observation?patient={patient}&_sort=-date&_count=20", token)
    for entry in found.get("entry", ()):
        sign = entry["resource"]
        value = sign.get("valueQuantity", {})
        print(sign["effectiveDateTime"][:10], sign["code"].get("text", ""), value.get("value"), value.get("unit", ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
