"""Doing what a card suggests: one transaction, as its person and with no more than they may do in this one chart."""

from collections.abc import Mapping
from dataclasses import replace

from carewright.core.access.model import Access
from carewright.core.cds import suggestions
from carewright.core.cds.model import Suggestion
from carewright.core.cds.suggestions import Standing
from carewright.core.sentences import sentence
from carewright.core.store.model import Origin, Refused
from carewright.core.store.once import check_form, claim_form
from carewright.core.store.store import Store
from carewright.core.store.writer import Writer

GUARD = "card"


def accept(
    store: Store, access: Access, *, patient: str, suggestion: Suggestion, standing: Standing,
    versions: Mapping[str, int], form_key: str, source: str,
) -> None:  # fmt: skip
    """Write what is suggested, all of it or nothing, over the `versions` that were shown.

    What a program wrote is judged as what comes by the API, whoever has accepted it: a test that is ordered waits for
    its provider. Refused where it cannot be done (any more), Conflict, KeyTaken for a form that was sent before.
    """
    with store.reader(access, reason="cards.accept") as reader:
        check_form(reader, form_key)  # a second sending would else meet what the first has changed
    why = suggestions.obstacle(suggestion, access=access, patient=patient, standing=standing)
    if why is not None:
        raise Refused(GUARD, why)
    writer = Writer(store, replace(access, patient=patient), origin=Origin.API)
    with writer.transaction(reason="cards.accept") as tx:
        written = []
        for action in suggestion.actions:
            resource, ref = suggestions.as_written(action, standing, source=source), suggestions.target(action)
            if ref is None:
                written.append(tx.create(resource))
            elif str(ref) in versions:
                written.append(tx.update(resource, version=versions[str(ref)]))
            else:
                raise Refused(GUARD, sentence("The record that it changes is not in this chart."))
        claim_form(tx, form_key, holder=written[0])
