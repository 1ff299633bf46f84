"""carewright client"""

import argparse
from pathlib import Path

from carewright.core.access.model import Role
from carewright.core.smart import clients
from carewright.core.smart.model import ClientKind
from carewright.core.store.store import Store
from carewright.project.cli.options import Failure, add_data_dir, add_practice, opened, practice, say
from carewright.project.wiring import operator_access

HELP = """\
Register the programs of others that work with the charts (SMART apps, backend programs), list them, disable one.

add      prints the client's id, and for --kind secret its secret, which is shown once. Examples:

  carewright client add 'Growth charts' --kind public --redirect https://app.example/back \\
      --launch https://app.example/launch --scope 'launch openid fhirUser patient/*.rs'
  carewright client add 'Warehouse' --kind backend --jwks-file keys.json --role ma --scope 'system/*.rs'

disable  nobody comes in by this client any more, and its tokens end
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("what", choices=("list", "add", "disable"))
    parser.add_argument("name", nargs="?", metavar="NAME", help="the app's name (add), or the client's id (disable)")
    parser.add_argument("--kind", choices=[kind.value for kind in ClientKind], help="public, secret or backend")
    parser.add_argument("--scope", metavar="SCOPES", help="the most that it may ask for")
    parser.add_argument("--redirect", metavar="URL", action="append", default=[], help="where it is sent back to")
    parser.add_argument("--launch", metavar="URL", default="", help="where it is started from a chart")
    parser.add_argument("--jwks-url", metavar="URL", default="", help="where a backend program's public keys are")
    parser.add_argument("--jwks-file", metavar="FILE", help="a backend program's public keys")
    parser.add_argument(
        "--role", action="append", default=[], choices=[role.value for role in Role], metavar="ROLE",
        help="whose view of the charts a backend program has",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    if options.what != "list" and not options.name:
        raise Failure(f"Name the client: carewright client {options.what} NAME.")
    with opened(options) as (_, store):
        key = practice(options, store)
        {"list": _list, "add": _add, "disable": _disable}[options.what](options, store, key)
    return 0


def _list(options: argparse.Namespace, store: Store, key: str) -> None:
    for client in clients.listed(store, key):
        state = " (disabled)" if client.disabled_at else ""
        print(f"{client.client_id:<18} {client.kind:<8} {client.name}: {client.scopes}{state}")


def _add(options: argparse.Namespace, store: Store, key: str) -> None:
    if not options.kind or not options.scope:
        raise Failure("Say what it is and what it may ask for: --kind and --scope.")
    wanted = clients.Wanted(
        name=options.name, kind=ClientKind(options.kind), scopes=options.scope, launch_url=options.launch,
        redirect_uris=tuple(options.redirect), jwks_url=options.jwks_url, roles=frozenset(map(Role, options.role)),
        jwks=Path(options.jwks_file).read_text() if options.jwks_file else "",
    )  # fmt: skip
    try:
        client, secret = clients.register(store, operator_access(key), wanted)
    except clients.BadClient as bad:
        raise Failure(str(bad)) from bad
    print(client.client_id)
    if secret:
        say("Its secret, which is shown once and kept nowhere:")
        print(secret)


def _disable(options: argparse.Namespace, store: Store, key: str) -> None:
    if not clients.disable(store, operator_access(key), options.name):
        raise Failure(f"There is no client '{options.name}' that is enabled. `carewright client list` shows them all.")
