"""How a record names a kept file: an RFC 6920 name of its SHA-256 digest, which says nothing of where the file is.

https://www.rfc-editor.org/rfc/rfc6920
"""

import base64

NAME = "ni:///sha-256;"
DIGEST_BYTES = 32


def name_of(digest: str) -> str:
    """The name of the file with this digest (hexadecimal), for Attachment.url."""
    return NAME + base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def digest_in(url: str) -> str:
    """The digest (hexadecimal) that a name holds; "" for any other address."""
    if not url.startswith(NAME):
        return ""
    try:
        digest = base64.b64decode(url.removeprefix(NAME) + "=", altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error is one; so is a letter that is not ASCII
        return ""
    return digest.hex() if len(digest) == DIGEST_BYTES else ""
