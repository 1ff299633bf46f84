"""carewright explain"""

import argparse
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from carewright.core.access.model import Interaction, Role
from carewright.core.fhir.search_parameters import parameters_for
from carewright.core.fhir.structures import elements, is_resource, resource_types
from carewright.core.registry import Registry
from carewright.core.store.hooks import Effect, Guard, Projection, Reaction
from carewright.project import wiring
from carewright.project.cli.options import Failure

HELP = """\
Say what happens here to records of one FHIR type.

Printed are its guards, effects, reactions, projections, permissions by role, search parameters, and the elements
whose codes are checked.
"""
DEEPEST = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("type", metavar="TYPE", help="a FHIR R4 resource type, for instance Observation")


def run(options: argparse.Namespace) -> int:
    if not is_resource(options.type):
        near = get_close_matches(options.type, resource_types(), n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise Failure(f"FHIR R4 has no resource type '{options.type}'.{hint}")
    for line in explanation(wiring.registry(), options.type):
        print(line)
    return 0


def explanation(registry: Registry, resource_type: str) -> Iterator[str]:
    """The lines that are printed."""
    reactions = [r for m in registry.manifests for r in m.reactions if resource_type in r.types]
    yield f"{resource_type}  https://hl7.org/fhir/R4/{resource_type.lower()}.html"
    yield from _section("Guards (may refuse a write)", map(_guard, registry.guards_for(resource_type)))
    yield from _section(
        "Effects (add writes to the same transaction)", map(_effect, registry.effects_for(resource_type))
    )
    yield from _section("Reactions (run after the commit)", map(_documented, reactions))
    yield from _section(
        "Projections (flat tables for screens)", map(_projection, registry.projections_for(resource_type))
    )
    yield from _section("Permissions", _permissions(registry, resource_type))
    yield from _section("What each role may do", _roles(registry, resource_type))
    yield from _section("Search parameters", _parameters(resource_type))
    yield from _section("Codes that are checked (required bindings)", _bindings(resource_type))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    listed = list(lines)
    yield from (f"  {line}" for line in listed or ["none"])


def _documented(hook: Guard | Effect | Reaction | Projection) -> str:
    return f"{hook.name}: {hook.doc}" if hook.doc else hook.name


def _guard(guard: Guard) -> str:
    return f"{_documented(guard)} [{guard.kind.value}]"


def _effect(effect: Effect) -> str:
    return f"{_documented(effect)} [{'also for import and restore' if effect.integrity else 'workflow'}]"


def _projection(projection: Projection) -> str:
    return f"{_documented(projection)} [{', '.join(column.name for column in projection.columns)}]"


def _permissions(registry: Registry, resource_type: str) -> Iterator[str]:
    for permission in registry.permissions.values():
        if resource_type in permission.grants:
            roles = ", ".join(sorted(permission.roles))
            yield f"{permission.action} ({_letters(permission.grants[resource_type])}): {roles}"


def _roles(registry: Registry, resource_type: str) -> Iterator[str]:
    for role in Role:
        held = registry.grants_for([role]).get(resource_type)
        if held:
            yield f"{role.value:<16} {', '.join(i.name.lower() for i in Interaction if i in held)}"


def _letters(interactions: Iterable[Interaction]) -> str:
    held = set(interactions)
    return "".join(interaction.value for interaction in Interaction if interaction in held)


def _parameters(resource_type: str) -> Iterator[str]:
    for code, parameter in sorted(parameters_for(resource_type).items()):
        if parameter.reason:
            yield f"{code:<28} not searchable: {parameter.reason}"
        else:
            targets = f" → {', '.join(parameter.targets)}" if parameter.targets else ""
            yield f"{code:<28} {parameter.kind}{targets}"


def _bindings(type_name: str, path: str = "", shown: str = "", depth: int = 0) -> Iterator[str]:
    """Elements of the type itself (not of the data types it uses) with a value set that must be kept to."""
    for name, element in elements(type_name, path).items():
        label = f"{shown or type_name}.{name}"
        if element.value_set:
            yield f"{label:<44} {element.value_set}"
        if element.content is not None and element.content[0] == type_name and depth < DEEPEST:
            yield from _bindings(*element.content, shown=label, depth=depth + 1)
