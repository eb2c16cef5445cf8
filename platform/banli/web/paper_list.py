"""The list of agreements on its page: what is to be read, what is read, what is new since the client agreed."""

from __future__ import annotations

from typing import Any

from banli.cases import Look
from banli.papers import Row
from banli.web.shell import Guest, Shell, wrong


def paper_list(shell: Shell, guest: Guest, look: Look, at: str, signer: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the template of the step gets. Rows that were agreed to before and are the same stand apart, when others are not."""
    step, book = look.standing.bound.step, look.held.issue.book
    say, text = guest.wording.render, guest.wording.text
    rows = shell.parts.papers.rows(look)
    news = sum(row.news in ("new", "changed") for row in rows)
    mixed = 0 < news < len(rows)
    papers = [_paper(guest, row, at) for row in rows]
    same = [paper for paper, row in zip(papers, rows, strict=True) if mixed and row.news == "same"]
    listed = book.lists[str(step.options["list"])]
    return {
        "title": say(step.title) or say(listed.title),
        "heading": say(str(step.options.get("heading", listed.title))),
        "papers": [paper for paper in papers if paper not in same],
        "same": same,
        "changed": text("papers_changed", count=news) if any(row.news == "same" for row in rows) and news else "",
        "read": sum(row.read for row in rows),
        "all": len(rows),
        "tick": say(str(step.options.get("tick", ""))) or text("agree_all"),
        "button": say(str(step.options.get("button", ""))) or text("next"),
        "agreed": (look.raw.get("agree") or ("",))[0] == "true",
        "tick_wrong": wrong(look.problems, guest.wording).get("agree", ""),
        "signer": signer,
        "scripts": tuple(signer.get("scripts", ())) if signer else (),
    }


def _paper(guest: Guest, row: Row, at: str) -> dict[str, Any]:
    text = guest.wording.text
    state = text("paper_read") if row.read else ""
    if row.news:
        state = {"same": text("paper_agreed"), "changed": text("paper_changed"), "new": text("paper_new")}[row.news]
        state = text("paper_read") if row.read and row.news != "same" else state
    return {
        "id": row.id,
        "title": titled(guest, guest.wording.render(row.text.title)),
        "href": f"{at}/read/{row.id}",
        "read": row.read,
        "state": state,
    }


def titled(guest: Guest, title: str) -> str:
    """The title of a document, in the marks that Chinese puts around one."""
    return f"《{title}》" if guest.translator.language.startswith("zh") else title
