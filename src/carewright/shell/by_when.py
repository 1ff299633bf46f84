"""By when: the choices that forms offer for a time later today or later on."""

from datetime import datetime, time, timedelta

from django.utils.translation import gettext_lazy

LATER = {
    "15": gettext_lazy("in 15 minutes"),
    "30": gettext_lazy("in half an hour"),
    "60": gettext_lazy("in an hour"),
    "120": gettext_lazy("in two hours"),
    "today": gettext_lazy("at the end of today"),
    "tomorrow": gettext_lazy("tomorrow morning"),
    "week": gettext_lazy("in a week"),
}
DAY_BEGINS, DAY_ENDS = time(8), time(17)


def later(choice: str, now: datetime) -> datetime:
    """The instant that a choice of LATER means; `now` is local."""
    if choice.isdigit():
        return now + timedelta(minutes=int(choice))
    day = now.date() + {"today": timedelta(0), "tomorrow": timedelta(days=1), "week": timedelta(days=7)}[choice]
    at = datetime.combine(day, DAY_ENDS if choice == "today" else DAY_BEGINS, tzinfo=now.tzinfo)
    return max(at, now + timedelta(minutes=1))
