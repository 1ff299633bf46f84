"""The client's name and secret in an Authorization header: HTTP Basic, form-encoded (RFC 6749, 2.3.1; RFC 7617)."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_plus


def basic_credentials(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """(name, secret); None where there are none that can be read."""
    scheme, _, given = headers.get("Authorization", headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(name), unquote_plus(secret)) if colon else None
