"""The test harness itself: what is missing is said, and the check does not let a skip through."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page

from tests import postgresql_server
from tests.postgresql_server import Database

REPOSITORY = Path(__file__).resolve().parents[2]

PASSES = "def test_passes(): assert True\n"
SKIPS = "import pytest\n\ndef test_skips(): pytest.skip('for a reason')\n"
SKIPS_WHOLE_FILE = "import pytest\n\npytest.skip('the file', allow_module_level=True)\n"
NEEDS_CHROMIUM = "def test_page(chromium_path): assert chromium_path\n"
NEEDS_DATA = "def test_data_is_there(test_data): assert test_data.is_dir()\n"
UNUSED_SERVER = {"CARE_TEST_DATABASE_URL": "unused"}
NEEDS_POSTGRESQL = "import pytest\n\n@pytest.mark.postgresql\ndef test_server(): assert True\n"


def run_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a pytest of its own over `folder` with the product's plugins."""
    (folder / "conftest.py").write_text('pytest_plugins = ("tests.needs", "tests.databases")\n')
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  postgresql: x\n  browser: x\n  strace: x\n  test_data: x\n  slow: x\n"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARE_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist.plugin", "-p", "no:cacheprovider", *arguments, str(folder)],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_skip_passes_by_itself_and_fails_the_check(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_one.py").write_text(PASSES + SKIPS)
    arguments = ("-n", workers)
    bare = run_pytest(tmp_path, *arguments, **UNUSED_SERVER)
    assert bare.returncode == 0, bare.stdout
    assert "1 skipped: for a reason" in bare.stdout
    checked = run_pytest(tmp_path, *arguments, CARE_REQUIRE_ALL="1", **UNUSED_SERVER)
    assert checked.returncode == 1, checked.stdout
    assert "does not count as passed: a test was skipped" in checked.stdout
    assert checked.stdout.strip().splitlines()[-1].startswith("=")
    assert "1 passed, 1 skipped" in checked.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_file_that_skips_itself_fails_the_check(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_one.py").write_text(PASSES)
    (tmp_path / "test_two.py").write_text(SKIPS_WHOLE_FILE)
    checked = run_pytest(tmp_path, "-n", workers, CARE_REQUIRE_ALL="1", **UNUSED_SERVER)
    assert checked.returncode == 1, checked.stdout
    assert "a whole file: the file" in checked.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        PASSES + "import pytest\n\n@pytest.mark.xfail(strict=True)\ndef test_known(): assert False\n"
    )
    checked = run_pytest(tmp_path, CARE_REQUIRE_ALL="1", **UNUSED_SERVER)
    assert "1 passed, 1 xfailed" in checked.stdout
    assert "a test was skipped" not in checked.stdout


def test_nothing_executed_fails_the_check(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(PASSES)
    checked = run_pytest(tmp_path, "-k", "no_such_test", CARE_REQUIRE_ALL="1", **UNUSED_SERVER)
    assert checked.returncode != 0
    assert "no test was executed" in checked.stdout


def test_missing_test_data_fails_the_check_even_if_no_test_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(PASSES)
    absent = tmp_path / "absent"
    checked = run_pytest(tmp_path, CARE_REQUIRE_ALL="1", CARE_TEST_DATA=str(absent), **UNUSED_SERVER)
    assert checked.returncode == 1
    assert f"no test data in {absent}" in checked.stdout


def test_what_is_missing_is_said_in_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(NEEDS_CHROMIUM + NEEDS_DATA + NEEDS_POSTGRESQL)
    (tmp_path / "hide.py").write_text(
        "from pathlib import Path\nfrom tests import postgresql_server\n"
        "postgresql_server.INSTALLED_UNDER = Path('/nonexistent')\n"
    )
    bare = run_pytest(
        tmp_path, "-p", "hide", CARE_TEST_DATA=str(tmp_path), PATH="", PYTHONPATH=f"{REPOSITORY}:{tmp_path}"
    )
    assert bare.returncode == 0, bare.stdout
    assert "1 skipped: no chromium" in bare.stdout
    assert f"1 skipped: no test data in {tmp_path}" in bare.stdout
    assert "1 skipped: no PostgreSQL" in bare.stdout
    assert "3 skipped" in bare.stdout.strip().splitlines()[-1]


def test_long_proofs_run_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(PASSES + "import pytest\n\n@pytest.mark.slow\ndef test_long(): assert True\n")
    assert "1 passed, 1 deselected" in run_pytest(tmp_path, **UNUSED_SERVER).stdout
    assert "1 passed, 1 deselected" in run_pytest(tmp_path, "-m", "slow", **UNUSED_SERVER).stdout


def test_the_two_logins_of_a_database(fresh_postgresql: Database) -> None:
    with psycopg.connect(fresh_postgresql.owner_url) as owner:
        owner.execute("CREATE TABLE kept (word text)")
        owner.execute("ALTER TABLE kept ENABLE ROW LEVEL SECURITY")
        owner.execute("INSERT INTO kept VALUES ('b'), ('A')")
        owner.execute(f"GRANT SELECT ON kept TO {fresh_postgresql.app}")
    with psycopg.connect(fresh_postgresql.app_url) as app:
        role = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert app.execute(role).fetchone() == (False, False, False, False)
        assert app.execute("SELECT count(*) FROM kept").fetchone() == (0,), "row-level security holds for it"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (word text)")


def test_the_server_syncs_what_it_acknowledges(postgresql_server_url: str) -> None:
    with psycopg.connect(postgresql_server_url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() == ("on",)


@pytest.mark.postgresql
def test_a_server_of_our_own_collates_by_language_and_leaves_nothing_behind() -> None:
    if postgresql_server.binaries() is None:
        pytest.skip("no PostgreSQL of our own to start (apt-get install postgresql)")
    with postgresql_server.postgresql_server() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 'a' < 'B', 'a' COLLATE \"C\" < 'B'").fetchone() == (True, False)
        data = connection.execute("SELECT current_setting('data_directory')").fetchone()
    assert data is not None
    assert not Path(data[0]).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_the_browser_starts(page: Page) -> None:
    page.set_content("<title>Carewright</title>")
    assert page.title() == "Carewright"
