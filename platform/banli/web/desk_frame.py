"""What every page of the desk has: who looks, in which language, under which cookie, and what is added to the answer."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from babel import Locale
from quart import Response, abort, g, has_request_context, redirect, request, websocket

from banli.caseload import today
from banli.counters import Colleague, Counter
from banli.definitions.almanac import Ending
from banli.i18n import Translator
from banli.parts import Parts
from banli.staff import RIGHTS, Member
from banli.web import desk_words as words
from banli.web.guard import DESK, Guard
from banli.web.static import scripts_of

PATH = "/desk"
SHOWN = ("see", "watch", "review", "releases", "manage")
"""The rights that every page's frame asks for."""
_OWN = re.compile(r"/desk(?!/leave$)(/[0-9A-Za-z][0-9A-Za-z_-]{0,79}){1,4}")


@dataclass(frozen=True)
class Room:
    """The desk of one application."""

    parts: Parts
    guard: Guard

    def words(self) -> Translator:
        asked = request if has_request_context() else websocket
        wanted = asked.args.get("lang") or asked.cookies.get("lang")
        accepted = asked.headers.get("Accept-Language", "")
        return self.parts.catalogues.translator(self.parts.catalogues.choose(wanted, accepted))

    async def member(self, *, active: bool = True) -> Member | None:
        member = await self.parts.staff.member(self.guard.token(request, DESK), active=active)
        if member is not None:
            note(staff=member.id)
        return member

    async def own(self, form: Mapping[str, str]) -> bool:
        """Does this post come from a page of ours?"""
        posted = form.get("_csrf") or request.headers.get("X-CSRF-Token")
        return self.guard.csrf_ok(self.guard.token(request, DESK), posted)

    async def show(
        self, template: str, title: str, member: Member | None, values: Mapping[str, Any] | None = None, status: int = 200, *,
        scripts: tuple[str, ...] = (),
    ) -> Response:  # fmt: skip
        """A page of the desk, or `<plugin>/<name>` of a plugin. `title` is a msgid. Whoever has no cookie yet gets one, so that
        the first post can be checked too."""
        say = self.words()
        token = self.guard.token(request, DESK)
        fresh = "" if token else secrets.token_urlsafe(32)
        companies = self.parts.library.companies
        page = {
            "title": say.gettext(title),
            "member": member,
            "roles": [say.gettext(words.ROLES.get(role, role)) for role in member.roles] if member is not None else [],
            "company": companies[member.company].short_name if member is not None and member.company in companies else "",
            "csrf": self.guard.csrf(token or fresh),
            "stylesheet": self.parts.themes.stylesheet(file="desk"),
            "script": scripts_of(self.parts).url("desk", *scripts),
            "counters": [
                {**one, "title": say.gettext(msgid)}
                for one in (nav(self, member) if member is not None else ())
                if (msgid := one["title"])
            ],
            "languages": self._languages(say),
            "environment": "" if self.parts.site.environment == "production" else self.parts.site.environment,
            "here": request.path,
            "notices": words.calendars_ending(self.ending(), say) if member is not None and self._mends(member) else [],
            "may": {right: bool(member and member.companies(right, companies)) for right in SHOWN},
        }
        helpers = {
            "at": words.at,
            "clock": words.clock,
            "span": lambda time: words.span(time, say),
            "code_words": lambda code: words.code(code, say),
        }
        where = f"{template}.html" if "/" in template else f"desk/{template}.html"
        body = self.parts.themes.render(where, say, {"page": page, **helpers, **(values or {})})
        response = Response(body, status, content_type="text/html; charset=utf-8")
        if fresh:
            self.guard.give(response, DESK, fresh, PATH)
        if request.args.get("lang") in self.parts.catalogues.translators:
            response.set_cookie("lang", say.language, max_age=31536000, secure=self.guard.secure, samesite="Lax")
        return private(response)

    def _mends(self, member: Member) -> bool:
        """Can they have a calendar completed? Who reviews or answers calls would only read of it on every page."""
        known = self.parts.library.company_ids
        return any(member.companies(right, known) for right in ("configure", "manage"))

    def ending(self) -> tuple[Ending, ...]:
        """The calendars that have to be completed soon."""
        day = date.fromisoformat(today(self.parts.clock()))
        return self.parts.almanac.endings(self.parts.library, day)

    async def sign_in(self) -> Response:
        """To the door, and back here afterwards."""
        back = request.path if request.method == "GET" else request.path.rpartition("/")[0]
        query = urlencode({"next": back, "said": "signed_out"} if self.guard.token(request, DESK) else {"next": back})
        return goto(f"{PATH}?{query}")

    async def posted(self) -> tuple[Member, Any] | Response:
        """Who posts, and what; or the answer to somebody who may not."""
        form = await request.form
        member = await self.member()
        if member is None:
            return await self.sign_in()
        if not await self.own(form):
            abort(400)
        return member, form

    def _languages(self, say: Translator) -> list[dict[str, str]]:
        others = [code for code in self.parts.catalogues.languages if code != say.language]
        kept = {key: value for key, value in request.args.items() if key not in ("lang", "said", "case")}
        return [
            {
                "href": f"{request.path}?{urlencode({**kept, 'lang': code})}",
                "tag": code.replace("_", "-"),
                "title": Locale.parse(code).language_name or code,
            }
            for code in others
        ]


def colleague(room: Room, member: Member, counter: Counter) -> Colleague:
    """The member as the plugin is told; without companies where they have no right to be at this counter."""
    known = room.parts.library.company_ids
    rights = frozenset(right for right in RIGHTS if member.companies(right, known))
    return Colleague(
        member.actor, member.name, member.companies(counter.right, known), rights, room.words().language, member.branches
    )


def nav(room: Room, member: Member) -> list[Mapping[str, str]]:
    """The counters that stand in the desk's menu for this member; `title` is a msgid."""
    return [
        {"href": f"/desk/{counter.path}", "title": counter.title}
        for plugin in room.parts.plugins.active
        for counter in plugin.counters()
        if counter.title and colleague(room, member, counter).companies
    ]


def note(**what: str) -> None:
    """Adds to this request's line in the log: who (by id), and the code of what was refused. Never a name."""
    g.said = {**g.get("said", {}), **what}


def private(response: Response) -> Response:
    """Nothing of the desk stays in a browser's or proxy's cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def goto(there: str) -> Response:
    """To another page of the desk, after a post too."""
    return private(cast(Response, redirect(there, 303)))


def inside(path: str) -> str:
    """A page of the desk to go to, or the queue: an address from outside leads nowhere else."""
    return path if _OWN.fullmatch(path) else f"{PATH}/queue"
