"""Flows for people of whom nothing is on file (`for: newcomers`): what their login page must ask."""

from __future__ import annotations

from collections.abc import Iterator

from banli.definitions.checks.book import Asked, Book
from banli.definitions.model import Field
from banli.definitions.source import Source
from banli.errors import Mistake

ASKED = {
    "id_number": (
        "no-id-number",
        "asks no ID number, so nobody would know whose case it is",
        "Ask for client:id_number with 'prefill: client.id_number'.",
    ),
    "captcha": (
        "no-captcha",
        "asks no captcha, so programs could have codes sent to any number",
        "Ask for a text with 'kind: captcha'.",
    ),
    "otp": (
        "no-code",
        "sends no code, so nobody would prove that the number is theirs",
        "Ask for a text with 'kind: otp' and 'to: …', a mobile number on the same page.",
    ),
}
"""What a newcomer's login asks, by kind of question: the code of the mistake where it does not, what is wrong, the cure."""


def check(book: Book, source: Source) -> Iterator[Mistake]:
    if source.data.get("for") != "newcomers":
        return
    if "accounts" in source.data:
        what = "Newcomers have no accounts yet."
        yield source.mistake(("accounts",), "not-here", what, "Delete it, or delete 'for: newcomers'.", key=True)
    name = str(source.data["login"])
    asked = book.form(name)
    if asked is None:
        return
    found: dict[str, Field] = {}
    for kind, (code, what, cure) in ASKED.items():
        question = next((one for one in asked.form.fields if one.kind == kind), None)
        if question is None:
            yield source.mistake(("login",), code, f"The form '{name}' {what}.", cure)
        else:
            found[kind] = question
            yield from _always(asked, question)
    if "id_number" in found:
        yield from _kept(asked, found["id_number"])
    if "otp" in found:
        yield from _reached(asked, found["otp"])


def _reached(asked: Asked, code: Field) -> Iterator[Mistake]:
    """A code goes to a mobile number that is typed on the same page."""
    to = str(code.options.get("to", ""))
    if to.startswith("client."):
        what = f"Of newcomers nothing is on file, so no code can go to '{to}'."
        cure = "Ask for the number on this page, and name that question."
        yield _at(asked, code, "to", "nothing-on-file", what, cure)
        return
    number = next((one for one in asked.form.fields if one.name == to), None)
    if number is None:
        return  # told as an unknown question
    if number.schema.get("format") != "cn-mobile":
        what = f"A landline gets no message, and '{to}' may be one."
        yield _at(asked, code, "to", "not-a-mobile", what, "Give its schema 'format: cn-mobile'.")
    yield from _always(asked, number)
    yield from _kept(asked, number)


def _always(asked: Asked, question: Field) -> Iterator[Mistake]:
    """Nobody can log in without it, so it stands on the page in any case and has to be filled in."""
    if question.when:
        what = f"Nobody can log in without '{question.name}', but it is asked only sometimes."
        yield _at(asked, question, "when", "not-always", what, "Delete the condition.")
    elif question.read_only:
        what = f"Nobody can log in without '{question.name}', but it is read-only."
        yield _at(asked, question, "read_only", "not-always", what, "Let the newcomer fill it in.")
    elif not question.required:
        what = f"Nobody can log in without '{question.name}', but it may be left empty."
        yield _at(asked, question, "", "not-always", what, "List it under 'required' of the schema.")


def _kept(asked: Asked, question: Field) -> Iterator[Mistake]:
    """What the case does not keep nobody learns: neither a reviewer nor the core system."""
    if not question.prefill.startswith("client."):
        what = f"Newcomers say '{question.name}' only here, and the case would not keep it."
        yield _at(asked, question, "prefill", "not-kept", what, "Give it 'prefill: client.…'.")


def _at(asked: Asked, question: Field, setting: str, code: str, what: str, cure: str) -> Mistake:
    """A mistake at a setting of a question, or at the question where it is not set."""
    entry, path = asked.questions[question.name]
    if setting in entry.settings:
        return asked.source.mistake((*path, setting), code, what, cure, key=setting in ("when", "read_only"))
    return asked.source.mistake(path, code, what, cure, key=True)
