"""The protocols that come with the product: the files in `definitions/`, read once."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from carewright.skills.protocols.model import Protocol
from carewright.skills.protocols.rules import schema, well_child, written

DEFINITIONS = Path(__file__).parent / "definitions"
EVERY_AGE = "well_child.yaml"
STARTER = Path(__file__).parent / "starter.yaml"
NAME_LINE = re.compile(r"^(protocol:[ \t]*)([a-z0-9-]+)", re.ASCII | re.MULTILINE)


@cache
def texts() -> Mapping[str, str]:
    """The text of each protocol by its name; an age of the well child file as a text of its own."""
    return MappingProxyType({name: text for name, (_, text) in _read().items()})


@cache
def protocols() -> Mapping[str, Protocol]:
    """Every protocol by its name. BadText where a file is wrong: the suite reads them all."""
    return MappingProxyType({name: protocol for name, (protocol, _) in _read().items()})


@cache
def starter() -> str:
    """The text with which a new protocol begins: a whole one, with remarks on what each line does."""
    return STARTER.read_text(encoding="utf-8")


def copy_of(text: str) -> str:
    """The text of a protocol under a name that is not taken yet, to begin a new one with."""
    return NAME_LINE.sub(r"\1our-\2", text, count=1)


@cache
def _read() -> dict[str, tuple[Protocol, str]]:
    found: dict[str, tuple[Protocol, str]] = {}
    for path in sorted(DEFINITIONS.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path.name == EVERY_AGE:
            read = {made.name: (made, written.text_of(made)) for made in well_child.protocols_of(text)}
        else:
            protocol = schema.protocol_of(text)
            read = {protocol.name: (protocol, text)}
        if found.keys() & read.keys():
            raise ValueError(f"Two files name the protocol {sorted(found.keys() & read.keys())}.")
        found |= read
    return found
