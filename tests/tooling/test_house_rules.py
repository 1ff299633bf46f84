"""House rules that a machine can hold: names, sizes, numbered decisions, a README for each skill."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import documents

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON_FILES = [file for file in documents.tracked(REPOSITORY) if file.suffix == ".py"]
DECISIONS = REPOSITORY / "docs" / "decisions"
SKILLS = REPOSITORY / "src" / "carewright" / "skills"

VAGUE_NAMES = re.compile(r"(?:^|_)(?:utils?|helpers?|common|misc|managers?)(?:_|$)")
LONGEST_FUNCTION = 60
LONGEST_FILE = 500

# Function (`file:name`) -> why it is better long. A function that is no longer long must leave the list.
LONG_FUNCTIONS: dict[str, str] = {}

# File -> why it is better whole. Code tables are apart: they live in folders named `definitions` or `tables`.
LONG_FILES: dict[str, str] = {
    "src/carewright/project/simulator/visit_types.py": "one table of visit types, read as a whole",
}


def long_functions(file: Path) -> Iterator[tuple[str, int]]:
    """Name (dotted, with its class) and lines of each function above the limit, decorators not counted."""

    def walk(node: ast.AST, inside: str) -> Iterator[tuple[str, int]]:
        for child in ast.iter_child_nodes(node):
            name = inside
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{inside}.{child.name}".lstrip(".")
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (child.end_lineno or child.lineno) - child.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield name, lines
            yield from walk(child, name)

    return walk(ast.parse(file.read_text()), "")


def test_no_file_has_a_vague_name() -> None:
    vague = [str(f) for f in PYTHON_FILES if any(VAGUE_NAMES.search(Path(part).stem.lower()) for part in f.parts)]
    assert vague == []


@pytest.mark.parametrize("name", ["utils", "form_helpers", "helper", "common", "misc", "task_manager"])
def test_the_vague_names_are_known(name: str) -> None:
    assert VAGUE_NAMES.search(name)


@pytest.mark.parametrize("name", ["management", "commonwell", "outils", "rules"])
def test_other_names_are_not_vague(name: str) -> None:
    assert not VAGUE_NAMES.search(name)


def test_long_functions_are_listed_with_a_reason() -> None:
    found = {f"{file}:{name}": lines for file in PYTHON_FILES for name, lines in long_functions(REPOSITORY / file)}
    assert set(found) == set(LONG_FUNCTIONS), found
    assert all(LONG_FUNCTIONS.values())


def test_long_files_are_listed_with_a_reason() -> None:
    found = {
        str(file)
        for file in PYTHON_FILES
        if not {"definitions", "tables"} & set(file.parts)
        and len((REPOSITORY / file).read_text().splitlines()) > LONGEST_FILE
    }
    assert found == set(LONG_FILES)
    assert all(LONG_FILES.values())


def test_a_long_function_is_found(tmp_path: Path) -> None:
    body = "\n".join(f"        x = {n}" for n in range(LONGEST_FUNCTION))
    (tmp_path / "long.py").write_text(f"class Thing:\n    def act(self):\n{body}\n\n    def rest(self): ...\n")
    assert list(long_functions(tmp_path / "long.py")) == [("Thing.act", LONGEST_FUNCTION + 1)]


def test_every_decision_has_a_number_of_its_own_and_bears_it() -> None:
    pages = sorted(page.name for page in DECISIONS.glob("*.md"))
    assert pages
    assert [page for page in pages if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page)] == []
    assert len({page[:4] for page in pages}) == len(pages)
    for page in pages:
        assert re.match(rf"# {int(page[:4])}\. \S", (DECISIONS / page).read_text()), page


def test_every_skill_says_what_it_does() -> None:
    skills = {SKILLS / file.parts[3] for file in PYTHON_FILES if file.match("src/carewright/skills/*/__init__.py")}
    assert [skill.name for skill in skills if not (skill / "README.md").is_file()] == []
