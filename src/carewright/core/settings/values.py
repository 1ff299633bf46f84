"""Reading and writing settings: the narrowest value counts, every change is a version with its audit row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from carewright.core.access.model import Access
from carewright.core.audit.records import Action, record
from carewright.core.clock import wall_now
from carewright.core.settings.manifest import CHANGE
from carewright.core.settings.model import BadSetting, Level, Setting
from carewright.core.store import setting_rows
from carewright.core.store.model import Origin, StoreError
from carewright.core.store.setting_rows import SettingRow

if TYPE_CHECKING:
    from carewright.core.store.store import Store

T = TypeVar("T")
NO_VALUE = "null"


class SettingChanged(StoreError):
    """Somebody else changed the setting since it was read."""

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' has been changed since you opened it.")


def practice_scope() -> str:
    return Level.PRACTICE.value


def site_scope(site: str) -> str:
    return f"{Level.SITE.value}/{site}"


def user_scope(reference: str) -> str:
    """The scope of one person: `reference` is `Practitioner/…`."""
    return f"{Level.USER.value}/{reference}"


def get(store: "Store", setting: Setting[T], access: Access) -> T:
    """The value that counts for this person at this site: theirs, the site's, the practice's, else the default."""
    with store.driver.reading(access.practice) as connection:
        found = setting_rows.newest(connection, access.practice, scopes=_scopes(setting, access), names=[setting.name])
    return resolve(setting, found, scopes=_scopes(setting, access))


def resolve(setting: Setting[T], rows: Sequence[SettingRow], *, scopes: Sequence[str]) -> T:
    """The value of the first of `scopes` (narrowest first) that has one, else the default.

    A kept value that the setting no longer accepts does not count: the product goes on with the next one.
    """
    by_scope = {row.scope: row for row in rows if row.name == setting.name and row.value != NO_VALUE}
    for scope in scopes:
        if scope in by_scope:
            try:
                return setting.decoded(by_scope[scope].value)
            except BadSetting:
                continue
    return setting.default


def change(
    store: "Store", setting: Setting[T], access: Access, *, scope: str, value: T | None, version: int | None = None
) -> int:
    """Give `scope` a value, or None for "as the wider level says"; the number of the new version.

    `version` is the one that was read (0: there was none; None: whichever). BadSetting, SettingChanged, AccessDenied.
    """
    _require_level(setting, scope)
    if scope != user_scope(access.actor.reference):
        access.require_action(CHANGE)
    text = NO_VALUE if value is None else setting.encoded(value)
    now = wall_now()
    with store.driver.writing(access.practice) as connection:
        setting_rows.lock(connection, access.practice, scope=scope, name=setting.name)
        standing = setting_rows.newest(connection, access.practice, scopes=[scope], names=[setting.name])
        number = standing[0].version if standing else 0
        if version is not None and version != number:
            raise SettingChanged(setting.name)
        row = SettingRow(
            scope=scope, name=setting.name, version=number + 1, value=text, actor=access.actor.reference, at=now
        )
        detail = {"setting": setting.name, "scope": scope, "version": row.version}
        audit = record(access, at=now, action=Action.UPDATE, reason=CHANGE, origin=Origin.SCREEN.value, detail=detail)
        setting_rows.add(connection, row, audit=audit)
    return row.version


def history(store: "Store", setting: Setting[T], access: Access, *, scope: str) -> list[SettingRow]:
    """Every version of the setting in one scope, newest first: who chose what and when."""
    with store.driver.reading(access.practice) as connection:
        return setting_rows.history(connection, access.practice, scope=scope, name=setting.name)


def _scopes(setting: Setting[T], access: Access) -> list[str]:
    """Narrowest first, those only at which the setting may be chosen."""
    found = []
    if Level.USER in setting.levels:
        found.append(user_scope(access.actor.reference))
    if Level.SITE in setting.levels and access.site:
        found.append(site_scope(access.site))
    if Level.PRACTICE in setting.levels:
        found.append(practice_scope())
    return found


def _require_level(setting: Setting[T], scope: str) -> None:
    level, _, rest = scope.partition("/")
    if level not in set(setting.levels) or (level == Level.PRACTICE) == bool(rest):
        allowed = ", ".join(sorted(setting.levels))
        raise BadSetting(f"'{setting.name}' is chosen by {allowed}, not by '{level}'.")
