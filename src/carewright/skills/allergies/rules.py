"""What the banner says, whether allergies were asked at this visit, and when an entry is already there."""

from collections.abc import Iterable

from carewright.core.fhir.text import fold
from carewright.core.sentences import Sentence, joined, named, quoted, sentence
from carewright.skills.allergies.model import NOT_NAMED, Allergy, Asked, Banner, Outcome, Reaction, Status

_SEVERE_FIRST = {"high": 0, "unable-to-assess": 1, None: 1, "low": 2}
SHOWN_IN_BANNER = 5
"""More than this are counted ("+2"): the banner never grows over the page, and the list is one tap away."""


def standing(allergies: Iterable[Allergy]) -> list[Allergy]:
    """The ones that count today, the most dangerous first, then by name."""
    active = [allergy for allergy in allergies if allergy.status is Status.ACTIVE]
    return sorted(active, key=lambda a: (_SEVERE_FIRST[a.criticality], not _severe(a), fold(a.substance)))


def banner(allergies: Iterable[Allergy], last_asked: Asked | None) -> Banner:
    """One line. An allergy is always an alert; never asked is said as such, and is no "no known allergies".

    `last_asked` is the latest asking that counts, at whatever visit.
    """
    listed = standing(allergies)
    asked_at = last_asked.at if last_asked else None
    if listed:
        shown = joined(*(in_words(allergy) for allergy in listed[:SHOWN_IN_BANNER]), by=", ")
        if len(listed) > SHOWN_IN_BANNER:
            shown = joined(shown, f"+{len(listed) - SHOWN_IN_BANNER}")
        words = sentence("Allergy: %(listed)s", listed=shown)
        if len(listed) > 1:
            words = sentence("Allergies: %(listed)s", listed=shown)
        return Banner(words=words, alert=True, asked_at=asked_at)
    if last_asked is not None and last_asked.counts:
        return Banner(words=sentence("No known allergies"), alert=False, asked_at=asked_at)
    return Banner(words=sentence("Allergies not asked yet"), alert=False)


def in_words(allergy: Allergy) -> Sentence:
    """ "amoxicillin (hives)"; a high criticality or a severe reaction is said."""
    details = [reaction_words(reaction) for reaction in allergy.reactions]
    if allergy.criticality == "high" or _severe(allergy):
        details.append(sentence("severe"))
    if not details:
        return quoted(allergy.substance)
    return sentence("%(substance)s (%(details)s)", substance=allergy.substance, details=joined(*details, by=", "))


def reaction_words(reaction: Reaction) -> Sentence:
    """What happened, as it was told."""
    return named(NOT_NAMED) if reaction.words == NOT_NAMED else quoted(reaction.words)


def asked_at_visit(asked: Iterable[Asked], *, encounter: str) -> bool:
    """Whether allergies were asked at this visit: one of the three things that "ready" waits for."""
    return any(entry.encounter == encounter and entry.counts for entry in asked)


def outcome_of(before: Iterable[Allergy], after: Iterable[Allergy]) -> Outcome:
    """What asking came to, from the list before and after."""
    old, new = (sorted(standing(listed), key=lambda a: a.id) for listed in (before, after))
    if not new:
        return Outcome.CHANGED if old else Outcome.NONE_KNOWN
    return Outcome.SAME if old == new else Outcome.CHANGED


def already_listed(substance: str, allergies: Iterable[Allergy]) -> Allergy | None:
    """The standing entry for the same substance, if there is one: a second one would hide the first's reaction."""
    return next((a for a in standing(allergies) if fold(a.substance) == fold(substance)), None)


def _severe(allergy: Allergy) -> bool:
    return any(reaction.severity == "severe" for reaction in allergy.reactions)
