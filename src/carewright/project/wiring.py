"""The one list of what this installation is made of: a skill or workspace is added by a line here."""

from functools import cache
from importlib import import_module

from carewright.core.registry import Manifest, Registry

MANIFESTS = (
    "carewright.core.work.manifest",
    "carewright.skills.registration.skill",
    "carewright.skills.visit.skill",
    "carewright.skills.vitals.skill",
)


@cache
def registry() -> Registry:
    """The manifests of core, the skills and the workspaces, in the order of wiring."""
    return Registry(tuple(_manifest(name) for name in MANIFESTS))


def _manifest(module: str) -> Manifest:
    found = import_module(module).MANIFEST
    if not isinstance(found, Manifest):
        raise TypeError(f"{module}.MANIFEST is no Manifest.")
    return found
