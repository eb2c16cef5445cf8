"""The sign at a business's door: its hours in the reader's words, as the texts of the fixed pages name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property, reduce

from babel.dates import format_datetime

from banli.hours import Closed, Grace, Hours, Open, State, Window
from banli.i18n import Translator
from banli.sentences import _, fill

_DAY = 24 * 60

WEEKDAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
KINDS = {"every_day": _("every day"), "workdays": _("workdays"), "trading_days": _("trading days")}
MAKE_UP = _("make-up workdays")
RANGE, AND, THEN = _("{first} to {last}"), _("{first} and {more}"), _("{first}; {more}")
WINDOW, OVERNIGHT = _("{start}–{end}"), _("{start}–{end} (next day)")
LINE, GROUPS = _("{days}, {windows}"), _("{kind}: {groups}")
MOMENT = _("EEEE d MMMM y, HH:mm")
"""How a day and a time are written, in the letters of Unicode's date patterns."""
PROVISIONAL = _("{moment} (provisional)")
TODAY, TODAY_FOR = _("Today: {windows}."), _("Today: {windows} ({title}).")
SHUT, SHUT_FOR = _("Closed today."), _("Closed today ({title}).")


class Sign:
    """What texts know as `hours`: each name in words, "" where there is nothing to say.

    `title` and `windows` are those of every week, `note` is a sentence when today is different, `opens_at` is when a closed
    service opens, `closes_at` until when an open one can be used; in the grace both hold. Nothing is worked out before
    a text names it: most pages name nothing.
    """

    def __init__(self, find: Callable[[], Hours | None], now: datetime, translator: Translator) -> None:
        self._find, self._now, self._translator = find, now, translator

    @cached_property
    def _hours(self) -> Hours | None:
        return self._find()

    @cached_property
    def state(self) -> State | None:
        """None for a business without hours, which never closes."""
        return self._hours.state(self._now) if self._hours is not None else None

    @property
    def title(self) -> str:
        return self._translator.say(self._hours.title) if self._hours is not None else ""

    @cached_property
    def windows(self) -> str:
        """`周一至周五、周六 01:23-23:58`; of equal days in a row, the groups as the author wrote them."""
        hours = self._hours
        if hours is None:
            return ""
        usable = range(7) if hours.days == "every_day" else range(5)
        groups: list[tuple[list[str], tuple[Window, ...]]] = []
        for written in hours.groups:
            group = [day for day in written if day in usable]
            if not group or not (windows := hours.weekly[group[0]]):
                continue
            if groups and groups[-1][1] == windows:
                groups[-1][0].append(self._days(group))
            else:
                groups.append(([self._days(group)], windows))
        kind = self._say(KINDS[hours.days])
        if hours.days != "every_day" and len({hours.weekly[day] for day in usable}) == 1:
            lines = [self._line(kind, hours.weekly[0])]
        else:
            lines = [self._line(self._joined(AND, days), windows) for days, windows in groups]
            if hours.days != "every_day":
                lines[:1] = [self._say(GROUPS, kind=kind, groups=line) for line in lines[:1]]
        if hours.days == "workdays" and hours.make_up:
            lines.append(self._line(self._say(MAKE_UP), hours.make_up))
        return self._joined(THEN, lines)

    @cached_property
    def note(self) -> str:
        """What is different today: other windows, or none."""
        hours = self._hours
        if hours is None:
            return ""
        exceptional = hours.exceptions.get(self._today)
        if exceptional is None:
            title = self.state.note if isinstance(self.state, Closed) else ""
            return self._say(SHUT_FOR, title=self._translator.say(title)) if title else ""
        title = self._translator.say(exceptional.title)
        if not exceptional.windows:
            return self._say(SHUT_FOR if title else SHUT, title=title)
        return self._say(TODAY_FOR if title else TODAY, windows=self._times(exceptional.windows), title=title)

    @cached_property
    def opens_at(self) -> str:
        if not isinstance(self.state, Closed | Grace) or self.state.opens_at is None:
            return ""
        said = self._moment(self.state.opens_at)
        return self._say(PROVISIONAL, moment=said) if self.state.provisional else said

    @cached_property
    def closes_at(self) -> str:
        if not isinstance(self.state, Open | Grace) or self.state.until is None:
            return ""
        return self._moment(self.state.until)

    @property
    def _today(self) -> date:
        assert self._hours is not None
        return self._now.astimezone(self._hours.zone).date()

    def _line(self, days: str, windows: Sequence[Window]) -> str:
        return self._say(LINE, days=days, windows=self._times(windows))

    def _days(self, group: Sequence[int]) -> str:
        if len(group) == 7:
            return self._say(KINDS["every_day"])
        first, last = self._say(WEEKDAYS[group[0]]), self._say(WEEKDAYS[group[-1]])
        return first if len(group) == 1 else self._say(RANGE, first=first, last=last)

    def _times(self, windows: Sequence[Window]) -> str:
        said = [
            self._say(OVERNIGHT if window.end > _DAY else WINDOW, start=_clock(window.start), end=_clock(window.end))
            for window in windows
        ]
        return self._joined(AND, said)

    def _moment(self, moment: datetime) -> str:
        pattern = self._say(MOMENT)
        return str(format_datetime(moment, pattern, tzinfo=moment.tzinfo, locale=self._translator.language))

    def _joined(self, msgid: str, parts: Sequence[str]) -> str:
        return reduce(lambda first, more: self._say(msgid, first=first, more=more), parts) if parts else ""

    def _say(self, msgid: str, **params: str) -> str:
        return fill(self._translator.gettext(msgid), params)


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= _DAY else minutes - _DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"
