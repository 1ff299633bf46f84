"""The code systems that are loaded, each read when it is first asked for.

Loaded are the systems behind R4's required bindings (`definitions/code_systems.txt`), ICD-10-CM (from the package
`simple-icd-10-cm`; reading it takes about 2 s, once per process), and whatever a skill registers. A system that is
not loaded is unknown: nothing can be said about its codes, least of all that they are wrong.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from carewright.core.terminology.coding import ICD10CM, Coding
from carewright.core.terminology.tables import read_table

DEFINITIONS = Path(__file__).parent / "definitions"
Displays = Mapping[str, str]
"""The codes of a system with their displays ("" where it has none)."""

_registered: dict[str, Callable[[], Displays]] = {}


def register(system: str, load: Callable[[], Displays]) -> None:
    """Add a code system under its address; `load` is called when it is first needed. ValueError if it is there."""
    if is_loaded(system):
        raise ValueError(f"The code system {system} is registered already.")
    _registered[system] = load


def register_codings(codings: tuple[Coding, ...]) -> None:
    """Add one of our own small systems: all codes of one system, as a skill's `codes.py` names them."""
    systems = {coding.system for coding in codings}
    if len(systems) != 1:
        raise ValueError(f"Codes of one system are registered together; got {sorted(systems)}.")
    register(systems.pop(), lambda: {coding.code: coding.display for coding in codings})


def is_loaded(system: str) -> bool:
    return system in _registered or system in _published() or system == ICD10CM


def codes(system: str) -> Displays | None:
    """All codes of a system with their displays; None for a system that is not loaded."""
    if system in _registered:
        return _load_registered(system)
    if system == ICD10CM:
        return _icd10cm()
    return _published().get(system)


@cache
def _load_registered(system: str) -> Displays:
    return MappingProxyType(dict(_registered[system]()))


@cache
def _published() -> Mapping[str, Displays]:
    found = {}
    for system, lines in read_table(DEFINITIONS / "code_systems.txt"):
        found[system] = MappingProxyType(
            {code: display for code, _, display in (line.partition("\t") for line in lines)}
        )
    return found


@cache
def _icd10cm() -> Displays:
    import simple_icd_10_cm  # here because it takes about 2 s

    def is_code(item: str) -> bool:
        return not simple_icd_10_cm.is_chapter_or_block(item)

    return MappingProxyType(
        {item: simple_icd_10_cm.get_description(item) for item in simple_icd_10_cm.get_all_codes() if is_code(item)}
    )
