"""Text as string search compares it: without case, accents and superfluous white space."""

import unicodedata


def fold(text: str) -> str:
    """`  José  ÅNGSTRÖM ` becomes `jose angstrom`. The same on every engine, because it is done here.

    FHIR R4: https://hl7.org/fhir/R4/search.html#string (case and accents should not count).
    """
    if text.isascii():
        return " ".join(text.lower().split())
    parted = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in parted if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())
