"""The judges are asked through Node: a script of ours reads resources line by line and answers each with a line."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from carewright.core.fhir.codec import encode
from carewright.core.fhir.model import Resource
from carewright.fhirapi.capabilities import parameters_of
from tests.judges.facts import NOT_COMPARED, Found

HERE = Path(__file__).parent
PATIENCE_SECONDS = 1800
CANNOT = frozenset({"Error: Cannot convert a FHIR.Quantity that has a comparator"})
"""What fhirpath.js says where it cannot say: `<5 mg` stands for no number to it. There it judges nothing."""
OF_THE_STORE = frozenset({"_lastUpdated", "_id"})
"""Parameters that need no index, because the store itself knows."""


def asked(script: str, *words: str | Path, lines: Iterable[bytes]) -> list[Any]:
    """What a judge says of each line."""
    done = subprocess.run(
        ["node", str(HERE / script), *map(str, words)], input=b"".join(line + b"\n" for line in lines),
        capture_output=True, check=False, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-500:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def extracted(judges: Path, examples: Path, us_core: Path, resources: list[Resource]) -> list[dict[str, Found | str]]:
    """What fhirpath.js finds in each resource by HL7's own definitions of the parameters that we search by; a text for
    a parameter of which it cannot say."""
    wanted = {
        kind: {code: text for code, text in defined(kind, examples, us_core).items() if code in searched(kind)}
        for kind in {str(resource["resourceType"]) for resource in resources}
    }
    answers = asked("extract.mjs", judges, lines=[json.dumps(wanted).encode(), *map(encode, resources)])
    failed = {text for answer in answers for text in answer.values() if isinstance(text, str)}
    assert failed <= CANNOT, sorted(failed - CANNOT)[:5]
    return answers


@cache
def searched(resource_type: str) -> dict[str, str]:
    """The parameters that the server says it searches a type by, with their kinds, as far as there is one value."""
    compared = (p for p in parameters_of(resource_type) if p.kind not in NOT_COMPARED and p.code not in OF_THE_STORE)
    return {p.code: p.kind for p in compared}


def defined(resource_type: str, examples: Path, us_core: Path) -> dict[str, str]:
    """The FHIRPath of every parameter that HL7 has for a type; those of all types too."""
    known = expressions(examples, us_core)
    return {**known["Resource"], **known.get(resource_type, {})}


@cache
def expressions(examples: Path, us_core: Path) -> dict[str, dict[str, str]]:
    """HL7's search parameters: base → code → FHIRPath, of R4 and, where R4 has none, of US Core."""
    found: dict[str, dict[str, str]] = {}
    for one in [*_of_us_core(us_core), *_of_r4(examples)]:
        for base in one["base"]:
            if one.get("expression"):
                found.setdefault(base, {})[one["code"]] = _evaluable(one["expression"])
    return found


def _of_r4(examples: Path) -> Iterator[Resource]:
    with tarfile.open(examples) as archive:
        member = archive.extractfile("package/Bundle-searchParams.json")
        assert member is not None
        yield from (entry["resource"] for entry in json.load(member)["entry"])


def _of_us_core(package: Path) -> Iterator[Resource]:
    with tarfile.open(package) as archive:
        for name in archive.getnames():
            member = archive.extractfile(name) if name.startswith("package/SearchParameter-") else None
            if member is not None:
                yield json.load(member)


def _evaluable(expression: str) -> str:
    """As fhirpath.js takes it. What a reference leads to is read from the reference; a cast of several values, which
    FHIRPath refuses and R4's expressions ask for, is a choice of those that are of the type."""
    typed = r".where($this.reference.matches('(^|/)\1/[^/]+(/_history/[^/]+)?$') or $this.type = '\1')"
    text = re.sub(r"\.where\(resolve\(\) is (\w+)\)", typed, expression)
    text = re.sub(r"\((\S+) as (\w+)\)", r"\1.ofType(\2)", text)
    return re.sub(r"\.as\((\w+)\)", r".ofType(\1)", text)
