"""./run bench conformance: every search and every must-support element that US Core 6.1.0 asks of a server.

A server of ours on SQLite, asked by HTTP with a provider's token. It holds the demonstration as it opens, written by
the product's own actions, and Synthea's patients. For each profile the records that meet it are taken from what the
server holds, and each search is asked with the values of one of them, read from the record itself by FHIRPath. It
counts as answered if it finds that record, if whatever it finds has those values, if the same is found by POST and, of
dates, with every prefix that is asked for. Where no record has the values, US Core's own examples are brought in,
which is said. A must-support element is looked for in our own practice's records first, then in Synthea's, then in the
examples; where one of several elements will do, the choice is an element of the list too. Requirements, data and
examples are those of the test data's folder.
"""

import argparse
import os
import socket
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml

from carewright.core.access.model import Role
from carewright.core.access.sessions import SessionKind, open_session
from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import KEY_BYTES, BlobFiles
from carewright.core.fhir import fhirpath, profiles
from carewright.core.fhir.codec import decode
from carewright.core.fhir.model import Resource
from carewright.core.fhir.profile_checks import Value, check, is_member, values
from carewright.core.fhir.profiles import CHOICE, Node, Profile
from carewright.core.fhir.structures import is_resource, json_elements
from carewright.core.fhir.text import fold
from carewright.core.store.model import Origin
from carewright.core.store.search.parse import parse
from carewright.core.store.store import Store, migrate_database, open_driver
from carewright.core.store.writer import Writer
from carewright.fhirapi.app import create_app
from carewright.project import demonstration, simulator
from carewright.project.importing import Journal, import_files
from carewright.project.wiring import operator_access, registry
from tests.needs import test_data_folder

SEED, DAY = 1, date(2026, 11, 23)
PLACES = ("practice", "synthea", "example", "nowhere")
"""Where a must-support element was seen first."""
TRIED = 400
"""Records that are looked at until one has all values of a search."""
US_CORE = Path("fhir/uscore")


@dataclass
class Score:
    """What one profile asked for, and what was answered. `said` has a line for each failure and each gap."""

    name: str
    searches: dict[str, list[bool]] = field(default_factory=lambda: {"SHALL": [], "SHOULD": []})
    supported: dict[tuple[str, object], str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run bench conformance", description=__doc__)
    parser.add_argument(
        "--all",
        action="store_true",
        help="print every must-support element, not only those that neither practice nor Synthea has",
    )
    options = parser.parse_args()
    os.environ["CARE_DEBUG"] = "0"
    data = test_data_folder()
    if not (data / US_CORE).is_dir():
        print(f"The test data is not in {data}: set CARE_TEST_DATA.")
        return 2
    asked = [yaml.safe_load(file.read_text()) for file in sorted((data / US_CORE).glob("search*/*.yml"))]
    with tempfile.TemporaryDirectory() as folder, serving(_filled(Path(folder), data)) as (client, server):
        held = _held(server.store, server.practice)
        examples = list(_examples(data))
        scores = [_scored(client, server, one, held, examples) for one in asked]
    return _report(scores, every=options.all)


# -- what the server holds --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Server:
    """The store that is asked, its practice, and what was in it before Synthea came."""

    store: Store
    practice: str
    provider: str
    own: dict[str, list[Resource]]


def _filled(folder: Path, data: Path) -> Server:
    url = f"sqlite:///{folder}/bench.sqlite3"
    migrate_database(url, registry())
    store = Store(driver=open_driver(url), registry=registry(), digest_key=b"bench")
    blobs = Blobs(store, BlobFiles(folder / "blobs", key=b"b" * KEY_BYTES))
    state = demonstration.prepare(
        store, operator_access, seed=SEED, day=DAY, told=lambda label, more: None, blobs=blobs
    )
    own = _held(store, state.practice)
    access = operator_access(state.practice)
    files = sorted((data / "fhir/synthea").glob("*.json"))
    outcome = import_files(store, access, files, journal=Journal(folder / "journal"))
    print(f"{sum(map(len, own.values()))} records of the demonstration's practice; "
          f"{len(files)} files of Synthea imported: {dict(outcome.done)}.")  # fmt: skip
    users = simulator.practice(SEED, DAY).users
    provider = next(user.practitioner for user in users if Role.PROVIDER in user.roles)
    return Server(store=store, practice=state.practice, provider=f"Practitioner/{provider}", own=own)


def _brought_in(server: Server, resource: Resource) -> None:
    writer = Writer(server.store, operator_access(server.practice), origin=Origin.IMPORT)
    with writer.transaction(reason="bench.fill") as tx:
        tx.import_(resource)


def _held(store: Store, practice: str) -> dict[str, list[Resource]]:
    """Every current record of the types that have a profile, by its type."""
    found: dict[str, list[Resource]] = {}
    with store.reader(operator_access(practice), reason="bench.held") as reader:
        for kind in sorted({profile.type for url in profiles.known() if (profile := profiles.find(url))}):
            after: str | None = ""
            while after is not None and is_resource(kind):
                pairs = [("_count", "1000"), *([("_after", after)] if after else [])]
                page = reader.search(parse(kind, pairs))
                found.setdefault(kind, []).extend(decode(one.body or b"{}") for one in page.matches)
                after = page.next
    return found


def _examples(data: Path) -> Iterator[Resource]:
    """US Core's own examples, without the Bundles."""
    with tarfile.open(data / US_CORE / "us_core_610.tgz") as package:
        for name in sorted(package.getnames()):
            member = package.extractfile(name) if name.startswith("package/example/") else None
            if member is not None and not name.endswith(".index.json"):
                resource = decode(member.read())
                if resource["resourceType"] != "Bundle":
                    yield resource


@contextmanager
def serving(server: Server) -> Iterator[tuple[httpx.Client, Server]]:
    """The API on a free port, and a client with the token of one of its providers."""
    store = server.store
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    http = uvicorn.Server(uvicorn.Config(create_app(store), port=port, log_level="warning"))
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    while not http.started:
        time.sleep(0.05)
    token = open_session(
        store, practice=server.practice, actor=server.provider, display="Bench", user_name="bench",
        roles=[Role.PROVIDER], kind=SessionKind.TOKEN, scopes="user/*.cruds",
        expires_at=store.clock.wall() + timedelta(hours=2),
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/fhir", headers=headers, timeout=60) as client:
        yield client, server
    http.should_exit = True
    thread.join(10)


# -- one profile ------------------------------------------------------------------------------------------------------


def _scored(
    client: httpx.Client, server: Server, asked: Mapping[str, Any], held: dict[str, list[Resource]],
    examples: list[Resource],
) -> Score:  # fmt: skip
    profile = profiles.find(asked[":profile_url"])
    score = Score(name=asked[":profile_url"].rpartition("/")[2])
    if profile is None:
        score.said.append("the profile is not known")
        return score
    mine = {one["id"] for one in server.own.get(profile.type, ())}
    own = _meeting(profile, held.get(profile.type, ()))
    shown = [one for one in examples if profile.url in one.get("meta", {}).get("profile", ())]
    for search in asked[":searches"]:
        names = tuple(search[":names"])
        definitions = {name: asked[":search_definitions"][f":{name}"] for name in names}
        sample, whose = _sample(own, definitions), ""
        if sample is None and (sample := _sample(shown, definitions)) is not None:
            _brought_in(server, sample)
            whose = "by an example of US Core"
        elif sample is None and (sample := _sample(held.get(profile.type, []), definitions)) is not None:
            whose = "by a record that does not meet the profile"
        trouble = "no record has these values" if sample is None else _trouble(client, profile, sample, definitions)
        score.searches[search[":expectation"]].append(not trouble)
        if trouble or whose:
            score.said.append(f"{profile.type}?{'&'.join(names)}: {trouble or whose}")
    if own or shown:
        _included(client, profile, (own or shown)[0], asked, score)
    seen = {
        "practice": [one for one in own if one["id"] in mine],
        "synthea": [one for one in own if one["id"] not in mine],
        "example": shown,
    }
    _must_support(profile, seen, asked[":must_supports"], score)
    return score


def _meeting(profile: Profile, listed: Iterable[Resource]) -> list[Resource]:
    """The records that meet a profile and, of observations, are of its kind."""
    return [one for one in listed if all(issue.severity != "error" for issue in check(one, profile))]


def _sample(listed: list[Resource], definitions: Mapping[str, Any]) -> Resource | None:
    """The first record that has a value for each parameter."""
    for one in listed[:: max(1, len(listed) // TRIED)]:
        if all(_options(one, definition) for definition in definitions.values()):
            return one
    return None


def _options(resource: Resource, definition: Mapping[str, Any]) -> list[str]:
    """The values that a search parameter's paths find in a record, as a search writes them."""
    found = [value for path in definition[":full_paths"] for value in fhirpath.found(path, resource)]
    words_only = definition[":type"] == "CodeableConcept"
    return [text for value in found if not (words_only and "coding" not in value) for text in _texts(value)]


def _texts(value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield str(value).lower() if isinstance(value, bool) else str(value)
    elif "coding" in value:
        yield from (f"{one.get('system', '')}|{one['code']}" for one in value["coding"] if "code" in one)
    elif "reference" in value:
        yield value["reference"]
    elif "system" in value and "value" in value:
        yield f"{value['system']}|{value['value']}"
    elif "code" in value:
        yield f"{value.get('system', '')}|{value['code']}"
    elif "start" in value or "end" in value:  # a period is not inside a moment: whatever goes on about its day or after
        day = (value.get("start") or value["end"])[:10]
        yield f"ge{date.fromisoformat(day) - timedelta(days=1)}" if len(day) == 10 else day
    else:  # a name or an address
        parts = (value.get(name) for name in ("family", "given", "city", "state", "postalCode", "line", "text"))
        yield from (text for part in parts if part for text in (part if isinstance(part, list) else [part]))


def _trouble(client: httpx.Client, profile: Profile, sample: Resource, definitions: Mapping[str, Any]) -> str:
    """What is wrong with the answer to a search for the values of a record; "" for nothing."""
    wanted = {name: _options(sample, definition)[0] for name, definition in definitions.items()}
    for asked in _variants(wanted, definitions):
        by_get = _found(client, profile.type, asked, by_post=False)
        if isinstance(by_get, str):
            return by_get
        if sample["id"] not in {one["id"] for one in by_get}:
            return f"the record is not found by {'&'.join(f'{name}={value}' for name, value in asked.items())}"
        if asked == wanted:
            by_post = _found(client, profile.type, asked, by_post=True)
            if isinstance(by_post, str) or [one["id"] for one in by_post] != [one["id"] for one in by_get]:
                return "POST finds something else"
            for one in by_get:
                for name, value in wanted.items():
                    if not any(_is_meant(value, text, definitions[name]) for text in _options(one, definitions[name])):
                        return f"something is found that has another {name}"
    return ""


def _variants(wanted: dict[str, str], definitions: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The search itself, then with each prefix of a date, with the bare code, with the bare id, with alternatives."""
    yield wanted
    for name, definition in definitions.items():
        value, kind = wanted[name], definition[":type"]
        if kind in ("date", "dateTime", "Period", "instant"):
            value = value.removeprefix("ge")
            day = date.fromisoformat(value[:10]) if len(value) >= 10 else None
            moves = {"gt": -1, "ge": -1, "sa": -2, "lt": 3, "le": 3, "eb": 3}
            for prefix in (p for p, how in definition[":comparators"].items() if how == "SHALL" and day):
                if (move := moves.get(prefix.lstrip(":"))) and day:
                    yield {**wanted, name: f"{prefix.lstrip(':')}{day + timedelta(days=move)}"}
        elif kind == "Reference" and "/" in value:
            yield {**wanted, name: value.rpartition("/")[2]}
        elif "|" in value:
            yield {**wanted, name: value.partition("|")[2]}
        if definition.get(":multiple_or") in ("SHALL", "SHOULD"):
            yield {**wanted, name: f"{value},{'x' if '|' not in value else 'urn:x|x'}"}


def _found(client: httpx.Client, kind: str, asked: Mapping[str, str], *, by_post: bool) -> list[Resource] | str:
    """Every match, from page to page; the status where that is not 200."""
    given = {**asked, "_count": "200"}
    answer = client.post(f"/{kind}/_search", data=given) if by_post else client.get(f"/{kind}", params=given)
    found: list[Resource] = []
    while True:
        if answer.status_code != 200:
            return f"answered {answer.status_code}"
        body = answer.json()
        found += [entry["resource"] for entry in body.get("entry", ()) if entry["search"]["mode"] == "match"]
        following = [link["url"] for link in body["link"] if link["relation"] == "next"]
        if not following:
            return found
        answer = client.get(following[0])


def _is_meant(asked: str, value: str, definition: Mapping[str, Any]) -> bool:
    """Whether a value of a record found is the one that was asked for; a day more or less is the time zone's."""
    if definition[":type"] in ("date", "dateTime", "Period", "instant"):
        from_then_on = asked.startswith("ge")
        asked, value = asked.removeprefix("ge"), value.removeprefix("ge")
        if min(len(asked), len(value)) < 10:
            return True
        apart = (date.fromisoformat(value[:10]) - date.fromisoformat(asked[:10])).days
        return from_then_on or abs(apart) <= 1
    if definition[":type"] in ("string", "HumanName", "Address"):
        return fold(value).startswith(fold(asked)) or fold(asked) in fold(value)
    return asked == value or asked.rpartition("/")[2] == value.rpartition("/")[2]


def _included(client: httpx.Client, profile: Profile, sample: Resource, asked: Mapping[str, Any], score: Score) -> None:
    """What a search is to include, and Provenance of what it finds: that must be there."""
    wishes = [("_include", name) for name in asked[":include_params"]]
    wishes += [("_revinclude", name) for name in asked[":revincludes"]]
    for name, value in wishes:
        answer = client.get(f"/{profile.type}", params={"_id": sample["id"], name: value})
        if answer.status_code != 200:
            score.said.append(f"{name}={value}: answered {answer.status_code}")
        elif name == "_revinclude" and not _tells_of(sample, answer.json()):
            score.said.append(f"{name}={value}: brings no {value.partition(':')[0]}")


def _tells_of(sample: Resource, bundle: Mapping[str, Any]) -> bool:
    """Whether a Provenance is included whose target is the record."""
    own = f"{sample['resourceType']}/{sample['id']}"
    included = [entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
    targets = [target["reference"] for one in included for target in one.get("target", ())]
    return any(target.partition("/_history")[0] == own for target in targets)


# -- must support -----------------------------------------------------------------------------------------------------


def _must_support(profile: Profile, seen: dict[str, list[Resource]], asked: Mapping[str, Any], score: Score) -> None:
    """Where each element, slice, extension and choice was seen first; of a choice one of its elements will do."""
    listed = [(one[":path"], one.get(":fixed_value")) for one in asked[":elements"]]
    listed += [(one[":slice_id"].partition(".")[2], None) for one in asked[":slices"]]
    for path, fixed in listed:
        score.supported[path, fixed] = _first(seen, partial(_has, profile, path=path, fixed=fixed))
    for one in asked[":extensions"]:
        score.supported[one[":id"], None] = _first(seen, partial(_bears, url=one[":url"]))
    for one in asked.get(":choices", ()):
        name, meets = _choice(profile, one, asked)
        score.supported[name, None] = _first(seen, meets)


def _bears(record: Resource, *, url: str) -> bool:
    return url in _urls(record)


def _first(seen: dict[str, list[Resource]], meets: Callable[[Resource], bool]) -> str:
    return next((place for place, records in seen.items() if any(map(meets, records))), "nowhere")


def _choice(
    profile: Profile, one: Mapping[str, Any], asked: Mapping[str, Any]
) -> tuple[str, Callable[[Resource], bool]]:
    """The name of a choice among elements, extensions or profiles of what is referred to; whether a record makes it."""
    paths, ids = one.get(":paths", ()), one.get(":extension_ids", ())
    urls = {extension[":url"] for extension in asked[":extensions"] if extension[":id"] in ids}
    types = {url.rpartition("us-core-")[2] for url in one.get(":target_profiles", ())}

    def meets(record: Resource) -> bool:
        by_path = any(_has(profile, record, path=path, fixed=None) for path in paths)
        return by_path or bool(urls & _urls(record)) or any(_refers(record, kind) for kind in types)

    return f"one of {', '.join([*paths, *ids, *sorted(types)])}", meets


def _refers(record: Resource, profile: str) -> bool:
    """Whether a record refers to one of the type of a profile: `practitionerrole`, `questionnaireresponse`."""
    kind = "observation" if profile.startswith("observation") else profile
    references = (value for value in fhirpath.found("descendants().reference", record) if isinstance(value, str))
    return any(value.partition("/")[0].lower() == kind for value in references)


def _urls(value: Any) -> set[str]:
    """The addresses of all extensions in a record."""
    if isinstance(value, list):
        return {url for one in value for url in _urls(one)}
    if not isinstance(value, dict):
        return set()
    return {str(value.get("url"))} | {url for one in value.values() for url in _urls(one)}


def _has(profile: Profile, resource: Resource, *, path: str, fixed: Any) -> bool:
    """Whether an element (`component:systolic.valueQuantity.code`) is in a record, with a value that is fixed."""
    reached: list[tuple[Node | None, Value]] = [
        (profile.root, Value(resource, profile.type, profile.type, (profile.type, "")))
    ]
    for step in path.split("."):
        name, _, of_slice = step.partition(":")
        reached = [one for node, value in reached for one in _step(node, value, name, of_slice)]
    return any(fixed is None or value.data == fixed for _, value in reached)


def _step(node: Node | None, value: Value, name: str, of_slice: str) -> Iterator[tuple[Node | None, Value]]:
    if not isinstance(value.data, Mapping) or value.inside is None:
        return
    named = {element.name + CHOICE: element for element, _ in json_elements(*value.inside).values() if element.choice}
    element = named.get(name) or next((e for key, (e, _) in json_elements(*value.inside).items() if key == name), None)
    if element is None:
        return
    key = element.name + CHOICE if element.choice else element.name
    child = node.children.get(key) if node else None
    part = child.slices.get(of_slice) if child and of_slice else None
    for one in values(value, key):
        right = name == key or one.where.rpartition(".")[2].partition("[")[0] == name
        if right and (not of_slice or (part and child and is_member(part, child.slicing, one))):
            yield part or child, one


# -- the report -------------------------------------------------------------------------------------------------------


def _report(scores: list[Score], *, every: bool) -> int:
    print("\n| profile | SHALL | SHOULD | must support: " + " | ".join(PLACES) + " |\n|---|---|---|---|---|---|---|")
    for one in scores:
        found = [f"{sum(one.searches[how])}/{len(one.searches[how])}" for how in ("SHALL", "SHOULD")]
        counts = [str(sum(where == kind for where in one.supported.values())) for kind in PLACES]
        print(f"| {one.name} | {found[0]} | {found[1]} | {' | '.join(counts)} |")
    totals = {how: [ok for one in scores for ok in one.searches[how]] for how in ("SHALL", "SHOULD")}
    places = [where for one in scores for where in one.supported.values()]
    print()
    for one in scores:
        for line in one.said:
            print(f"{one.name}: {line}")
        for (path, fixed), where in one.supported.items():
            if every or where in ("example", "nowhere"):
                print(f"{one.name}: {path}{'' if fixed is None else f' = {fixed}'}: {where}")
    print("\n" + ", ".join(f"{how} {sum(found)}/{len(found)}" for how, found in totals.items()))
    print(f"must support {len(places)}: {places.count('practice')} in the practice's own records, "
          f"{places.count('synthea')} in Synthea's, {places.count('example')} in US Core's examples alone, "
          f"{places.count('nowhere')} nowhere")  # fmt: skip
    return 0 if all(ok for found in totals.values() for ok in found) else 1


if __name__ == "__main__":
    sys.exit(main())
