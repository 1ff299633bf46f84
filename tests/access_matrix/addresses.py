"""Every address of the pages, found by walking Django's resolver, and what to put into it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from carewright.shell.permissions import Requirement, requirement_of
from tests.access_matrix.two_clinics import Somebody

WORDS: Mapping[str, tuple[str, ...]] = {
    "name": ("shell/base.css",),
    "form": ("vitals",),
    "kind": ("weight",),
    "part": ("problems", "medicines", "vaccines", "vitals", "visits"),
    "key": ("identity", "reason", "medicines", "allergies", "vitals"),
    "room_id": ("room-4",),
    "other_id": ("far",),
    "change": ("hold", "end"),
    "practitioner_id": ("dana",),
    "protocol_name": ("diabetes",),
    "number": ("1",),
    "order_id": ("flu",),
    "job_id": ("nothing",),
    "practice": ("nowhere",),
    "ticket": ("none",),
    "client_id": ("none",),
    "subscription_id": ("none",),
    "call_id": ("call", "task-near", "task-secret"),
}
"""A part of an address that stands for no patient's record → what is put there. A new one has to be named here."""
OF_SOMEBODY = frozenset({
    "patient_id", "appointment_id", "encounter_id", "visit_id", "wait_id", "message_id", "allergy_id",
    "observation_id", "document_id", "paper_id", "referral_id", "refill_id", "request_id", "result_id",
    "phone_id", "thread_id", "task_id", "ringing_id",
})  # fmt: skip
"""A part that stands for a record of a patient: Somebody.ids."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """One address: its name, the parts that vary, the view and what that asks for."""

    name: str
    parts: tuple[str, ...]
    view: Callable[..., Any]

    @property
    def asks(self) -> Requirement | None:
        return requirement_of(self.view)

    @property
    def is_about_somebody(self) -> bool:
        return bool(OF_SOMEBODY & set(self.parts))

    def paths(self, somebody: Somebody, *, within: Somebody | None = None) -> Iterator[str]:
        """The addresses for one patient; with `within`, for their records below the visit of somebody else."""
        ids = somebody.ids
        if within is not None:
            outer = {name: within.ids[name] for name in ("patient_id", "encounter_id", "visit_id")}
            ids = {**ids, **outer}
        if all(name in ids or name in WORDS for name in self.parts):
            choices = [(ids[name],) if name in ids else WORDS[name] for name in self.parts]
            for chosen in product(*choices):
                yield reverse(self.name, kwargs=dict(zip(self.parts, chosen, strict=True)))


def addresses() -> list[Address]:
    """Every address that the product has, in the order of the resolver."""
    return list(_walk(get_resolver().url_patterns, ()))


def _walk(patterns: list[URLPattern | URLResolver], before: tuple[str, ...]) -> Iterator[Address]:
    for entry in patterns:
        parts = (*before, *re.findall(r"<(?:\w+:)?(\w+)>", str(entry.pattern)))
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, parts)
        else:
            if not entry.name:
                raise AssertionError(f"An address without a name: {entry.pattern}.")
            yield Address(name=entry.name, parts=parts, view=entry.callback)
