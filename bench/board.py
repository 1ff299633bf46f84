"""./run bench board: how soon a change is on every open board, what a board costs, and what it weighs.

1. Live: a demonstration server; 20 people with the board open (event stream, then the changed rows, as the page does);
   another process takes steps of visits. From before the write until the changed row is there, for each person.
2. Server time: the whole board of 60 visits, and what an open board asks for when one of them changed, through Django
   in this process on one core, beside the page that shows nothing (the baseline of the same run).
   And how long the PIN takes to unlock a screen.
3. Weight: what the first visit to the board loads, and what the next one does, gzipped.

Figures are this machine's of this run; only those of one run are compared.
"""

import argparse
import asyncio
import gzip
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from carewright.core.access.model import CLINICAL, Access, Actor, Role
from carewright.core.clock import Clock
from carewright.core.store.model import Resource
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.project import demonstration, simulator, wiring
from carewright.project.environment import Environment
from carewright.project.wiring import registry
from carewright.skills.scheduling.codes import SICK
from carewright.skills.visit import actions as visits
from scripts.shots import PASSWORD, SEED
from scripts.shots import demonstration as server
from tests.clinic import Clinic
from tests.pages import ARGON2_COST, PIN, open_pages

SITE = "main"
EVERYONE = CLINICAL | {Role.FRONT_DESK}
ROW = re.compile(r'/board/visit/([0-9a-f-]{36})"')
POSITION = re.compile(r'(?:data-changes="[^"]+"|id="board-changes") data-since="([^"]+)"')
SETTLE_SECONDS = 1.0
PATIENCE_SECONDS = 30.0
FILL_SECONDS = 600
FULL = 60
FRAGMENT = {"headers": {"HX-Request": "true"}}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench board", description=__doc__)
    parser.add_argument("--boards", type=int, default=20, help="open boards (default 20)")
    parser.add_argument("--changes", type=int, default=15, help="steps taken (default 15)")
    parser.add_argument("--rounds", type=int, default=60, help="pages drawn for each figure (default 60)")
    options = parser.parse_args()
    with server() as (base, data):
        _wait_until_filled(data)
        os.environ |= {"CARE_DATA_DIR": str(data), "CARE_DEMO": "1", "CARE_CLOCK_OFFSET": str(_offset(data))}
        store = wiring.open_store(Environment.read())
        try:
            delays = asyncio.run(_live(base, store, boards=options.boards, changes=options.changes))
        finally:
            store.close()
        _say_live(delays, options.boards)
        _server_time(options.rounds)
    return 0


def _wait_until_filled(data: Path) -> None:
    """The other charts are written behind the board; they would be measured too."""
    for _ in range(FILL_SECONDS):
        state = demonstration.read_state(data)
        if state is not None and state.complete:
            return
        time.sleep(1)
    raise SystemExit(f"The demonstration's charts were not all there after {FILL_SECONDS} s.")


def _offset(data: Path) -> float:
    state = demonstration.read_state(data)
    if state is None:
        raise SystemExit("The demonstration has no state.")
    return state.offset_seconds


# -- 1. live --------------------------------------------------------------------------------------------------------


async def _live(base: str, store: Store, *, boards: int, changes: int) -> list[float]:
    """Seconds from before each write until its row stands on each open board."""
    seen: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    people = [m.username for m in simulator.practice(SEED).staff if m.site == SITE and set(m.roles) & EVERYONE]
    async with asyncio.TaskGroup() as group:
        ready = [asyncio.Event() for _ in range(boards)]
        tasks = [group.create_task(_open_board(base, people[n % len(people)], ready[n], seen)) for n in range(boards)]
        for event in ready:
            await asyncio.wait_for(event.wait(), 60)
        await asyncio.sleep(SETTLE_SECONDS)
        delays: list[float] = []
        for visit_id, act in _steps(store, changes):
            began = time.perf_counter()
            await asyncio.to_thread(act)
            arrived = 0
            while arrived < boards:
                which, at = await asyncio.wait_for(seen.get(), PATIENCE_SECONDS)
                if which == visit_id and at >= began:
                    delays.append(at - began)
                    arrived += 1
            await asyncio.sleep(0.4)  # the next change is another one, not part of the same coalesced event
        for task in tasks:
            task.cancel()
    return delays


async def _open_board(base: str, user: str, ready: asyncio.Event, seen: "asyncio.Queue[tuple[str, float]]") -> None:
    async with httpx.AsyncClient(base_url=base, timeout=60, follow_redirects=True) as client:
        await _sign_in(client, user)
        answer = await client.get("/board/")
        position = _position(answer.text)
        if not position:
            raise SystemExit(f"{user} sees no board: {answer.status_code}.")
        async with client.stream("GET", "/live/events", params={"topics": "board"}) as stream:
            ready.set()
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                answer = await client.get("/board/changes", params={"since": position}, headers={"HX-Request": "true"})
                if answer.status_code == httpx.codes.OK:
                    position = _position(answer.text) or position
                    at = time.perf_counter()
                    for visit_id in set(ROW.findall(answer.text)):
                        seen.put_nowait((visit_id, at))


async def _sign_in(client: httpx.AsyncClient, user: str) -> None:
    await client.get("/sign-in")
    answer = await client.post(
        "/sign-in",
        data={"login": user, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["care_csrf"]},
        headers={"Referer": str(client.base_url)},
    )
    if "/sign-in" in str(answer.url):
        raise SystemExit(f"{user} could not sign in: {answer.status_code}.")


def _position(page: str) -> str:
    found = POSITION.search(page)
    return found[1] if found else ""


def _steps(store: Store, count: int) -> list[tuple[str, Callable[[], object]]]:
    """Waiting patients are roomed and sent back to wait, as the lead MA."""
    lead = next(u for u in simulator.practice(SEED).users if u.username == "lena")
    roles = frozenset(lead.roles)
    practice = store.practices()[0]
    access = Access(
        actor=Actor(practice=practice, reference=f"Practitioner/{lead.practitioner}"),
        roles=roles,
        grants=store.registry.grants_for(roles),
        actions=store.registry.actions_for(roles),
    )
    site = f"Organization/{simulator.practice(SEED).site(SITE).organization}"
    with store.reader(access, reason="bench.board") as reader:
        waiting = reader.rows("visit", where={"status": "waiting", "site": site})
        room = next(r for r in reader.rows("room", where={"state": "ready", "site": site}))
    store.clock = Clock(offset=store.clock.offset)
    writer = store.writer(access)

    def take(visit_id: str, action: str, version: int) -> Callable[[], object]:
        return lambda: visits.take_step(
            writer, encounter_id=visit_id, action=action, at=store.now(), version=version, room=f"Location/{room['id']}"
        )

    listed = []
    for number in range(count):
        row = waiting[(number // 2) % len(waiting)]
        lap = number // (2 * len(waiting))
        version = int(str(row["version"])) + number % 2 + 2 * lap
        listed.append((str(row["id"]), take(str(row["id"]), ("start_rooming", "back_to_waiting")[number % 2], version)))
    return listed


def _say_live(delays: list[float], boards: int) -> None:
    ordered = sorted(delays)
    p95 = ordered[int(len(ordered) * 0.95)]
    middle, worst = statistics.median(ordered), ordered[-1]
    print(f"\nLive: {boards} open boards, {len(ordered)} arrivals")
    print(f"  median {middle * 1000:.0f} ms   p95 {p95 * 1000:.0f} ms   worst {worst * 1000:.0f} ms")


# -- 2. and 3. server time and weight -------------------------------------------------------------------------------


def _server_time(rounds: int) -> None:
    """A clinic of its own with `FULL` visits, drawn in this process, on one core."""
    os.environ["CARE_DEBUG"] = "0"
    with _full_clinic() as (clinic, visits_made):
        client = open_pages(clinic).client("dana")
        page = client.get("/board/")
        text = page.content.decode()
        since = _position(text)
        visits.take_step(
            clinic.writer("lena"), encounter_id=visits_made[0], action="start_rooming", at=clinic.store.now(),
            version=1, room="Location/room-4",
        )  # fmt: skip
        figures = {
            "page with nothing on it": _median(lambda: client.get("/account/pin"), rounds),
            f"whole board, {len(set(ROW.findall(text)))} visits": _median(lambda: client.get("/board/"), rounds),
            "one changed row": _median(lambda: client.get("/board/changes", {"since": since}, **FRAGMENT), rounds),
        }
        print("\nServer time (CPU of one core, middleware and audit included)")
        base = next(iter(figures.values()))
        for words, seconds in figures.items():
            print(f"  {words:<28} {seconds * 1000:7.1f} ms   {seconds / base:5.1f} × the empty page")
        _weight(client, text)
        print(f"\nUnlock by PIN, at the real cost of a guess: {_unlock(client, rounds // 10 + 1) * 1000:.0f} ms (wall)")


def _unlock(client: Any, rounds: int) -> float:
    """Median seconds from the PIN to the open page."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from carewright.shell.accounts import services
    from carewright.shell.accounts.models import User

    for name, cost in ARGON2_COST.items():
        setattr(Argon2PasswordHasher, name, cost)
    services.set_pin(User.objects.get(username="dana"), PIN)
    taken = []
    for _ in range(rounds):
        client.post("/lock", **FRAGMENT)
        began = time.perf_counter()
        answer = client.post("/unlock", {"pin": PIN}, **FRAGMENT)
        taken.append(time.perf_counter() - began)
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise SystemExit(f"The PIN did not unlock: {answer.status_code}.")
    return statistics.median(taken)


@contextmanager
def _full_clinic() -> Iterator[tuple[Clinic, list[str]]]:
    """A clinic where `FULL` patients wait, and their visits, the longest waiting first."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/board.sqlite3"
        migrate_database(url, registry())
        store = Store(driver=open_driver(url), registry=registry(), digest_key=b"bench")
        store.ensure_practice("bench", "Bench")
        clinic = Clinic(store=store, practice="bench")
        open_pages(clinic)
        clinic.have(*(_patient(number) for number in range(FULL)))
        yield clinic, [
            visits.check_in(
                clinic.writer("fay"), patient=f"Patient/p{number}", visit_type=SICK, site="Organization/main-st",
                at=store.now() - timedelta(minutes=FULL - number), provider="Practitioner/lind", reason="Cough",
            ).id
            for number in range(FULL)
        ]  # fmt: skip
        store.close()


def _patient(number: int) -> Resource:
    name = {"family": f"Family{number}", "given": ["Anna"]}
    return {
        "resourceType": "Patient", "id": f"p{number}", "gender": "female", "birthDate": "1980-01-02", "name": [name],
    }  # fmt: skip


def _median(call: Callable[[], object], rounds: int) -> float:
    for _ in range(5):
        call()
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _weight(client: "object", text: str) -> None:
    assets = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text)))
    total = 0
    for address in assets:
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})  # type: ignore[attr-defined] # a test client
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        total += len(body) if answer.get("Content-Encoding") == "gzip" else len(gzip.compress(body))
    own = len(gzip.compress(text.encode()))
    print("\nWeight, gzipped")
    print(
        f"  first visit {(own + total) / 1024:.1f} KB (page {own / 1024:.1f}, {len(assets)} files {total / 1024:.1f})"
    )
    print(f"  after that  {own / 1024:.1f} KB")


if __name__ == "__main__":
    sys.exit(main())
