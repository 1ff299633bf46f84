"""carewright audit verify, carewright audit seal"""

import argparse

from carewright.core.audit.sealer import Sealer
from carewright.core.audit.verify import Verification, verify
from carewright.core.store.store import Store
from carewright.project.cli.options import add_data_dir, add_practice, opened, practice, say
from carewright.project.environment import Environment
from carewright.project.wiring import anchors_of
from carewright.project.worker import process_name

HELP = """\
Check the audit (verify), or link what waits to be linked (seal).

verify  recompute every digest and link, compare with the anchors (CARE_AUDIT_ANCHOR), name the first row that was
        changed, deleted, inserted or moved; exit code 1 if there is one
seal    what the worker does all the time, once, for an installation whose worker is not running
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("what", choices=("verify", "seal"))


def run(options: argparse.Namespace) -> int:
    with opened(options) as (found, store):
        key = practice(options, store)
        return _verify(found, store, key) if options.what == "verify" else _seal(found, store, key)


def _verify(found: Environment, store: Store, key: str) -> int:
    anchors = anchors_of(found)
    outcome = verify(store, key, anchors=anchors.of(key) if anchors else ())
    _tell(outcome, anchored=anchors is not None)
    return 0 if outcome.whole else 1


def _tell(outcome: Verification, *, anchored: bool) -> None:
    waiting = (
        f"; {outcome.tail} rows wait, the oldest for {outcome.tail_age.total_seconds():.1f} s" if outcome.tail else ""
    )
    print(f"{outcome.sealed} rows are linked{waiting}; {outcome.anchors} anchors")
    if not anchored:
        say("No anchor is configured (CARE_AUDIT_ANCHOR): who can write the database could rebuild the chain unseen.")
    print(outcome.finding.words if outcome.finding else "The audit is whole.")


def _seal(found: Environment, store: Store, key: str) -> int:
    sealer = Sealer(store, key, holder=process_name(), anchors=anchors_of(found))
    sealed = sealer.step()
    held = sealer.holding.lease is not None
    sealer.close()
    if not held:
        say("Another process is sealing this practice; there is nothing to do.")
    print(f"{sealed} rows linked")
    return 0
