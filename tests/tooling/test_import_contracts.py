"""Each import contract is proven by violations planted in a copy of the tree: it must break, and name the import."""

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATION = REPOSITORY / ".importlinter"

# Contract -> the imports planted against it, as (importer, imported). A module that does not exist is created.
PLANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "layers": (
        ("core.planted", "shell"),
        ("core.planted", "skills"),
        ("shell.planted", "skills"),
        ("fhirapi.planted", "live"),
        ("live.planted", "interop"),
        ("interop.planted", "shell"),
        ("shell.planted", "fhirapi"),
        ("skills.planted_a.views", "workspaces"),
        ("workspaces.planted_a.views", "project"),
    ),
    "skills": (
        ("skills.planted_a.views", "skills.planted_b.queries"),
        ("skills.planted_b.skill", "skills.planted_a.rules"),
    ),
    "workspaces": (("workspaces.planted_a.views", "workspaces.planted_b.queries"),),
    "pure-skills": (
        ("skills.planted_a.rules", "django.utils"),
        ("skills.planted_a.rules", "core.clock"),
        ("skills.planted_a.fhir", "core.store.hooks"),
        ("skills.planted_b.fhir", "core.access.planted"),
        ("skills.planted_a.model", "sqlite3"),
        ("skills.planted_a.codes", "starlette.responses"),
    ),
    "pure-core": (
        ("core.fhir.planted", "core.store.hooks"),
        ("core.terminology.planted", "sqlite3"),
        ("interop.planted.codec", "core.store.hooks"),
        ("interop.planted.codec", "django.http"),
        ("core.fhir.planted", "starlette.requests"),
        ("core.sentences", "django.utils.translation"),
    ),
    "values": (
        ("core.store.model", "core.clock"),
        ("core.store.model", "core.store.hooks"),
        ("core.access.model", "core.store.hooks"),
        ("core.access.model", "sqlite3"),
    ),
    "core-without-web": (
        ("core.work.planted", "django.db"),
        ("core.access.planted", "starlette.requests"),
        ("core.planted", "allauth"),
    ),
    "api-without-django": (("fhirapi.planted", "django.conf"), ("live.planted", "allauth")),
    "writer": (
        ("skills.planted_a.views", "core.store.writer"),
        ("skills.planted_a.queries", "core.store.writer"),
        ("workspaces.planted_a.views", "core.store.writer"),
        ("fhirapi.planted", "core.store.writer"),
        ("shell.planted", "core.store.writer"),
        ("core.work.planted", "core.store.writer"),
    ),
    "sql": (
        ("skills.planted_a.actions", "core.store.sql"),
        ("fhirapi.actions", "core.store.drivers"),
        ("skills.planted_a.queries", "core.store.schema"),
        ("core.access.planted", "core.store.sql"),
    ),
    "drivers": (
        ("skills.planted_a.queries", "sqlite3"),
        ("shell.planted", "psycopg"),
        ("fhirapi.planted", "psycopg_pool"),
    ),
    "no-side-door": (("core.store", "core.store.writer"), ("core.store", "core.store.sql")),
}

# What each contract must go on allowing.
ALLOWED = (
    ("skills.planted_a.actions", "core.store.writer"),
    ("fhirapi.actions", "core.store.writer"),
    ("skills.planted_a.fhir", "core.store.model"),
    ("skills.planted_a.rules", "core.access.model"),
    ("skills.planted_a.rules", "core.sentences"),
    ("core.store.model", "core.sentences"),
    ("skills.planted_a.fhir", "core.fhir"),
    ("skills.planted_a.views", "shell"),
    ("skills.planted_a.tests.test_planted", "skills.planted_b.rules"),
    ("skills.planted_a.tests.test_planted", "project"),
    ("workspaces.planted_a.views", "skills.planted_a.queries"),
    ("core.access.sessions", "core.store.sql"),
    ("project.planted", "core.store.drivers"),
)


def test_every_contract_has_a_planted_violation() -> None:
    parser = ConfigParser()
    parser.read(CONFIGURATION)
    contracts = {name.rpartition(":")[2] for name in parser.sections() if ":contract:" in name}
    assert contracts == set(PLANTED)


def test_the_tree_keeps_every_contract() -> None:
    done = lint(REPOSITORY / "src")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    for importer, imported in PLANTED[contract]:
        plant(tmp_path, importer, imported)
    done = lint(tmp_path, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Contracts: 0 kept, 1 broken." in done.stdout
    for importer, imported in PLANTED[contract]:
        # External packages are told by their top name only.
        assert re.search(rf"{re.escape(module(importer))} -> {re.escape(_reported(imported))}\b", done.stdout), (
            f"{importer} -> {imported} is not reported:\n{done.stdout}"
        )


def test_a_new_layer_must_be_declared(tmp_path: Path) -> None:
    plant(tmp_path, "extras.planted", "core")
    done = lint(tmp_path, "--contract", "layers")
    assert done.returncode == 1
    assert "extras" in done.stdout


def test_what_is_meant_to_be_allowed_is_allowed(tmp_path: Path) -> None:
    for importer, imported in ALLOWED:
        plant(tmp_path, importer, imported)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout


def module(name: str) -> str:
    """The full name of a module of the house; an external one stays as it is."""
    top = name.partition(".")[0]
    return f"carewright.{name}" if (REPOSITORY / "src" / "carewright" / top).is_dir() else name


def _reported(imported: str) -> str:
    full = module(imported)
    return full if full.startswith("carewright.") else full.partition(".")[0]


def plant(folder: Path, importer: str, imported: str) -> None:
    """Add `import imported` to `importer` in the copy of the tree under `folder`."""
    tree = folder / "carewright"
    if not tree.exists():
        shutil.copytree(REPOSITORY / "src" / "carewright", tree, ignore=shutil.ignore_patterns("__pycache__"))
    if module(imported).startswith("carewright."):
        _file(tree, imported)
    file = _file(tree, importer)
    file.write_text(f"{file.read_text()}\nimport {module(imported)}\n")


def _file(tree: Path, name: str) -> Path:
    """The file of a module, made with its packages if it is not there."""
    *parents, last = name.split(".")
    package = tree
    for parent in parents:
        package /= parent
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
    if (package / last).is_dir():
        return package / last / "__init__.py"
    file = package / f"{last}.py"
    file.touch()
    return file


def lint(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports with the house's contracts over the package that lies in `source`."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            *("--config", CONFIGURATION, "--no-cache", "--no-logo"),
            *arguments,
        ],
        cwd=source,  # lint-imports puts its working directory first on the path
        env={**os.environ, "COLUMNS": "1000"},  # no line of the report is wrapped
        capture_output=True,
        text=True,
        check=False,
    )
