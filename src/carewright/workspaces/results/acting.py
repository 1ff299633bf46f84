"""A form about an order or a result that was sent: checked, acted on over the version that was shown, answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from carewright.core.store.model import Conflict, KeyTaken
from carewright.shell import whose
from carewright.shell.forms import ContextForm
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say
from carewright.skills.orders.model import NotPossible as OrderNotPossible
from carewright.skills.results.model import NotPossible as ResultNotPossible


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A form as it came: its name on the page, the record (`Type/id`) and version it is about, where that is shown."""

    form: ContextForm
    name: str
    ref: str
    version: int
    url: str
    show: Callable[..., HttpResponse]


def settle(request: CareRequest, sent: Sent, act: Callable[[ContextForm, dict[str, Any]], None]) -> HttpResponse:
    """Act once over the version that was shown; else the page again, with what was typed and what is wrong."""
    form = sent.form
    if not form.is_valid() or form.opened is None:
        if answer := whose.of_another(request, form, name=f"results-{sent.name}", right_url=sent.url):
            return answer
        if form.problem is not None:
            form.renew(versions={sent.ref: sent.version})
        return sent.show(forms={sent.name: form}, status=422)
    try:
        act(form, {"version": form.opened.versions.get(sent.ref, 0), "form_key": form.idempotency_key})
    except KeyTaken:
        return redirect(sent.url)  # pressed twice: the first one counts
    except (OrderNotPossible, ResultNotPossible) as lost:
        return sent.show(wrong=say(lost.reason), status=409)
    except Conflict:
        words = gettext("Someone else changed this just now. Nothing of yours was saved. Look again.")
        return sent.show(wrong=words, status=409)
    return redirect(sent.url)
