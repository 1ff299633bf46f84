"""Those who may sign in, as a backup keeps them: names, the digests of passwords and PINs, second factors.

They stand in Django's tables, which a backup of the store does not reach. Sessions and lockouts stay behind: after a
restore everybody signs in anew. Django must be set up before anything here is called.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from carewright.core.store.restore import RestoreFailed

Record = dict[str, Any]

FIELDS = (
    "username", "practitioner", "display", "password", "pin_hash", "pin_failures", "is_active", "must_change_password",
)  # fmt: skip


def records(practice: str) -> Iterator[Record]:
    """The people of a practice, by name."""
    from allauth.mfa.models import Authenticator

    from carewright.shell.accounts.models import User

    factors: dict[int, list[Record]] = {}
    for factor in Authenticator.objects.filter(user__practice=practice).order_by("type", "pk"):
        factors.setdefault(factor.user_id, []).append({"type": factor.type, "data": factor.data})
    for user in User.objects.filter(practice=practice).order_by("username"):
        yield {**{name: getattr(user, name) for name in FIELDS}, "second_factors": factors.get(user.pk, [])}


def require_free(practice: str, wanted: Iterable[Record]) -> None:
    """RestoreFailed if one of the names belongs to somebody of another practice of this installation."""
    from carewright.shell.accounts.models import User

    names = [record["username"] for record in wanted]
    taken = User.objects.filter(username__in=names).exclude(practice=practice).order_by("username").first()
    if taken is not None:
        raise RestoreFailed(
            f"The name '{taken.username}' signs in to the practice '{taken.practice}' here. Restore into a data folder "
            "or database of its own."
        )


def write(practice: str, wanted: Iterable[Record]) -> int:
    """Let them sign in as before, all or none; how many. Names that are there already become as they are given."""
    from allauth.mfa.models import Authenticator
    from django.db import transaction

    from carewright.shell.accounts.models import User

    listed = list(wanted)
    with transaction.atomic():
        require_free(practice, listed)
        for record in listed:
            values = {name: record[name] for name in FIELDS if name != "username"}
            user, _ = User.objects.update_or_create(
                username=record["username"], defaults={**values, "practice": practice}
            )
            Authenticator.objects.filter(user=user).delete()
            Authenticator.objects.bulk_create(Authenticator(user=user, **factor) for factor in record["second_factors"])
    return len(listed)
