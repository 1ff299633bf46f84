"""What the skills declare, gathered: the one place where the layers below the skills learn of them.

A skill's `skill.py` holds `MANIFEST = Manifest(…)`; `project` collects the manifests into a `Registry` at start.
`fhirapi`, `live`, `interop` and `shell` never import a skill: they ask the registry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from carewright.core.access.model import READ, WRITE, Interaction, Role
from carewright.core.cds.model import CardSource
from carewright.core.settings.model import Setting
from carewright.core.store.hooks import Effect, Guard, Projection, Reaction
from carewright.core.terminology.coding import Coding

Hook = TypeVar("Hook", Guard, Effect, Projection, "Topic")


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A named action and the roles that hold it; `grants` are the FHIR interactions that the action needs."""

    action: str
    roles: frozenset[Role]
    doc: str
    grants: Mapping[str, frozenset[Interaction]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskCode:
    """A kind of task an MA may be given: who may do it and which credential or competency it asks for."""

    code: str
    display: str
    roles: frozenset[Role]
    competency: str | None = None


def may_see(action: str, roles: frozenset[Role], *, on: Iterable[str], doc: str) -> Permission:
    """A permission to read and search resources of the types `on`."""
    return Permission(action=action, roles=roles, doc=doc, grants=dict.fromkeys(on, READ))


def may_write(action: str, roles: frozenset[Role], *, on: Iterable[str], doc: str) -> Permission:
    """A permission to create and change resources of the types `on`, and to see them."""
    return Permission(action=action, roles=roles, doc=doc, grants=dict.fromkeys(on, WRITE))


def tasks_for(roles: frozenset[Role], *codes: Coding) -> tuple[TaskCode, ...]:
    """Kinds of task that `roles` may be given and that ask for no competency."""
    return tuple(TaskCode(code=code.code, display=code.display, roles=roles) for code in codes)


@dataclass(frozen=True, kw_only=True)
class Nav:
    """A workspace in the top bar: its words, the name of its address, the letter that opens it after `g`.

    Shown to those who hold `permission`; an address that is not wired is left out.
    """

    label: str
    url_name: str
    permission: str
    key: str = ""
    home_of: frozenset[Role] = frozenset()
    """Whose first page it is; anybody else starts with the first entry they see."""
    seldom: bool = False
    """Opened a few times a day: it stands under "More", so that the others fit into one line."""
    quick: str = ""
    """The icon of what must be one key away on every page: it stands beside the emergency button, and `key` alone
    opens it."""
    counts: str = ""
    """The name of an address that answers with how much waits there; asked for again when `topic` changes."""
    topic: str = ""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A name that open pages listen to (`board`): it is told when a resource of one of `types` changes."""

    name: str
    types: frozenset[str]
    doc: str = ""
    of_nobody: bool = False
    """Only changes of what is about no patient: a call for help, not each task of a visit."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One skill (or workspace): what it adds to the product."""

    name: str
    doc: str
    permissions: tuple[Permission, ...] = ()
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    projections: tuple[Projection, ...] = ()
    task_codes: tuple[TaskCode, ...] = ()
    settings: tuple[Setting[Any], ...] = ()
    """What a practice, site or user may choose; read and changed through `core.settings.values`."""
    topics: tuple[Topic, ...] = ()
    card_sources: tuple[CardSource, ...] = ()
    """What the CDS services know of a patient."""
    nav: tuple[Nav, ...] = ()
    urls: str | None = None
    """Dotted path of a Django URLconf module, or None."""
    url_prefix: str = ""


@dataclass(frozen=True)
class Registry:
    """All manifests of this installation, in the order of wiring."""

    manifests: tuple[Manifest, ...] = ()

    def __post_init__(self) -> None:
        for what, names in {
            "skill": [m.name for m in self.manifests],
            "permission": [p.action for m in self.manifests for p in m.permissions],
            "projection": [p.name for m in self.manifests for p in m.projections],
            "guard": [g.name for m in self.manifests for g in m.guards],
            "effect": [e.name for m in self.manifests for e in m.effects],
            "reaction": [r.name for m in self.manifests for r in m.reactions],
            "setting": [s.name for m in self.manifests for s in m.settings],
        }.items():
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise ValueError(f"Declared twice: {what} {', '.join(sorted(twice))}.")

    @cached_property
    def task_codes(self) -> Mapping[str, TaskCode]:
        """The kinds of task that somebody declares, by code."""
        return {task.code: task for manifest in self.manifests for task in manifest.task_codes}

    @cached_property
    def card_sources(self) -> tuple[CardSource, ...]:
        """What the CDS services are made of, in the order of wiring."""
        return tuple(source for m in self.manifests for source in m.card_sources)

    @cached_property
    def permissions(self) -> Mapping[str, Permission]:
        return {p.action: p for m in self.manifests for p in m.permissions}

    @cached_property
    def projections(self) -> Mapping[str, Projection]:
        return {p.name: p for m in self.manifests for p in m.projections}

    @cached_property
    def settings(self) -> Mapping[str, Setting[Any]]:
        return {s.name: s for m in self.manifests for s in m.settings}

    def guards_for(self, resource_type: str) -> tuple[Guard, ...]:
        return self._guards.get(resource_type, ())

    def effects_for(self, resource_type: str) -> tuple[Effect, ...]:
        return self._effects.get(resource_type, ())

    def projections_for(self, resource_type: str) -> tuple[Projection, ...]:
        return self._projections.get(resource_type, ())

    def grants_for(self, roles: Iterable[Role]) -> dict[str, frozenset[Interaction]]:
        """Every FHIR interaction that any of `roles` holds, by resource type; nothing else is allowed."""
        held = set(roles)
        grants: dict[str, set[Interaction]] = {}
        for permission in self.permissions.values():
            if held & permission.roles:
                for resource_type, interactions in permission.grants.items():
                    grants.setdefault(resource_type, set()).update(interactions)
        return {resource_type: frozenset(interactions) for resource_type, interactions in grants.items()}

    def actions_for(self, roles: Iterable[Role]) -> frozenset[str]:
        held = set(roles)
        return frozenset(p.action for p in self.permissions.values() if held & p.roles)

    def topics_for(self, resource_type: str, *, patient: str | None = None) -> tuple[str, ...]:
        """The names of the topics that a change of `resource_type`, about `patient` if any, is told under."""
        found = self._topics.get(resource_type, ())
        return tuple(dict.fromkeys(topic.name for topic in found if not (topic.of_nobody and patient)))

    @cached_property
    def _topics(self) -> dict[str, tuple[Topic, ...]]:
        return _by_type(topic for manifest in self.manifests for topic in manifest.topics)

    @cached_property
    def _guards(self) -> dict[str, tuple[Guard, ...]]:
        return _by_type(g for m in self.manifests for g in m.guards)

    @cached_property
    def _effects(self) -> dict[str, tuple[Effect, ...]]:
        return _by_type(e for m in self.manifests for e in m.effects)

    @cached_property
    def _projections(self) -> dict[str, tuple[Projection, ...]]:
        return _by_type(p for m in self.manifests for p in m.projections)


def _by_type(hooks: Iterable[Hook]) -> dict[str, tuple[Hook, ...]]:
    found: dict[str, list[Hook]] = {}
    for hook in hooks:
        for resource_type in hook.types:
            found.setdefault(resource_type, []).append(hook)
    return {resource_type: tuple(listed) for resource_type, listed in found.items()}
