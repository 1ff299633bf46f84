"""The database under examination: does it answer, is it of this version, what holds it up, is what it says sound?"""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

from carewright.core.blobs.files import BlobDamaged
from carewright.core.clock import wall_now
from carewright.core.store import chain, consumers, reindex, subscription_rows
from carewright.core.store.model import Unavailable
from carewright.core.store.sql import Sql
from carewright.core.store.store import Store
from carewright.project import reach, wiring
from carewright.project.environment import Environment
from carewright.project.findings import Finding, broken, good, warning
from carewright.project.reactions import consumer_of
from carewright.project.schema_state import PAGES_FILE, pages_behind, pages_rows, store_ahead, store_behind
from carewright.project.subscription_turns import FAILURES_BEFORE_ERROR
from carewright.project.unusable import NO_ANSWER, unusable

OLDEST_POSTGRESQL = 15
SAMPLE = 100
"""Records of each projection that are compared; `carewright reindex --check` compares them all."""
BLOBS_READ = 10
TAIL_LIMIT = timedelta(seconds=30)
STALLED_AFTER = timedelta(minutes=2)
BACKUP_EVERY = timedelta(days=2)
BACKUP_LOOKED_FOR = timedelta(days=60)
CLOCKS_APART = timedelta(seconds=5)

OLDEST_TRANSACTION = Sql(
    "SELECT l.pid, a.usename, a.application_name, a.client_addr::text, a.xact_start FROM pg_locks l "
    "LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid() "
    "ORDER BY age(l.transactionid) DESC LIMIT 1"
)
"""https://www.postgresql.org/docs/15/view-pg-locks.html: who has a transaction number has such a lock; anybody may see
it, of whatever database of the cluster."""


def database(found: Environment, store: Store) -> list[Finding]:
    """Whether it answers, keeps what it acknowledges, and fits the product. Broken where nothing else can be asked."""
    if not found.database_url and not (found.data_dir / "care.sqlite3").exists():
        return [broken("There is no database yet: carewright migrate (or carewright demo) makes one.")]
    try:
        reach.require(found)
        durability = store.driver.durability()
        findings = [good(", ".join(f"{key} {value}" for key, value in durability.items() if key != "problem"))]
        if problem := durability.get("problem"):
            findings.append(broken(problem))
        return findings + list(_version(found, store)) + list(_postgresql(found, store))
    except sqlite3.Error as error:
        return [broken(unusable(error))]
    except reach.NotReached as error:
        return [broken(str(error))]
    except Unavailable:
        return [broken(NO_ANSWER)]
    except Exception as error:  # noqa: BLE001 - whatever it is, this is the finding
        return [broken(f"The database cannot be read ({type(error).__name__}). Run carewright migrate.")]


def _version(found: Environment, store: Store) -> Iterator[Finding]:
    if store_ahead(store):
        yield broken("The database was made by a newer version of Carewright. Install that version.")
    if missing := store_behind(store):
        yield broken(f"The database is older than the product ({', '.join(missing)} missing). Run carewright migrate.")
    if not found.database_url and not (found.data_dir / PAGES_FILE).exists():
        yield broken(f"The tables of the pages ({PAGES_FILE}) are missing: nobody can sign in. Run carewright migrate.")
    elif missing := pages_behind(found, store):
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield broken(f"The tables of the pages are older than the product ({some} missing). Run carewright migrate.")


def _postgresql(found: Environment, store: Store) -> Iterator[Finding]:
    """Things that only a server of its own can have wrong: its version, the role, the clock."""
    if not found.database_url:
        return
    with store.driver.reading("") as connection:
        number, now = connection.rows(Sql("SELECT current_setting('server_version_num')::int, clock_timestamp()"))[0]
        free = connection.rows(
            Sql("SELECT rolsuper OR rolbypassrls, rolname FROM pg_roles WHERE rolname = current_user")
        )[0]
        owner = connection.rows(Sql("SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'version'"))
    if int(str(number)) < OLDEST_POSTGRESQL * 10_000:
        yield broken(
            f"PostgreSQL {int(str(number)) // 10_000} is too old; {OLDEST_POSTGRESQL} is the oldest that works."
        )
    if free[0]:
        yield broken(
            f"The role '{free[1]}' of CARE_DATABASE_URL passes by row-level security, so a mistake could show one "
            "practice to another. Use a role without SUPERUSER and BYPASSRLS (docs/administrator.md, First start)."
        )
    elif owner and owner[0][0]:
        yield warning(
            f"The role '{free[1]}' of CARE_DATABASE_URL owns the tables, so it could change the audit. Give the "
            "product a role of its own (CARE_DATABASE_URL), name the owner in CARE_DATABASE_OWNER_URL, and run "
            "carewright migrate."
        )
    apart = abs(store.driver.dialect.instant(now) - wall_now())
    if apart > CLOCKS_APART:
        yield warning(
            f"The clocks of this machine and of the database are {apart.total_seconds():.0f} s apart: set both by NTP."
        )


def feed(store: Store, practice: str) -> Iterator[Finding]:
    """Who holds up the change feed: screens would not hear of what is saved."""
    with store.driver.reading(practice) as connection:
        since = consumers.hidden_since(connection, practice)
        holders = connection.rows(OLDEST_TRANSACTION) if connection.dialect.name == "postgresql" else []
    if holders:
        process, user, program, address, began = holders[0]
        began_at = store.driver.dialect.instant(began) if began is not None else since
        if began_at is None or wall_now() - began_at < TAIL_LIMIT:
            return
        who = ", ".join(str(part) for part in (user, program, address) if part)
        if process is None:
            words = "A prepared transaction (pg_prepared_xacts) has been open"
            what = "Decide it with COMMIT PREPARED or ROLLBACK PREPARED."
        else:
            words = f"The transaction of process {process} ({who}) has been open"
            what = f"End what that program does; if it hangs: SELECT pg_terminate_backend({process});"
        yield warning(f"{words} since {began_at:%H:%M:%S} UTC: until it ends, screens do not hear of changes. {what}")
    elif since is not None and wall_now() - since >= TAIL_LIMIT:
        yield warning(f"{practice}: an open transaction holds up the change feed since {since:%H:%M} UTC.")


def practice(found: Environment, store: Store, key: str) -> Iterator[Finding]:
    """One practice: audit, feed, projections, reactions, files, people, backup."""
    yield _tail(store, key)
    yield from feed(store, key)
    yield _projections(store, key)
    yield from _reactions(store, key)
    yield from _subscriptions(store, key)
    yield from _files(found, store, key)
    yield from _people(found, store, key)
    yield _backup(store, key)


def _tail(store: Store, key: str) -> Finding:
    with store.driver.reading(key) as connection:
        tail = chain.Trail(connection, key).tail()
    if tail.oldest_at is not None and wall_now() - tail.oldest_at > TAIL_LIMIT:
        words = f"{key}: {tail.count} audit rows wait to be sealed since {tail.oldest_at:%Y-%m-%d %H:%M} UTC."
        return warning(f"{words} Is `carewright worker` running?")
    return good(f"{key}: the audit is sealed")


def _projections(store: Store, key: str) -> Finding:
    """A projection that was made anew and not rebuilt differs in the first records already."""
    wrong = [name for name in reindex.names(store) if any(reindex.differences(store, key, name, at_most=SAMPLE))]
    if wrong:
        return broken(
            f"{key}: {', '.join(wrong)} do not agree with the records. Run carewright reindex {' '.join(wrong)}"
        )
    return good(f"{key}: projections and search index agree with the records (sample)")


def _reactions(store: Store, key: str) -> Iterator[Finding]:
    for manifest in store.registry.manifests:
        for reaction in manifest.reactions:
            with store.driver.reading(key) as connection:
                lag = consumers.lag(connection, key, consumer_of(reaction), reaction.types)
            if lag.oldest_at is not None and wall_now() - lag.oldest_at > STALLED_AFTER:
                words = f"{key}: the reaction {reaction.name} is behind by {lag.waiting} changes."
                yield warning(f"{words} The worker's log says whether it fails.")


def _subscriptions(store: Store, key: str) -> Iterator[Finding]:
    """Whose receiver does not take what it is sent, and what waits for it."""
    with store.driver.reading(key) as connection:
        states = subscription_rows.states(connection, key)
    for state in states:
        if state.failures >= FAILURES_BEFORE_ERROR and state.failing_since is not None:
            words = f"{key}: the receiver of Subscription/{state.id} has taken nothing since"
            waiting = f"{state.matched - state.delivered} events wait for it"
            yield warning(f"{words} {state.failing_since:%Y-%m-%d %H:%M} UTC; {waiting}. Ask whoever runs it.")


def _files(found: Environment, store: Store, key: str) -> Iterator[Finding]:
    """Whether photos and scans can be read with the key that is configured."""
    with store.driver.reading(key) as connection:
        rows = connection.rows(Sql("SELECT digest FROM blob WHERE practice = ? LIMIT ?", (key, BLOBS_READ)))
    files = wiring.open_blobs(store, found).files
    for (digest,) in rows:
        try:
            files.read(key, str(digest))
        except BlobDamaged as error:
            yield broken(
                f"{key}: {error} Is CARE_DATA_KEY (or data-key in the data folder) the one it was written with, and "
                f"{files.folder} the right folder? Else bring the file back from a backup."
            )
            return
        except OSError as error:
            yield broken(f"{key}: {error.filename} cannot be read: {error.strerror}.")
            return


def _people(found: Environment, store: Store, key: str) -> Iterator[Finding]:
    rows = pages_rows(found, store, "SELECT practice, is_active FROM {schema}accounts_user")
    if not any(practice_ == key and active for practice_, active in rows):
        yield warning(f"{key}: nobody can sign in. Let people in: carewright user add NAME --practitioner ID.")


def _backup(store: Store, key: str) -> Finding:
    """By the audit, wherever the file went."""
    with store.driver.reading(key) as connection:
        rows = connection.rows(
            Sql(
                "SELECT max(at) FROM audit WHERE practice = ? AND at > ? AND reason = 'backup'",
                (key, wall_now() - BACKUP_LOOKED_FOR),
            )
        )
    if rows[0][0] is None:
        return warning(
            f"{key}: there is no backup of the last {BACKUP_LOOKED_FOR.days} days. Make one: carewright backup"
        )
    at = store.driver.dialect.instant(rows[0][0])
    if wall_now() - at > BACKUP_EVERY:
        return warning(f"{key}: the last backup is of {at:%Y-%m-%d %H:%M} UTC. Make one every night: carewright backup")
    return good(f"{key}: the last backup is of {at:%Y-%m-%d %H:%M} UTC; keep it on another machine")
