"""Papers: what the fax machine and the mail bring, whose it is, who sees to it."""

import re
from pathlib import Path

from carewright.project.player.browser import Answer
from carewright.project.player.happenings import Happening, What
from carewright.project.player.page import form
from carewright.project.player.person import Person

AT_ONCE = 2
SHARE_NOBODYS, SHARE_WRONG_CHART = 0.08, 0.05
_PAPER = re.compile(r'href="/incoming/([0-9a-f-]{36})"')
_MATCH = re.compile(r"/incoming/[0-9a-f-]{36}/find")


def content(key: str) -> tuple[str, bytes]:
    """The file of a happening, which no other is equal to, and its name."""
    if What.VOICEMAIL.value in key:
        return f"{key}.wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + key.encode()
    return f"{key}.pdf", b"%PDF-1.4\n% " + key.encode() + b"\ntrailer<<>>\n%%EOF\n"


def drop_into(folder: Path, happening: Happening) -> None:
    """The fax machine puts a file down: under a passing name first, as they do."""
    name, data = content(happening.key)
    part = folder / f"{name}.part"
    part.write_bytes(data)
    part.replace(folder / name)


def take_in(person: Person, happening: Happening) -> None:
    """Somebody scans what came by mail."""
    found = form(person.browser.get("/incoming/").text, to="/upload")
    if found is None:
        return
    name, data = content(happening.key)

    def scan() -> Answer:
        return person.browser.upload(found, name="paper", file_name=name, content=data, came_as="paper")

    person.tell("paper", happening.key, scan, at="upload", is_named=True)


def see_to_papers(person: Person) -> int:
    """Open a paper or two of the list, and do what is next with them."""
    waiting = list(dict.fromkeys(_PAPER.findall(person.browser.get("/incoming/list").text)))
    person.rng.shuffle(waiting)
    return sum(_see_to(person, paper) for paper in waiting[:AT_ONCE])


def _see_to(person: Person, paper: str) -> int:
    page = person.browser.get(f"/incoming/{paper}").text
    finish, unmatch, route = (form(page, to=f"/{step}") for step in ("finish", "unmatch", "route"))
    if finish is not None:
        if unmatch is not None and person.chance(SHARE_WRONG_CHART):
            return not person.went_wrong(
                person.browser.submit(unmatch, **_named(unmatch.fields, "why", "Not hers")), at="unmatch"
            )
        return not person.went_wrong(person.browser.submit(finish), at="finish paper")
    if route is not None:
        return 0 if "kind" not in route.choices or unmatch is None else _name_it(person, route.action, page)
    drop = form(page, to="/drop")
    if drop is not None and person.chance(SHARE_NOBODYS):
        return not person.went_wrong(
            person.browser.submit(drop, **_named(drop.fields, "why", "Advertising")), at="drop"
        )
    return _put_into_chart(person, paper) if _MATCH.search(page) else 0


def _put_into_chart(person: Person, paper: str) -> int:
    patient = person.world.referred() or person.rng.choice(list(person.world.patients)).id
    address = f"/incoming/{paper}/match/{patient}"
    found = form(person.browser.get(address).text, to=address)
    if found is None:
        return 0
    kinds, routes = found.chosen("kind"), found.chosen("route")
    chosen = {"kind": person.rng.choice(kinds), "route": person.rng.choice(routes)} if kinds and routes else {}
    return not person.went_wrong(person.browser.submit(found, **chosen), at="match")


def _name_it(person: Person, action: str, page: str) -> int:
    found = form(page, to=action)
    if found is None:
        return 0
    chosen = {"kind": person.rng.choice(found.chosen("kind")), "route": person.rng.choice(found.chosen("route"))}
    return not person.went_wrong(person.browser.submit(found, **chosen), at="route")


def _named(fields: object, name: str, value: str) -> dict[str, str]:
    """A field of a form whose names have a prefix."""
    names = [key for key in fields if key.endswith(name)] if isinstance(fields, dict) else []
    return {names[0] if names else name: value}
