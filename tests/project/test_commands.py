"""The command line: what a stranger reads, and that a mistake is one line and exit code 2."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from carewright.core.store import schema
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project import wiring
from carewright.project.cli import COMMANDS, main
from carewright.project.cli.doctor_command import examine
from carewright.project.cli.explain_command import explanation
from carewright.project.environment import Environment
from carewright.project.findings import Level
from tests.postgresql_server import Database
from tests.project.processes import command, commands, environment, free_port

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


def test_help_is_a_word_too(capsys: pytest.CaptureFixture[str]) -> None:
    for line, title in ((["help"], "usage: carewright [-h]"), (["help", "import"], "usage: carewright import")):
        with pytest.raises(SystemExit):
            main(line)
        assert capsys.readouterr().out.startswith(title)


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert [command for command in COMMANDS if f"\n    {command} " not in said] == []


def test_commands_without_a_database_say_what_makes_one(capsys: pytest.CaptureFixture[str]) -> None:
    for line in (["export", "--out", "x"], ["backup"], ["reindex"], ["audit", "verify"], ["worker"], ["serve"]):
        assert "carewright migrate" in complaint(capsys, *line)


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
    assert "--practice KEY" in complaint(capsys, "migrate", "--name", "North")
    assert "from 1 to" in complaint(capsys, "serve", "--port", "0")
    assert "names a folder" in complaint(capsys, "export", "--out", patient_file)
    assert "No such file" in complaint(capsys, "import", "--report", "/proc/nowhere/x", patient_file)


@pytest.mark.usefixtures("migrated")
def test_programs_of_others_are_registered_listed_and_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    main(["migrate", "--practice", "main", "--name", "Main"])
    capsys.readouterr()
    asked = ["--kind", "secret", "--scope", "patient/*.rs", "--redirect", "https://app.example/back"]
    assert main(["client", "add", "Growth", *asked]) == 0
    client, secret = capsys.readouterr().out.split()
    assert len(secret) > 40
    assert main(["client", "list"]) == 0
    listed = capsys.readouterr().out
    assert f"{client}   secret   Growth: patient/*.rs" in listed
    assert secret not in listed
    assert "Name the client" in complaint(capsys, "client", "disable")
    assert "--kind and --scope" in complaint(capsys, "client", "add", "Growth")
    assert "Give the public keys" in complaint(
        capsys, "client", "add", "W", "--kind", "backend", "--scope", "system/*.rs"
    )
    assert "no resource type X" in complaint(capsys, "client", "add", "W", "--kind", "public", "--scope", "user/Xx.rs")
    assert main(["client", "disable", client]) == 0
    assert "(disabled)" in (main(["client", "list"]), capsys.readouterr().out)[1]
    assert "that is enabled" in complaint(capsys, "client", "disable", client)


def test_a_damaged_database_is_named_with_what_helps(capsys: pytest.CaptureFixture[str], migrated: Path) -> None:
    (migrated / "care.sqlite3").write_bytes(b"no database at all" * 1000)
    for line in (["audit", "verify"], ["export", "--out", str(migrated / "x")], ["migrate"], ["serve"]):
        assert "carewright restore" in complaint(capsys, *line)
    store = wiring.open_store(Environment.read())
    broken = [finding.words for finding in examine(Environment.read(), store) if finding.level is Level.BROKEN]
    store.close()
    assert any("newest backup" in words for words in broken)


@pytest.mark.postgresql
def test_a_database_that_cannot_be_reached_says_which_setting_and_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fresh_postgresql: Database
) -> None:
    url = fresh_postgresql.app_url
    password = url.split("@")[0].rpartition(":")[2]
    for wrong, words in (
        (url.replace(password, "wrong"), "refuses the user name or the password"),
        (url + "x", "no database or user of that name"),
        (f"postgresql://care:secret@127.0.0.1:{free_port()}/care", "Nothing listens"),
        ("postgresql://care:secret@host:port/care", "has the form"),
        (url, "no tables"),
    ):
        monkeypatch.setenv("CARE_DATABASE_URL", wrong)
        said = complaint(capsys, "serve")
        assert "CARE_DATABASE_URL" in said
        assert words in said
        assert "secret" not in said
        assert password not in said
    assert "CARE_DATABASE_OWNER_URL" in complaint(capsys, "migrate")
    monkeypatch.setenv("CARE_DATABASE_OWNER_URL", f"postgresql://care:secret@127.0.0.1:{free_port()}/care")
    assert "(CARE_DATABASE_OWNER_URL)" in complaint(capsys, "migrate")


def test_a_folder_that_is_not_there_is_not_made_by_looking(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no database" in complaint(capsys, "export", "--data-dir", str(tmp_path / "typo"), "--out", "x")
    assert not (tmp_path / "typo").exists()


def test_a_place_that_cannot_be_written_is_said_with_what_helps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(self: Path, *more: object, **others: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    assert "Read-only file system. Name a place" in complaint(capsys, "demo", "--data-dir", str(tmp_path / "d"))


def test_a_bad_setting_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_DATABASE_URL", "mysql://somewhere/x")
    assert "postgresql://" in complaint(capsys, "export", "--out", "x")
    monkeypatch.setenv("CARE_DATABASE_URL", "")
    monkeypatch.setenv("CARE_CLOCK_OFFSET", "soon")
    assert "CARE_CLOCK_OFFSET" in complaint(capsys, "doctor")


def test_from_import_to_backup_to_another_folder(tmp_path: Path, patient_file: str, migrated_folder: Path) -> None:
    for name in ("first", "other", "third"):
        shutil.copytree(migrated_folder, tmp_path / name)
    first, other, third = (environment(tmp_path / name) for name in ("first", "other", "third"))
    backup = tmp_path / "b.zip"
    commands(["import", patient_file], ["audit", "seal"], ["backup", "--out", str(backup)], env=first)
    (report,) = (tmp_path / "first" / "import").glob("report-*.json")
    assert json.loads(report.read_text())["done"] == {"created": 1}
    said = commands(["restore", str(backup)], ["export", "--out", str(tmp_path / "out")], env=other)
    assert "chain is whole" in said
    assert b'"id":"ada"' in (tmp_path / "out" / "Patient.ndjson").read_bytes()
    said = commands(["restore", str(tmp_path / "out")], ["audit", "verify"], ["reindex"], env=third)
    assert "differ" not in said
    assert "is there already" in command("backup", "--out", str(backup), env=first, code=2).stderr


@pytest.mark.usefixtures("migrated")
def test_several_practices_must_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["migrate", "--practice", "north", "--name", "North"]) == 0
    assert main(["migrate", "--practice", "south"]) == 0
    capsys.readouterr()
    assert "north, south" in complaint(capsys, "export", "--out", str(tmp_path / "o"))


@pytest.mark.postgresql
def test_the_same_commands_work_on_postgresql(tmp_path: Path, patient_file: str, fresh_postgresql: Database) -> None:
    urls = {"CARE_DATABASE_URL": fresh_postgresql.app_url, "CARE_DATABASE_OWNER_URL": fresh_postgresql.owner_url}
    there, backup = environment(tmp_path / "there", **urls), tmp_path / "b.zip"
    command("migrate", "--practice", "main", env=there)
    assert "nothing to do" in command("migrate", env=there).stderr
    commands(["import", patient_file], ["audit", "seal"], ["doctor"], ["backup", "--out", str(backup)], env=there)
    assert "chain is whole" in command("restore", str(backup), env=environment(tmp_path / "sqlite")).stdout


def words(found: list[tuple[Level, str]], level: Level) -> str:
    return " ".join(words for at, words in found if at is level)


def examined() -> list[tuple[Level, str]]:
    found = Environment.read()
    store = wiring.open_store(found)
    try:
        return [(finding.level, finding.words) for finding in examine(found, store)]
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
    found = Environment.read()
    store: Store = wiring.open_store(found)
    with store.driver.writing("main") as connection:
        connection.execute(Sql(f"DELETE FROM {schema.STRING.name} WHERE practice = 'main'"))  # noqa: S608 - the table is named here, not asked for
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
