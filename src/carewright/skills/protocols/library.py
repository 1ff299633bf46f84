"""The protocols that come with the product: the files in `definitions/`, read once."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from carewright.skills.protocols.model import Protocol
from carewright.skills.protocols.rules import schema, well_child, written

DEFINITIONS = Path(__file__).parent / "definitions"
EVERY_AGE = "well_child.yaml"


@cache
def texts() -> Mapping[str, str]:
    """The text of each protocol by its name; an age of the well child file as a text of its own."""
    return MappingProxyType({name: text for name, (_, text) in _read().items()})


@cache
def protocols() -> Mapping[str, Protocol]:
    """Every protocol by its name. BadText where a file is wrong: the suite reads them all."""
    return MappingProxyType({name: protocol for name, (protocol, _) in _read().items()})


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
