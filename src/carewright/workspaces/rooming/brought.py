"""What the protocols bring to this visit: each task with the order that it is done under.

A task that needs an order shows under whose it is done and what to ask first. Where none holds, the page says why and
asks a provider for one; what was done all the same is recorded as done, and put before a provider to sign.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from carewright.core.access.model import Interaction
from carewright.core.store.model import Ref
from carewright.core.store.reader import Reader
from carewright.core.store.search.parse import parse
from carewright.core.work import actions as work
from carewright.core.work import fhir as task_fhir
from carewright.core.work.model import OPEN, End, WorkTask
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.shell.whom import pool_words
from carewright.skills.protocols import queries as protocols
from carewright.skills.protocols.codes import short_name
from carewright.skills.standing_orders import queries as orders
from carewright.skills.standing_orders import rules as order_rules
from carewright.skills.standing_orders.codes import SIGN_ORDER

if TYPE_CHECKING:
    from carewright.workspaces.rooming.page import Rooming

MOST = "200"
PROTOCOL = "PlanDefinition/"


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a task stands that needs an order: `under` says under which it may be done (`ref`) and `ask` what to ask
    first; without one `against` says why, and `is_asked` whether a provider has been asked."""

    ref: str = ""
    under: str = ""
    ask: tuple[str, ...] = ()
    against: str = ""
    is_asked: bool = False


@dataclass(frozen=True, kw_only=True)
class Brought:
    """One task that a protocol brought."""

    task: WorkTask
    version: int
    name: str
    whose: str
    may_do: bool
    order: Order | None

    @property
    def is_done(self) -> bool:
        return self.task.status == "completed"

    @property
    def done_at(self) -> datetime | None:
        return self.task.ended_at


def listed(request: CareRequest, rooming: "Rooming") -> list[Brought]:
    """What the visit's protocols brought and is open or done, what is due first first."""
    reader = request.reader("rooming.brought")
    query = parse("Task", [("encounter", f"Encounter/{rooming.id}"), ("_count", MOST)])
    found = [(task_fhir.from_fhir(one), int(one["meta"]["versionId"])) for one in reader.resources(query)]
    ours = [(task, number) for task, number in found if any(ref.startswith(PROTOCOL) for ref in task.based_on)]
    shown = [(task, number) for task, number in ours if task.status in OPEN or task.end is End.DONE]
    signs = [task for task, _ in found if task.code.code == SIGN_ORDER.code]
    names = names_of(reader, (task.owner for task, _ in shown))
    lines = [
        Brought(
            task=task,
            version=number,
            name=term_words(short_name(task.code.code, task.code.display)),
            whose=names.get(task.owner, "") or pool_words(task.pool),
            may_do=_may_do(request, task),
            order=_order(request, reader, rooming, task, signs) if task.needs_order else None,
        )
        for task, number in shown
    ]
    return sorted(lines, key=lambda one: (one.is_done, one.task.due_at or request.care.now, one.name))


def has_ended(request: CareRequest, rooming: "Rooming", task_id: str) -> bool:
    """Whether a protocol brought this task to the visit and it has ended undone, while a page with its button stood
    open."""
    found = request.reader("rooming.brought").resource_or_none(Ref("Task", task_id))
    if found is None:
        return False
    task = task_fhir.from_fhir(found)
    return task.encounter == f"Encounter/{rooming.id}" and any(ref.startswith(PROTOCOL) for ref in task.based_on)


def _may_do(request: CareRequest, task: WorkTask) -> bool:
    declared = request.store.registry.task_codes.get(task.code.code)
    return request.access.may_do(work.DO) and (declared is None or bool(declared.roles & request.access.roles))


def _order(request: CareRequest, reader: Reader, rooming: "Rooming", task: WorkTask, signs: list[WorkTask]) -> Order:
    """Under which order a task is done, or was."""
    asked = [sign for sign in signs if sign.focus == f"Task/{task.id}"]
    signed = next((sign for sign in asked if sign.end is End.DONE), None)
    if signed is not None:
        who = names_of(reader, [signed.owner]).get(signed.owner, "")
        return Order(ref=f"Task/{signed.id}", under=say(order_rules.signed_by(who)))
    is_asked = any(sign.is_open for sign in asked)
    if not reader.access.may(Interaction.SEARCH, "ActivityDefinition"):
        return Order(is_asked=is_asked)
    facts = protocols.facts_of(reader, rooming.patient.patient.id, visit_type=rooming.found.visit.type.code)
    found = orders.usable(reader, code=task.needs_order, at=request.care.now_local, facts=facts)
    best = next(iter(found), None)
    if best is not None and best.allowed:
        return Order(
            ref=f"ActivityDefinition/{best.order.id}", under=say(best.reason), ask=best.order.exclusions,
            is_asked=is_asked,
        )  # fmt: skip
    return Order(against=say(best.reason) if best else "", is_asked=is_asked)
