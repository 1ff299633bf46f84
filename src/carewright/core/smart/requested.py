"""The scopes that an app asks for: those that open records, and those that say how it was opened and by whom.

Source: https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
Plain values: text in, text and values out.
"""

from collections.abc import Iterable

from carewright.core.access.scopes import Scope, ScopeError, grantable
from carewright.core.smart.model import ClientKind

LAUNCH, LAUNCH_PATIENT = "launch", "launch/patient"
OPENID, FHIR_USER = "openid", "fhirUser"
OFFLINE, ONLINE = "offline_access", "online_access"
OF_THE_LAUNCH = (LAUNCH, LAUNCH_PATIENT, OPENID, FHIR_USER, OFFLINE, ONLINE)
IGNORED = frozenset({"profile"})
"""Asked for by many and promised by nobody here."""
SOMEBODY = "somebody"


def check(text: str, *, kind: ClientKind) -> None:
    """ScopeError unless a client of this kind may be registered with the scopes."""
    words = text.split()
    records = of_records(words)
    if not records and FHIR_USER not in words:
        raise ScopeError("Name what the app may open, for instance patient/*.rs.")
    levels = {scope.level for scope in records}
    if kind is ClientKind.BACKEND and (levels != {"system"} or len(records) < len(words)):
        raise ScopeError("A program without a person has scopes that begin with system/ and no others.")
    if kind is not ClientKind.BACKEND and "system" in levels:
        raise ScopeError("An app of a person has scopes that begin with patient/ or user/.")


def of_records(words: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes that open records; ScopeError for a word that is no scope at all."""
    text = " ".join(word for word in words if word not in OF_THE_LAUNCH and word not in IGNORED)
    return grantable(text, patient=SOMEBODY) if text else ()


def within(words: Iterable[str], registered: str) -> list[str]:
    """Those of the words that the client is registered for, narrowed to it where it asks for more.

    ScopeError for what is no scope.
    """
    allowed_words, given = registered.split(), []
    allowed = of_records(allowed_words)
    listed = [word for word in dict.fromkeys(words) if word not in IGNORED]
    for word in listed:
        if word in OF_THE_LAUNCH:
            given += [word] if word in allowed_words else []
        else:
            given += [str(part) for part in _meet(grantable(word, patient=SOMEBODY)[0], allowed)]
    return list(dict.fromkeys(given))


def _meet(asked: Scope, allowed: Iterable[Scope]) -> list[Scope]:
    """What is both asked for and allowed, a scope for each one that allows some of it."""
    found = []
    for one in allowed:
        if one.level != asked.level or not (one.covers(asked.type) or asked.covers(one.type)):
            continue
        both = asked.interactions & one.interactions
        if asked.query and one.query and asked.query != one.query:
            query = f"{asked.query}&{one.query}"
        else:
            query = asked.query or one.query
        if both:
            kind = one.type if asked.covers(one.type) else asked.type
            found.append(Scope(level=asked.level, type=kind, interactions=both, query=query))
    return [scope for scope in found if not any(_is_more(other, scope) for other in found)]


def _is_more(one: Scope, other: Scope) -> bool:
    """Whether `one` makes `other` superfluous."""
    wider = one.covers(other.type) and other.interactions <= one.interactions and one.query in ("", other.query)
    return wider and one != other


def confines(words: Iterable[str]) -> bool:
    """Whether a token is for one patient's chart alone: a single `patient/` scope confines all others."""
    return any(scope.level == "patient" for scope in of_records(words))


def needs_patient(words: Iterable[str]) -> bool:
    """Whether somebody has to say whose chart it is."""
    listed = list(words)
    return LAUNCH_PATIENT in listed or confines(listed)


def of_token(words: Iterable[str], *, practitioner: str) -> str:
    """The scopes of the session behind a token: those of records, and the person's own record for `fhirUser`."""
    listed = list(words)
    found = [str(scope) for scope in of_records(listed)]
    if FHIR_USER in listed and OPENID in listed and practitioner:
        found.append(f"user/Practitioner.r?_id={practitioner}")
    return " ".join(found)


def refreshes(words: Iterable[str]) -> bool:
    return bool({OFFLINE, ONLINE} & set(words))
