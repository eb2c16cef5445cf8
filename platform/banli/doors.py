"""Reads the login page of a business: who somebody says they are, and what they consent to."""

from __future__ import annotations

from dataclasses import dataclass, field

from banli import china
from banli.definitions.model import Company, Form
from banli.editions import Editions, Issue
from banli.errors import Problem
from banli.fields import Raw, Reading


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody has typed at the door, as far as who they are hangs on it. `phone` is a newcomer's; of clients the one on
    file counts."""

    number: str
    captcha: str
    otp: str
    id_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    to: str = ""

    @property
    def bound(self) -> str:
        """For what one captcha is good."""
        return f"{self.id_number}|{self.phone}" if self.to else self.id_number

    @property
    def decisive(self) -> tuple[str, ...]:
        return tuple(name for name in (self.number, self.to, self.captcha) if name)

    def missing(self) -> tuple[Problem, ...]:
        """What has to be there before anything is looked at."""
        given = {self.number: self.id_number, **({self.to: self.phone} if self.to else {})}
        return tuple(Problem(name, "required") for name, value in given.items() if not value)


def login_form(issue: Issue) -> Form:
    return issue.edition.forms[issue.edition.flow.login]


def asked_at(issue: Issue, reading: Reading) -> Asked:
    """Who somebody says they are."""
    form = login_form(issue)
    number, captcha, otp = (named(form, kind) for kind in ("id_number", "captcha", "otp"))
    told = str(reading.values.get(number) or "")
    if not issue.edition.flow.newcomers:
        return Asked(number, captcha, otp, told)
    to = next((str(f.options.get("to", "")) for f in form.fields if f.name == otp), "")
    return Asked(number, captcha, otp, told, str(reading.values.get(to) or ""), to)


async def ways_back(company: Company, editions: Editions) -> dict[bool, str]:
    """Through whose login page clients (False) and newcomers (True) come to what they have begun: a business that is offered,
    else one that has ended while cases of it are open. Of a company with one sort only, one."""
    found: dict[bool, str] = {}
    offered = [offer.id for offer in company.businesses]
    for business in offered:
        found.setdefault(editions.now(company.id, business).edition.flow.newcomers, business)
    if len(found) < 2:
        for business in await editions.store.businesses_sealed(company.id):
            if business not in offered:
                newcomers = (await editions.last(company.id, business)).edition.flow.newcomers
                if newcomers not in found and await editions.store.open_cases_by_edition(company.id, business):
                    found[newcomers] = business
    return found


def is_mobile(phone: str) -> bool:
    found = china.read_phone(phone)
    return isinstance(found, china.Phone) and found.kind == "mobile"


def named(form: Form, kind: str) -> str:
    """The name of the form's field of this kind, or ""."""
    return next((f.name for f in form.fields if f.kind == kind), "")


def first(raw: Raw, name: str) -> str:
    return (raw.get(name) or ("",))[0].strip()


def consents_in(issue: Issue, form: Form, reading: Reading) -> list[dict[str, str]]:
    found = []
    for question in form.fields:
        text = issue.edition.agreements.get(str(question.options.get("agreement", "")))
        if question.kind == "consent" and text is not None and reading.values.get(question.name) is True:
            found.append({"at": question.name, "agreement": text.id, "number": text.number, "digest": text.digest})
    return found
