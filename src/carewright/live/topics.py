"""From a change to the topics that pages listen to.

A change of a resource is told under its type (`Encounter`), under the patient's chart (`patient/<id>`) and under the
topics that manifests declare for its type (`board`). A topic is a word, optionally with an opaque id behind a slash:
it names no person and says nothing of what changed. The feed itself holds no more than that, so a topic cannot depend
on what stands in a resource; a page that shows one site's share asks for its changed rows and gets only those.
"""

import re
from collections.abc import Iterable, Iterator

from carewright.core.registry import Registry
from carewright.core.store.hooks import FeedEntry

MAX_TOPICS = 50
"""Per stream; a page listens to a handful."""
_TOPIC = re.compile(r"[A-Za-z][A-Za-z-]{0,63}(?:/[A-Za-z0-9.\-]{1,64})?", re.ASCII)


class TopicError(ValueError):
    """The topics cannot be listened to; the text says why."""


def topics_of(entry: FeedEntry, registry: Registry) -> Iterator[str]:
    """Every topic that a change is told under."""
    yield entry.ref.type
    if entry.patient is not None:
        yield f"patient/{entry.patient}"
    yield from registry.topics_for(entry.ref.type, patient=entry.patient)


def wanted(texts: Iterable[str]) -> frozenset[str] | None:
    """The topics asked for, separated by commas or spaces; None for all, where none is named. TopicError."""
    listed = frozenset(topic for text in texts for topic in re.split(r"[,\s]+", text) if topic)
    if len(listed) > MAX_TOPICS:
        raise TopicError(f"A stream listens to at most {MAX_TOPICS} topics.")
    if not all(_TOPIC.fullmatch(topic) for topic in listed):
        raise TopicError("A topic is a word, or a word, a slash and an id: Encounter, patient/123.")
    return listed or None
