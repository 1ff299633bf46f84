"""Two practices × every role × four situations × everything that can be read: zero leaks. And the other half: with
the predicate taken out of any one sub-select, the matrix finds a leak, so none of them is there for nothing.
"""

import sys
from collections.abc import Callable, Iterator

import pytest

from carewright.core.access.model import Access, Role
from carewright.core.store.search.scope import PLACES, Scope
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from tests.access_matrix import clinic
from tests.access_matrix.probes import Twins, full_access, leaks

Site = tuple[str, str, int]
Where = Callable[[Scope, str, str], Sql]
ORIGINAL: Where = Scope.where


@pytest.mark.parametrize("practice", ["a-practice", "b-practice"])
@pytest.mark.parametrize("source", ["product", "declared"])
@pytest.mark.parametrize("role", list(Role))
def test_no_role_sees_more_than_its_own(matrix: Store, twins: Twins, role: Role, source: str, practice: str) -> None:
    grants = clinic.grants_of(role, source)
    for situation, access in clinic.accesses(practice, grants).items():
        found = list(leaks(matrix, access, twins))
        assert found == [], situation


def test_who_may_do_nothing_sees_nothing(matrix: Store, twins: Twins) -> None:
    assert list(leaks(matrix, full_access("a-practice", grants={}), twins)) == []


# -- the predicate taken away, one place at a time --------------------------------------------------------------------


def situations() -> list[Access]:
    return [
        access
        for practice in ("a-practice", "b-practice")
        for access in clinic.accesses(practice, full_access(practice).grants).values()
    ]


def site_of(place: str) -> Site:
    """Where in the code a predicate was asked for: the place, the function and the line."""
    frame = sys._getframe(2)
    return place, frame.f_code.co_name, frame.f_lineno


def sites(store: Store, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> list[Site]:
    """Every spot in the code that puts a predicate into some statement of the matrix."""
    found: dict[Site, None] = {}

    def recording(scope: Scope, alias: str, place: str) -> Sql:
        found[site_of(place)] = None
        return ORIGINAL(scope, alias, place)

    with monkeypatch.context() as patched:
        patched.setattr(Scope, "where", recording)
        for access in situations():
            list(leaks(store, access, twins))
    return sorted(found)


def without(site: Site) -> Where:
    """`Scope.where` that forgets the predicate, the practice included, at one site."""

    def forgetful(scope: Scope, alias: str, place: str) -> Sql:
        return Sql("1=1") if site_of(place) == site else ORIGINAL(scope, alias, place)

    return forgetful


def leaks_without(store: Store, twins: Twins, site: Site, accesses: list[Access]) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Scope, "where", without(site))
        for access in accesses:
            yield from leaks(store, access, twins)


def test_every_place_is_used_and_every_site_leaks_without_its_predicate(
    sqlite_matrix: Store, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = sites(sqlite_matrix, twins, monkeypatch)
    assert {place for place, _, _ in used} == set(PLACES)
    tight = [s for s in used if next(leaks_without(sqlite_matrix, twins, s, situations()), None) is None]
    assert tight == [], "the predicate stands here for nothing, or the matrix does not look"


@pytest.mark.postgresql
def test_row_level_security_keeps_the_practices_apart_without_any_predicate(
    postgresql_matrix: Store, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [full_access("a-practice"), full_access("b-practice")]
    for site in sites(postgresql_matrix, twins, monkeypatch):
        assert list(leaks_without(postgresql_matrix, twins, site, everybody[:1])) == [], site
    monkeypatch.setattr(Scope, "where", lambda scope, alias, place: Sql("1=1"))
    for access in everybody:
        assert list(leaks(postgresql_matrix, access, twins)) == []


@pytest.mark.postgresql
def test_row_level_security_is_no_substitute_inside_a_practice(postgresql_matrix: Store, twins: Twins) -> None:
    """It keeps practices apart; labels and one patient's records are the predicate's work alone."""
    site = next(s for s in _sites_of_match(postgresql_matrix, twins))
    confined = clinic.accesses("a-practice", full_access("a-practice").grants)["one patient, no labels"]
    assert list(leaks_without(postgresql_matrix, twins, site, [confined]))


def _sites_of_match(store: Store, twins: Twins) -> list[Site]:
    with pytest.MonkeyPatch.context() as patched:
        return [site for site in sites(store, twins, patched) if site[0] == "match"]
