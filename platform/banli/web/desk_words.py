"""What the desk says: a sentence for each problem, event, delivery and reason, to be found in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from banli.caseload import CHINA
from banli.definitions.almanac import Ending
from banli.errors import Problem
from banli.i18n import Translator
from banli.leaflets import Happening
from banli.sentences import SENTENCES, _, fill
from banli.staff_words import STAFF_SENTENCES

CALENDAR_ENDS = _(
    "The rest days of {years} are not announced in the calendar “{title}”. From {since} on, hours of trading days and workdays "
    "are provisional. Please have it completed."
)
CALENDAR_CLOSED = _(
    "The calendar “{title}” ends before {years}. From {since} on, whatever opens on trading days or workdays stays closed. "
    "Please have it completed."
)
PROBLEMS: Mapping[str, str] = {
    "sign_in_wrong": _(
        "Company, name, password or code is not right. After five wrong tries in a row an account is locked for 15 minutes."
    ),
    "signed_out": _("For your safety you were signed out. Please sign in again; nothing was decided meanwhile."),
    "page_old": _("The page had been open for too long. Nothing was changed. Please look at it and try again."),
    "not_here": _("There is no such case here, or your role does not show it to you."),
    "case_changed": _("This case has changed since you opened the page. Nothing was decided. This is how it stands now."),
    "claimed_by_other": _("Somebody else of the desk works on this case now."),
    "not_in_queue": _("This case does not wait for review."),
    "not_in_review": _("This case is not in review now. Please take it first."),
    "four_eyes": _("You have already agreed to this case. The second review needs another person."),
    "not_allowed": _("Your role does not allow this."),
    "choose_reason": _("Please choose at least one reason."),
    "nothing_to_retry": _("There is nothing to be delivered again."),
    "not_now": _("This cannot be done in the present state of the case."),
    "say_why": _("Please say why."),
    "release_changed": _(
        "What is published has changed since you opened the page. Nothing was decided. This is how it stands now."
    ),
    "release_decided": _("This release was decided on before. Nothing was changed."),
    "release_in_force": _("This release is in force. To replace it, publish another edition."),
    "release_breaks": _(
        "Not all of the {cases} open cases could take over this edition. They keep theirs; if that is meant, tick the box."
    ),
    "own_release": _("You have proposed this release yourself. Another configurer has to approve it."),
    "edition_unopened": _("This edition cannot be opened with the plugins that are active now. Nothing was changed."),
    "already_published": _("This edition is in force already. Nothing was changed."),
    **STAFF_SENTENCES,
}
"""Where the desk says it otherwise than the client's pages, or alone says it."""

SAID: Mapping[str, str] = {
    "nothing_left": _("No case waits to be taken just now. What comes in next is shown here."),
    "released": _("The case {number} is back in the queue."),
    "approved": _("You have agreed to the case {number}."),
    "returned": _("The case {number} was returned to the client."),
    "rejected": _("The case {number} was rejected."),
    "retried": _("The delivery of the case {number} is tried again now."),
    "release_approved": _("Release {number} is approved."),
    "release_refused": _("Release {number} was refused."),
    "release_withdrawn": _("Release {number} was withdrawn."),
    "release_again": _("Release {number} was made of an earlier edition."),
    "staff_changed": _("The account of {number} is changed."),
    "staff_shut": _("The account of {number} is shut, and their sessions are ended."),
    "staff_opened": _("The account of {number} is open."),
    "staff_signed_out": _("The sessions of {number} are ended."),
    "own_password": _("Your new password holds from now on. Your other sessions are ended."),
}
"""After a decision, on the page that follows."""

EVENTS: Mapping[str, str] = {
    "started": _("The business was begun."),
    "answered": _("Page answered: {page}"),
    "again": _("Wanted to answer earlier pages once more: {page}"),
    "submitted": _("Submitted for review."),
    "withdrawn": _("Taken back before the review."),
    "claimed": _("Taken for review."),
    "released": _("Put back into the queue."),
    "approved": _("Agreed (review {level})."),
    "returned": _("Returned to the client."),
    "sent_back": _("Sent back from the step {step}."),
    "rejected": _("Rejected."),
    "delivering": _("Delivery was ordered."),
    "done": _("Finished."),
    "moved": _("Moved onto another edition of the business."),
    "moved_back": _("Moved back onto the edition it had before."),
    "abandoned": _("Given up."),
    "expired": _("Ended because nobody went on with it."),
    "delivery.done": _("Delivered: {action}"),
    "delivery.later": _("Not delivered yet, tried again later: {action}"),
    "delivery.failed": _("Delivery refused: {action}"),
    "delivery.refused": _("The other system said no, and the client is told: {action}"),
    "delivery.waiting": _("Delivery ordered again: {action}"),
}

DELIVERIES: Mapping[str, str] = {
    "waiting": _("On its way"),
    "later": _("Tried again later"),
    "failed": _("Not accepted"),
    "done": _("Delivered"),
}

CODES: Mapping[str, str] = {
    "out_of_service": _("The core system is out of service."),
    "unavailable": _("The core system does not answer."),
    "timeout": _("The core system did not answer in time."),
    "busy": _("The core system is busy."),
    "process_running": _("Another change of this client is under way."),
    "data_check_failed": _("The data did not pass the core system's check."),
    "real_name_check_failed": _("The real-name check failed."),
    "other_error": _("The core system told of an error."),
    "client_exists": _("There is a client with this ID number already."),
    "client_unknown": _("There is no such client in the core system."),
    "no_mobile": _("There is no mobile number to send the message to."),
    "action_missing": _("No active plugin can do this delivery."),
}
"""Why a delivery did not arrive, as far as the code is a common one."""

WHY: Mapping[str, str] = {
    "client_asked": _("The client asks about it"),
    "complaint": _("A complaint is looked into"),
    "authority": _("An authority asks for it"),
    "recheck": _("A decision is checked again"),
    "incident": _("A fault is looked into"),
}
"""Reasons to see a case in full without reviewing it."""

STATES: Mapping[str, str] = {
    "": _("Waiting or in review"),
    "waiting": _("Waiting"),
    "claimed": _("In review"),
    "done": _("Decided"),
}

ROLES: Mapping[str, str] = {
    "reviewer": _("Reviewer"),
    "agent": _("Video agent"),
    "configurer": _("Configurer"),
    "auditor": _("Auditor"),
    "admin": _("Administrator"),
}
WHO: Mapping[str, str] = {"client": _("Client"), "system": _("System")}
LONG, SHORT = _("{days} d {hours} h"), _("{hours} h {minutes} min")


def sentence(problem: Problem, words: Translator, own: Mapping[str, str] | None = None) -> str:
    """What a problem says; `own` are the words of plugins."""
    msgid = PROBLEMS.get(problem.code) or SENTENCES.get(problem.code) or (own or {}).get(problem.code) or problem.code
    return problem.text or fill(words.gettext(msgid), problem.params)


def told(happening: Happening, words: Translator, own: Mapping[str, str] | None = None) -> str:
    """An event in words; `own` are those of plugins (`video_recorded_event` for `video.recorded`)."""
    kind = happening.kind
    if kind == "delivery":
        kind = f"delivery.{happening.words['state']}"
    msgid = EVENTS.get(kind) or (own or {}).get(f"{kind.replace('.', '_')}_event") or kind
    return fill(words.gettext(msgid), happening.words)


def who(happening: Happening, words: Translator) -> str:
    """Who it was: somebody's name, the client, the system."""
    return happening.who if happening.staff else words.gettext(WHO.get(happening.who, happening.who))


def code(given: str, words: Translator) -> str:
    """Why a delivery did not arrive, with its code for those who look into the log."""
    msgid = CODES.get(given)
    return f"{words.gettext(msgid)} ({given})" if msgid else given


def at(moment: datetime | None, seconds: bool = False) -> str:
    """A time as the companies' clocks show it."""
    return "" if moment is None else moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def clock(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(CHINA).strftime("%H:%M")


def span(time: timedelta, words: Translator) -> str:
    """How long something has waited, roughly."""
    minutes = max(0, int(time.total_seconds()) // 60)
    if minutes >= 24 * 60:
        return fill(words.gettext(LONG), {"days": minutes // 1440, "hours": minutes % 1440 // 60})
    return fill(words.gettext(SHORT), {"hours": minutes // 60, "minutes": minutes % 60})


def calendars_ending(endings: Iterable[Ending], words: Translator) -> list[str]:
    """A sentence for each calendar that somebody has to complete."""
    told = []
    for one in endings:
        msgid = CALENDAR_CLOSED if one.missing and one.closed else CALENDAR_ENDS
        years = words.gettext(", ").join(str(year) for year in one.years)
        told.append(fill(words.gettext(msgid), {"title": words.say(one.title), "years": years, "since": one.since.isoformat()}))
    return told


def said(what: str, number: str, words: Translator) -> str:
    """What was done on the page before, as its address tells; nothing for an address that somebody has made up."""
    msgid = SAID.get(what, "")
    plain = number.replace("-", "").replace("_", "").replace(".", "")
    fits = "{number}" not in msgid or (plain.isascii() and plain.isalnum() and len(number) <= 80)
    return fill(words.gettext(msgid), {"number": number}) if fits else ""
