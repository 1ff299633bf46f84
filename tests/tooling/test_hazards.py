"""Each control in docs/safety/hazards.md names the test that shows it; the test is there."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HAZARDS = (REPOSITORY / "docs/safety/hazards.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:src|tests)/[\w/]+\.py)::(test_\w+)`", HAZARDS)


def test_there_are_ten_hazards_and_each_names_a_test() -> None:
    parts = re.split(r"^## H\d+\. ", HAZARDS, flags=re.MULTILINE)[1:]
    assert len(parts) >= 10
    assert all(re.search(r"::test_\w+`", part) for part in parts)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str) -> None:
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
