"""Where a visit is, as its room is called."""

from carewright.core.store.reader import Reader
from carewright.shell.permissions import CareRequest


def room_of_visit(request: CareRequest, reader: Reader, encounter: str) -> str:
    """The name of the room that a visit (`Encounter/…`) is in; "" where it is in none."""
    rows = reader.rows("visit", where={"id": encounter.removeprefix("Encounter/")})
    room = str(rows[0]["room"] or "").removeprefix("Location/") if rows else ""
    return next((choice.label for choice in request.care.rooms if choice.value == room), "")
