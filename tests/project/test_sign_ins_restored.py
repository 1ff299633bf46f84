"""After a restore into an empty installation the staff sign in as before, on either engine; nobody stays signed in."""

import json
import shutil
import zipfile
from pathlib import Path

import httpx
import pytest

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.store import archive
from tests.postgresql_server import Database
from tests.project.processes import command, commands, environment, free_port, running, wait_for_health

HEADER_BYTES = 30
"""What stands in a zip before the name of each of its files, beside the name."""
STAFF = (
    {"resourceType": "Practitioner", "id": "dana", "name": [{"family": "Cole"}]},
    {"resourceType": "Practitioner", "id": "kim", "name": [{"family": "Park"}]},
    {
        "resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/dana"},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "ma"}]}],
    },
)  # fmt: skip
SECOND_FACTOR = """
from allauth.mfa.models import Authenticator
from carewright.shell.accounts import services
from carewright.shell.accounts.models import User
dana = User.objects.get(username="dana")
dana.must_change_password = False
dana.save()
services.set_pin(dana, "2580")
Authenticator.objects.create(user=User.objects.get(username="kim"), type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
"""


def staffed(env: dict[str, str], folder: Path) -> tuple[Path, str]:
    """Put two people who may sign in into an installation; its backup, and the password of one."""
    staff, path = folder / "staff.ndjson", folder / "b.zip"
    staff.write_text("\n".join(map(json.dumps, STAFF)))
    printed = commands(
        ["import", str(staff)],
        ["user", "add", "kim", "--practitioner", "kim"],
        ["user", "disable", "kim"],
        ["user", "add", "dana", "--practitioner", "dana"],
        env=env,
        then=SECOND_FACTOR,
    )
    command("backup", "--out", str(path), env=env)
    return path, printed.split()[-1]


def sign_in(port: int, name: str, password: str) -> httpx.Response:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
        browser.get("/sign-in")
        form = {"login": name, "password": password, "csrfmiddlewaretoken": browser.cookies["care_csrf"]}
        return browser.post("/sign-in", data=form, headers={"Referer": f"http://127.0.0.1:{port}/sign-in"})


def on_postgresql(database: Database, folder: Path) -> dict[str, str]:
    env = environment(folder, CARE_DATABASE_URL=database.app_url, CARE_DATABASE_OWNER_URL=database.owner_url)
    command("migrate", env=env)
    return env


@pytest.mark.postgresql
def test_the_staff_sign_in_as_before(fresh_postgresql: Database, tmp_path: Path, migrated_folder: Path) -> None:
    """From SQLite to PostgreSQL, and from there to SQLite again."""
    shutil.copytree(migrated_folder, tmp_path / "source")
    path, password = staffed(environment(tmp_path / "source"), tmp_path)
    there = on_postgresql(fresh_postgresql, tmp_path / "there")
    second, third = tmp_path / "second.zip", tmp_path / "third.zip"
    said = commands(["restore", str(path)], ["backup", "--out", str(second)], env=there)
    assert "2 people may sign in" in said
    port = free_port()
    with running("serve", "--port", str(port), env=there) as server:
        wait_for_health(port, server)
        assert sign_in(port, "dana", password).status_code == 302
        assert sign_in(port, "dana", "something else").status_code == 200
    back = environment(tmp_path / "back")
    commands(["restore", str(second)], ["backup", "--out", str(third)], env=back)
    first, *others = (list(archive.records(file, "sign_in")) for file in (path, second, third))
    assert others == [first, first]
    dana, kim = first
    assert dana["pin_hash"].startswith("argon2")
    assert (kim["is_active"], [factor["type"] for factor in kim["second_factors"]]) == (False, ["totp"])
    with zipfile.ZipFile(path) as file:
        assert not {"session.ndjson", "draft.ndjson"} & set(file.namelist())


def test_a_damaged_backup_touches_nothing(tmp_path: Path, migrated_folder: Path) -> None:
    whole = tmp_path / "b.zip"
    shutil.copytree(migrated_folder, tmp_path / "source")
    source = environment(tmp_path / "source")
    commands(["migrate", "--practice", "main"], ["backup", "--out", str(whole)], env=source)
    damaged = tmp_path / "damaged.zip"
    data = bytearray(whole.read_bytes())
    with zipfile.ZipFile(whole) as archive:
        largest = max(archive.infolist(), key=lambda one: one.compress_size)
    data[largest.header_offset + HEADER_BYTES + len(largest.filename) + largest.compress_size // 2] ^= 0xFF
    damaged.write_bytes(data)
    done = command("restore", "--data-dir", str(tmp_path / "new"), str(damaged), env=environment(tmp_path), code=2)
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "new" / "care.sqlite3").exists()


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_a_restore_that_is_killed_leaves_nothing_and_is_simply_done_again(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_folder: Path, engine: str
) -> None:
    for name in ("source", "target"):
        shutil.copytree(migrated_folder, tmp_path / name)
    source, target = environment(tmp_path / "source"), environment(tmp_path / "target")
    if engine == "postgresql":
        target = on_postgresql(request.getfixturevalue("fresh_postgresql"), tmp_path / "target")
    patients, path = tmp_path / "p.ndjson", tmp_path / "b.zip"
    patients.write_text("\n".join(f'{{"resourceType":"Patient","id":"p{n}"}}' for n in range(3000)))
    commands(["import", str(patients)], ["backup", "--out", str(path)], env=source)
    killed = f"""
import os
from carewright.core.store import restore
restore._check_counts = lambda *_: os.kill(os.getpid(), 9)  # all is written, nothing is committed
main(["restore", {str(path)!r}])
"""
    with pytest.raises(AssertionError):
        commands(env=target, then=killed)
    assert "no practice" in command("export", "--out", str(tmp_path / "x"), env=target, code=2).stderr
    assert "3000 versions" in command("restore", str(path), env=target).stdout
