"""The form base: a form knows whose chart it was opened for, by whom, and what had been read then.

The signed context travels as a hidden field; it is never trusted from the address alone. What was typed is kept
whatever is wrong with the context, and offered again.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext

CONTEXT_FIELD = "care_context"
KEY_FIELD = "care_key"
NUMBER_FIELD = "care_number"
"""Which sending of a draft it is (drafts.js)."""
_SALT = "carewright.patient-context"


@dataclass(frozen=True, kw_only=True)
class PatientContext:
    """Whose form this is. `versions` is what was read (`Type/id` to version); `expires_at` is aware wall time.

    `is_also` says whether another id is a chart of the same person, merged with this one since a form was opened; it
    is asked only of a form that names another chart, and never travels.
    """

    practice: str
    patient: str
    user: str
    expires_at: datetime
    versions: Mapping[str, int] = field(default_factory=dict)
    is_also: Callable[[str], bool] = field(default=lambda other: False, compare=False, repr=False)

    def signed(self) -> str:
        values = {
            "practice": self.practice,
            "patient": self.patient,
            "user": self.user,
            "versions": dict(self.versions),
            "expires_at": self.expires_at.isoformat(),
        }
        return signing.dumps(values, salt=_SALT)

    @classmethod
    def from_signed(cls, token: str) -> "PatientContext":
        """Raises `django.core.signing.BadSignature` where the token is not ours."""
        values = signing.loads(token, salt=_SALT)
        return cls(**{**values, "expires_at": datetime.fromisoformat(values["expires_at"])})


class ContextProblem(ValidationError):
    """The form does not belong where it was sent. Nothing was saved; what was typed is kept.

    `opened_for` is the context the form was opened with, None where that cannot be known.
    """

    code = "context"

    def __init__(self, message: str, *, opened_for: PatientContext | None) -> None:
        super().__init__(message, code=self.code)
        self.opened_for = opened_for


class NotOurs(ContextProblem):
    """The context is missing or was altered."""

    code = "not-ours"


class WrongPatient(ContextProblem):
    """The form was opened for another patient, or in another practice, than the page it was sent to."""

    code = "wrong-patient"


class OtherUser(ContextProblem):
    """The form was opened by somebody else on this device."""

    code = "other-user"


class Expired(ContextProblem):
    """The form has been open too long; it may be sent again as it is, after a look at it."""

    code = "expired"


class ContextForm(forms.Form):
    """A form about a patient.

    `here` is the context of the request being served: patient from the address, user from the session, the
    versions just read. `now` is wall time. After `is_valid()`: `problem` (or None), `opened` (the context it was
    opened with: its `versions` go into the update) and `idempotency_key`.
    """

    care_context = forms.CharField(widget=forms.HiddenInput, required=False)
    care_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, here: PatientContext, now: datetime, **options: Any) -> None:
        options["initial"] = {
            **(options.get("initial") or {}),
            CONTEXT_FIELD: here.signed(),
            KEY_FIELD: uuid.uuid4(),
        }
        super().__init__(data, **options)
        self.here, self.now = here, now
        self.problem: ContextProblem | None = None
        self.opened: PatientContext | None = None

    def clean(self) -> dict[str, Any]:
        """Raises one of the `ContextProblem`s; the fields' own errors stand beside it."""
        cleaned = super().clean() or self.cleaned_data
        try:
            self.opened = self._opened()
        except ContextProblem as problem:
            self.problem = problem
            raise
        return cleaned

    @property
    def idempotency_key(self) -> str:
        """The key the store claims, so that a form sent twice is saved once."""
        return str(self.cleaned_data[KEY_FIELD])

    @property
    def opening(self) -> str:
        """The key as it was sent, whatever is wrong with the form: which opening of the form this is."""
        return str(self.data.get(self.add_prefix(KEY_FIELD), ""))

    @property
    def typed(self) -> dict[str, list[str]]:
        """All that was typed, by field, as it came; without the hidden fields."""
        return {
            bound.html_name: [str(value) for value in self._raw(bound.html_name)]
            for bound in self.visible_fields()
            if any(str(value).strip() for value in self._raw(bound.html_name))
        }

    def renew(self, *, versions: Mapping[str, int] | None = None) -> None:
        """Give the form, shown again with what was typed, the context of this request (and newer versions).

        Only for the same patient: a form of another patient is offered for that patient, never moved.
        """
        if isinstance(self.problem, WrongPatient | NotOurs):
            raise ValueError("A form of another patient is not given this patient's context.")
        data = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        fresh = self.here if versions is None else replace(self.here, versions=dict(versions))
        data[self.add_prefix(CONTEXT_FIELD)] = fresh.signed()
        self.data = data

    def _opened(self) -> PatientContext:
        """The context the form was opened with, if it belongs to this request."""
        token = self.data.get(self.add_prefix(CONTEXT_FIELD), "")
        try:
            opened = PatientContext.from_signed(token)
        except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
            raise NotOurs(
                gettext("This form did not come from this page. Nothing was saved."), opened_for=None
            ) from error
        same = opened.patient == self.here.patient or self.here.is_also(opened.patient)
        if opened.practice != self.here.practice or not same:
            raise WrongPatient(gettext("You typed this for another patient. Nothing was saved."), opened_for=opened)
        if opened.user != self.here.user:
            raise OtherUser(gettext("Somebody else began this form. Nothing was saved."), opened_for=opened)
        if opened.expires_at <= self.now:
            raise Expired(
                gettext("This form was open for a long time. Look through it and save again."), opened_for=opened
            )
        return opened

    def _raw(self, name: str) -> list[Any]:
        if isinstance(self.data, QueryDict):
            return list(self.data.getlist(name))
        return [self.data[name]] if name in self.data else []
