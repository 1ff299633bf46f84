"""A small loop for the tests of what is owed: a request is asked for, sent, reviewed; then it is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from carewright.core.access.model import Role
from carewright.core.registry import Manifest, Registry
from carewright.core.store.model import Resource
from carewright.core.store.store import Store
from carewright.core.terminology.coding import Coding
from carewright.core.work.fhir import site_extension
from carewright.core.work.legs import Leg
from carewright.core.work.model import TASK_CODE, End, Kind, Pool
from carewright.core.work.owed import Owing
from tests.work.conftest import SITE

ASK = Coding(TASK_CODE, "loop-ask", "Ask for it")
SEND = Coding(TASK_CODE, "loop-send", "Send it")
REVIEW = Coding(TASK_CODE, "loop-review", "Look at it")
LEGS = {
    "ask": Leg(code=ASK, pool=Pool(role=Role.FRONT_DESK), within=timedelta(hours=4), kind=Kind.CLERICAL),
    "send": Leg(code=SEND, pool=Pool(role=Role.MA), within=timedelta(days=2), any_hour=True),
    "review": Leg(code=REVIEW, pool=None, owner="Practitioner/lind", within=timedelta(hours=1)),
}


def leg_of(resource: Resource) -> Leg | None:
    return LEGS.get(resource.get("code", {}).get("text", "")) if resource["status"] == "active" else None


def ended_as(resource: Resource) -> tuple[End, str]:
    return (End.DECLINED, "does not want it") if resource["status"] == "revoked" else (End.DONE, "")


LOOP = Owing(
    name="loop", types=frozenset({"ServiceRequest"}), legs=(ASK, SEND, REVIEW), leg_of=leg_of, ended_as=ended_as
)
MANIFEST = Manifest(name="loop", doc="For the test.", effects=(LOOP.effect(),), guards=(LOOP.guard(),))


def with_loop(store: Store, *, without: str = "") -> Store:
    """The same database with the loop declared; `without` names a guard or effect that is taken out."""

    def rest(hooks: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(hook for hook in hooks if hook.name != without)

    listed = [replace(m, guards=rest(m.guards), effects=rest(m.effects)) for m in (*store.registry.manifests, MANIFEST)]
    guards = {guard.name for m in (*store.registry.manifests, MANIFEST) for guard in m.guards}
    effects = {effect.name for m in (*store.registry.manifests, MANIFEST) for effect in m.effects}
    assert not without or without in guards | effects
    return Store(driver=store.driver, registry=Registry(tuple(listed)), clock=store.clock, digest_key=store.digest_key)


def request(leg: str, *, status: str = "active", patient: str = "p0", **more: Any) -> Resource:
    return {
        "resourceType": "ServiceRequest", "extension": [site_extension(SITE)], "status": status, "intent": "plan",
        "code": {"text": leg}, "subject": {"reference": f"Patient/{patient}"}, **more,
    }  # fmt: skip
