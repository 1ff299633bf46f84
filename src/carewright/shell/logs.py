"""Logging that never holds a query string, a body or an error page's mail: they may hold patient data."""

import logging
import re
import traceback
from collections.abc import Iterator
from typing import Any

_QUERY = re.compile(r"\?[^\s\"']*")
HIDDEN = "?…"


class NoQueryStrings(logging.Filter):
    """Cuts everything behind a question mark out of a record's message, and drops the request hung on it.

    Of an error its kinds and lines of code are kept, never its text: that may quote what was typed or stored.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _QUERY.sub(HIDDEN, record.getMessage())
        record.args = None
        record.__dict__.pop("request", None)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = "\n".join(_without_words(record.exc_info[1]))
            record.exc_info = None
        return True


def _without_words(error: BaseException) -> Iterator[str]:
    """The error and what led to it, the first cause first: lines of code and kinds."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _without_words(earlier)
        yield "which led to:"
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def logging_config() -> dict[str, Any]:
    """The `logging.config` dictionary of every process: one handler to stderr, filtered."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_query_strings": {"()": "carewright.shell.logs.NoQueryStrings"}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "filters": ["no_query_strings"], "formatter": "line"},
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "carewright": {"level": "INFO"},
            # Django's own set-up mails errors, with the request in them, to administrators: not here.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Each statement with its parameters: patient data, whatever the level above says.
            "django.db.backends": {"level": "WARNING"},
            "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
            "uvicorn.access": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }
