import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from carewright.project.environment import (
    VARIABLES,
    BadEnvironment,
    Environment,
    django_database,
    kept_secret_key,
)


def test_the_defaults_are_the_safe_ones(tmp_path: Path) -> None:
    environment = Environment.read({"CARE_DATA_DIR": str(tmp_path / "new" / "data")})
    assert not environment.debug
    assert not environment.trust_proxy
    assert environment.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert stat.S_IMODE(environment.data_dir.stat().st_mode) == 0o700


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = Environment.read({"CARE_DATA_DIR": str(tmp_path)}).secret_key
    assert len(first) >= 50
    assert Environment.read({"CARE_DATA_DIR": str(tmp_path)}).secret_key == first
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert Environment.read({"CARE_DATA_DIR": str(tmp_path), "CARE_SECRET_KEY": "given"}).secret_key == "given"


def test_processes_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        keys = set(pool.map(kept_secret_key, [tmp_path] * 8))
    assert len(keys) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("secret-key.")]


def test_hosts_are_a_list_with_commas(tmp_path: Path) -> None:
    read = Environment.read({"CARE_DATA_DIR": str(tmp_path), "CARE_ALLOWED_HOSTS": "clinic.example, 10.0.0.4,"})
    assert read.allowed_hosts == ("clinic.example", "10.0.0.4")


@pytest.mark.parametrize(("written", "meant"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("", False)])
def test_switches(tmp_path: Path, written: str, meant: bool) -> None:
    assert Environment.read({"CARE_DATA_DIR": str(tmp_path), "CARE_DEBUG": written}).debug is meant


def test_a_switch_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadEnvironment, match="CARE_DEBUG"):
        Environment.read({"CARE_DATA_DIR": str(tmp_path), "CARE_DEBUG": "maybe"})


def test_without_an_address_django_has_its_own_sqlite_file(tmp_path: Path) -> None:
    assert django_database("", tmp_path)["NAME"] == tmp_path / "django.sqlite3"


def test_a_postgresql_address_is_taken_apart(tmp_path: Path) -> None:
    database = django_database("postgresql://care%40x:p%2Fw@db.example:5433/clinic", tmp_path)
    assert (database["USER"], database["PASSWORD"], database["HOST"], database["PORT"], database["NAME"]) == (
        "care@x",
        "p/w",
        "db.example",
        "5433",
        "clinic",
    )
    assert database["OPTIONS"]["options"] == "-c search_path=django"


@pytest.mark.parametrize("url", ["mysql://h/d", "postgresql://host", "nonsense"])
def test_another_address_is_refused_without_repeating_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadEnvironment) as caught:
        django_database(url, tmp_path)
    assert url not in str(caught.value)


def test_every_variable_is_explained() -> None:
    assert all(name.startswith("CARE_") and doc.endswith(".") for name, doc in VARIABLES.items())
