"""The Spanish words of the board are complete, and every icon and state has its words."""

import re
from pathlib import Path

import pytest

from carewright.shell.catalogs import read_po
from carewright.shell.messages import messages_in
from carewright.skills.rooms.model import RoomState
from carewright.skills.visit.model import VisitStatus
from carewright.skills.visit.rules import STATES, TRANSITIONS

WORKSPACES = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["board", "desk"])
def test_the_spanish_catalogue_holds_every_message_and_no_other(name: str) -> None:
    spanish = read_po(WORKSPACES / name / "locale/es/LC_MESSAGES/django.po")
    assert set(spanish) - {""} == messages_in(WORKSPACES / name)
    for message, translated in spanish.items():
        wanted = set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", message))
        assert not message or set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", translated)) == wanted, message


def test_every_state_and_step_has_its_look_and_words() -> None:
    from tests.pages import start_django

    start_django()
    from carewright.shell.templatetags.shell import icon
    from carewright.workspaces.board import words

    open_ones = {status for status, row in STATES.items() if not row.end}
    assert set(words.STATUS) == set(words.GROUP_OF) == open_ones
    assert set(words.ROOMS) == set(RoomState)
    of_visits = {t.action for t in TRANSITIONS if t.sources != (VisitStatus.BOOKED,) and t.action != "check_in"}
    assert set(words.STEPS) >= of_visits - {"undo_cancel", "undo_no_show"}
    for look in (*words.STATUS.values(), *words.ROOMS.values()):
        assert "<svg" in icon(look.icon)
