"""carewright user"""

import argparse

from carewright.project.cli.options import Failure, add_data_dir, add_practice, practice, say
from carewright.project.cli.pages import with_pages

HELP = """\
Add, list, disable and enable the people who may sign in, and give them a new password.

add      --practitioner ID links the name to a Practitioner of the practice; what the person may do stands there. A
         password is made up and must be changed at the first sign-in
password gives the user another one-time password and ends their sessions
"""
NEEDS_NAME = ("add", "disable", "enable", "password")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data_dir(parser)
    add_practice(parser)
    parser.add_argument("what", choices=("list", *NEEDS_NAME))
    parser.add_argument("name", nargs="?", metavar="NAME", help="the name the user signs in with")
    parser.add_argument("--practitioner", metavar="ID", help="id of the person's Practitioner, with add")


def run(options: argparse.Namespace) -> int:
    if options.what in NEEDS_NAME and not options.name:
        raise Failure(f"Name the user: carewright user {options.what} NAME.")
    if options.what == "add" and not options.practitioner:
        raise Failure("Say which Practitioner the user is: --practitioner ID.")
    store = with_pages(options)
    from carewright.shell.accounts import commands

    try:
        if options.what == "list":
            _list(options.practice)
        elif options.what == "add":
            key = practice(options, store)
            password = commands.add_user(username=options.name, practice=key, practitioner=options.practitioner)
            _tell_password(password)
        elif options.what == "password":
            _tell_password(commands.reset_password(options.name))
        else:
            {"disable": commands.disable_user, "enable": commands.enable_user}[options.what](options.name)
    except commands.CommandProblem as problem:
        raise Failure(str(problem)) from problem
    finally:
        store.close()
    return 0


def _list(wanted: str | None) -> None:
    from carewright.shell.accounts import commands

    for user in commands.list_users(wanted):
        state = "" if user.active else " (disabled)"
        print(f"{user.username:<20} {user.display:<30} {user.practice} Practitioner/{user.practitioner}{state}")


def _tell_password(password: str) -> None:
    say("One-time password, to be changed at the first sign-in:")
    print(password)
