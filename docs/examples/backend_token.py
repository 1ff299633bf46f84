"""A token for a program without a person: it signs who it is (SMART Backend Services). Needs joserfc.

python docs/examples/backend_token.py new KEY.json                              makes a key, prints its public half
python docs/examples/backend_token.py http://127.0.0.1:8000/fhir CLIENT_ID KEY.json 'system/*.rs'

CARE_TOKEN=$(python docs/examples/backend_token.py …) python docs/examples/backend_export.py …
"""

import json
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from joserfc import jwt
from joserfc.jwk import ECKey

BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new(path: Path) -> None:
    key = ECKey.generate_key("P-384", {"use": "sig", "alg": "ES384"}, auto_kid=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(key.as_dict(private=True)))
    print(json.dumps({"keys": [key.as_dict(private=False)]}))


def token(base: str, client_id: str, path: Path, scope: str) -> str:
    with urlopen(f"{base}/.well-known/smart-configuration") as told:
        endpoint = json.load(told)["token_endpoint"]
    key = ECKey.import_key(json.loads(path.read_text()))
    claims = {"iss": client_id, "sub": client_id, "aud": endpoint, "exp": int(time.time()) + 240,
              "jti": secrets.token_urlsafe(16)}  # fmt: skip
    signed = jwt.encode({"alg": "ES384", "kid": key.kid}, claims, key, algorithms=["ES384"])
    form = {"grant_type": "client_credentials", "scope": scope, "client_assertion_type": BY_JWT,
            "client_assertion": signed}  # fmt: skip
    with urlopen(endpoint, data=urlencode(form).encode()) as answer:
        return str(json.load(answer)["access_token"])


if __name__ == "__main__":
    if sys.argv[1] == "new":
        new(Path(sys.argv[2]))
    else:
        base, client_id, path, scope = sys.argv[1:]
        print(token(base, client_id, Path(path), scope))
