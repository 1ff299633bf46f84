"""Ids that nobody has had before.

https://www.rfc-editor.org/rfc/rfc9562: version 4 tells nothing; version 7 begins with the time.
"""

import uuid_utils


def new_id() -> str:
    """An id that tells nothing, not even when it was made."""
    return str(uuid_utils.uuid4())


def timed_id() -> str:
    """An id that begins with the time. What is indexed by it is added at the end of the index, not all over it: for
    what is written with every request, and says its time in any case."""
    return str(uuid_utils.uuid7())
