"""The command line: what a stranger reads, and that a mistake is one line and exit code 2."""

import json
import shutil
from pathlib import Path

import pytest

from carewright.core.store import schema
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project import wiring
from carewright.project.cli import COMMANDS, main
from carewright.project.cli.doctor_command import Level, examine
from carewright.project.cli.explain_command import explanation
from carewright.project.environment import Environment
from tests.postgresql_server import Database

PATIENT = '{"resourceType":"Patient","id":"ada","name":[{"family":"Okafor"}]}'


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty data folder that the environment names, and no other CARE_ setting."""
    for name in ("CARE_DATABASE_URL", "CARE_DATABASE_OWNER_URL", "CARE_AUDIT_ANCHOR", "CARE_CLOCK_OFFSET"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("CARE_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def migrated(installation: Path, migrated_folder: Path) -> Path:
    """The data folder with its databases in it."""
    shutil.copytree(migrated_folder, installation, dirs_exist_ok=True)
    return installation


@pytest.fixture
def patient_file(tmp_path: Path) -> str:
    path = tmp_path / "patient.json"
    path.write_text(PATIENT)
    return str(path)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that fails."""
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("carewright: ")
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"usage: carewright {command}" in said
    assert len(said.split("\n\n")[1]) > 40


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert [command for command in COMMANDS if f"\n    {command} " not in said] == []


def test_commands_without_a_database_say_what_makes_one(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["export", "--out", "x"], ["backup"], ["reindex"], ["audit", "verify"], ["worker"], ["serve"]):
        assert "carewright migrate" in complaint(capsys, *command)


@pytest.mark.usefixtures("migrated")
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, patient_file: str) -> None:
    assert main(["import", patient_file]) == 0
    capsys.readouterr()
    assert "nowhere.json cannot be read: No such file" in complaint(capsys, "import", str(tmp_path / "nowhere.json"))
    assert "65535" in complaint(capsys, "serve", "--port", "99999")
    assert "no address of this machine" in complaint(capsys, "serve", "--host", "192.0.2.1", "--port", "8399")
    assert "no practice 'nobody'" in complaint(capsys, "export", "--practice", "nobody", "--out", str(tmp_path / "o"))
    assert "There is no projection 'nothing'" in complaint(capsys, "reindex", "nothing")
    assert "is not there" in complaint(capsys, "restore", str(tmp_path / "nowhere.zip"))
    assert "not a backup" in complaint(capsys, "restore", patient_file)
    assert "Did you mean Observation" in complaint(capsys, "explain", "Obsrvation")
    assert "SQLite serves from one process" in complaint(capsys, "serve", "--workers", "2")
    assert "short word" in complaint(capsys, "migrate", "--practice", "../x")


def test_a_damaged_database_is_named_with_what_helps(capsys: pytest.CaptureFixture[str], migrated: Path) -> None:
    (migrated / "care.sqlite3").write_bytes(b"no database at all" * 1000)
    for command in (["audit", "verify"], ["export", "--out", str(migrated / "x")], ["migrate"], ["serve"]):
        assert "carewright restore" in complaint(capsys, *command)
    store = wiring.open_store(Environment.read())
    broken = [finding.words for finding in examine(Environment.read(), store) if finding.level is Level.BROKEN]
    store.close()
    assert any("newest backup" in words for words in broken)


def test_a_bad_setting_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_DATABASE_URL", "mysql://somewhere/x")
    assert "postgresql://" in complaint(capsys, "export", "--out", "x")
    monkeypatch.setenv("CARE_DATABASE_URL", "")
    monkeypatch.setenv("CARE_CLOCK_OFFSET", "soon")
    assert "CARE_CLOCK_OFFSET" in complaint(capsys, "doctor")


def test_from_import_to_backup_to_another_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, patient_file: str, migrated: Path, migrated_folder: Path
) -> None:
    assert main(["import", patient_file]) == 0
    assert "1 entries, 1 distinct resources" in capsys.readouterr().out
    (report,) = (migrated / "import").glob("report-*.json")
    assert json.loads(report.read_text())["done"] == {"created": 1}
    assert main(["audit", "seal"]) == 0
    assert main(["backup", "--out", str(tmp_path / "b.zip")]) == 0
    for other in ("other", "third"):
        shutil.copytree(migrated_folder, tmp_path / other)
    assert main(["restore", "--data-dir", str(tmp_path / "other"), str(tmp_path / "b.zip")]) == 0
    assert "chain is whole" in capsys.readouterr().out
    assert main(["export", "--out", str(tmp_path / "out")]) == 0
    assert b'"id":"ada"' in (tmp_path / "out" / "Patient.ndjson").read_bytes()
    assert main(["restore", "--data-dir", str(tmp_path / "third"), str(tmp_path / "out")]) == 0
    assert main(["audit", "verify"]) == 0
    assert main(["reindex"]) == 0
    assert "differ" not in capsys.readouterr().out.replace("different", "")


@pytest.mark.usefixtures("migrated")
def test_a_backup_is_never_written_over(capsys: pytest.CaptureFixture[str], tmp_path: Path, patient_file: str) -> None:
    main(["import", patient_file])
    main(["backup", "--out", str(tmp_path / "b.zip")])
    capsys.readouterr()
    assert "is there already" in complaint(capsys, "backup", "--out", str(tmp_path / "b.zip"))


@pytest.mark.usefixtures("migrated")
def test_several_practices_must_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["migrate", "--practice", "north", "--name", "North"]) == 0
    assert main(["migrate", "--practice", "south"]) == 0
    capsys.readouterr()
    assert "north, south" in complaint(capsys, "export", "--out", str(tmp_path / "o"))


@pytest.mark.postgresql
def test_the_same_commands_work_on_postgresql(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    patient_file: str,
    fresh_postgresql: Database,
) -> None:
    monkeypatch.setenv("CARE_DATABASE_URL", fresh_postgresql.app_url)
    monkeypatch.setenv("CARE_DATABASE_OWNER_URL", fresh_postgresql.owner_url)
    assert main(["migrate", "--practice", "main"]) == 0
    assert main(["migrate"]) == 0
    assert "nothing to do" in capsys.readouterr().err
    assert main(["import", patient_file]) == 0
    assert main(["audit", "seal"]) == 0
    assert main(["doctor"]) == 0
    assert main(["backup", "--out", str(tmp_path / "b.zip")]) == 0
    monkeypatch.setenv("CARE_DATABASE_URL", "")
    monkeypatch.setenv("CARE_DATABASE_OWNER_URL", "")
    assert main(["restore", "--data-dir", str(tmp_path / "sqlite"), str(tmp_path / "b.zip")]) == 0
    assert "chain is whole" in capsys.readouterr().out


def words(found: list[tuple[Level, str]], level: Level) -> str:
    return " ".join(words for at, words in found if at is level)


def examined() -> list[tuple[Level, str]]:
    environment = Environment.read()
    store = wiring.open_store(environment)
    try:
        return [(finding.level, finding.words) for finding in examine(environment, store)]
    finally:
        store.close()


def test_the_doctor_says_what_is_missing(patient_file: str) -> None:
    assert "There is no database yet" in words(examined(), Level.BROKEN)
    main(["import", patient_file])
    found = examined()
    assert words(found, Level.BROKEN) == ""
    assert "CARE_AUDIT_ANCHOR" in words(found, Level.WARNING)


@pytest.mark.usefixtures("migrated")
def test_the_doctor_sees_a_projection_that_does_not_agree(patient_file: str) -> None:
    main(["import", patient_file])
    environment = Environment.read()
    store: Store = wiring.open_store(environment)
    with store.driver.writing("main") as connection:
        connection.execute(Sql(f"DELETE FROM {schema.STRING.name} WHERE practice = 'main'"))  # noqa: S608
    store.close()
    assert "Run carewright reindex search" in words(examined(), Level.BROKEN)
    assert main(["reindex", "--check", "search"]) == 1
    assert main(["reindex", "search"]) == 0
    assert words(examined(), Level.BROKEN) == ""


def test_explain_tells_everything_about_a_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Observation"]) == 0
    said = capsys.readouterr().out
    for title in ("Guards", "Effects", "Reactions", "Projections", "Permissions", "Search parameters", "Codes"):
        assert f"\n{title}" in said
    assert "Observation.status" in said
    assert "http://hl7.org/fhir/ValueSet/observation-status" in said


@pytest.mark.parametrize("resource_type", ["Patient", "Encounter", "Task", "Basic"])
def test_explain_names_every_hook_that_is_declared(resource_type: str) -> None:
    registry = wiring.registry()
    said = "\n".join(explanation(registry, resource_type))
    names = [hook.name for hook in registry.guards_for(resource_type)]
    names += [hook.name for hook in registry.effects_for(resource_type)]
    names += [hook.name for hook in registry.projections_for(resource_type)]
    assert [name for name in names if name not in said] == []
