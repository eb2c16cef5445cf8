"""What stands below a photo: what is wrong with it, a drawing of how to do better, and the other ways to see it."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup
from quart import Response, abort, jsonify

from banli.cases import Look
from banli.definitions.model import Field, Form
from banli.errors import Problem
from banli.views import View, Wish, quad_of
from banli.web.shell import Guest, Shell, note

FRAMES = {"id_front": "card", "id_back": "card", "signature": "sheet"}
"""By the drawing in the empty frame the frame over the camera, where the question names none."""
DRAWN = "fields/_help.html"
"""Draws how to do better, for a code; "" where nobody has drawn it."""


def told_of(shell: Shell, guest: Guest, number: str, file: str, view: View | None) -> dict[str, Any]:
    """A photo that was taken, as the page's script hears of it."""
    files = f"{guest.home}/cases/{number}/files"
    said: dict[str, Any] = {"id": file, "src": f"{files}/{file}"}
    if view is None:
        return said
    codes = [flaw.code for flaw in view.flaws]
    return {
        **said,
        "original": f"{files}/{view.original}",
        "quad": [list(corner) for corner in view.quad] if view.quad is not None else None,
        "whole": view.whole,
        "turn": view.turn,
        "flaws": [guest.wording.problem(Problem("", code)) for code in codes],
        "drawing": drawing(shell, guest, codes[0]) if codes else "",
    }


def told(shell: Shell, guest: Guest, number: str, step: str, taken: Any) -> Response:
    """What the page's script hears of a photo: the photo, or why it is not taken, and what is drawn of it."""
    if taken is None:
        abort(404)
    if not isinstance(taken, Problem):
        answer: Response = jsonify(**told_of(shell, guest, number, taken.id, View.read(taken.name)))
        return answer
    note((taken,), step=step)
    other = str(taken.params.get("other", ""))
    answer = jsonify(
        code=taken.code, text=guest.wording.problem(taken), drawing=drawing(shell, guest, taken.code),
        **({"other": other, "swap": guest.wording.text("photo_swap")} if other else {}),
    )  # fmt: skip
    answer.status_code = 422
    return answer


def views_block(shell: Shell, guest: Guest, look: Look, field: Field, file: str) -> Markup:
    """The block below a photo. It waits, hidden, for a photo whose original is kept."""
    view = look.views.get(file)
    said = told_of(shell, guest, look.case.number, file, view)
    told = {name: json.dumps(said.get(name), separators=(",", ":")) for name in ("quad", "whole", "turn")}
    problem = next((one for one in look.problems if one.at == field.name and one.code != "reopened"), None)
    drawn = drawing(shell, guest, problem.code) if problem is not None else said.get("drawing", "")
    page = {**said, "field": field.name, "there": view is not None, "told": told, "drawn": Markup(drawn)}  # noqa: S704 - ours
    return Markup(_rendered(shell, guest, "fields/_views.html", view=page))  # noqa: S704 - a template of the theme


def photo_slots(shell: Shell, guest: Guest, look: Look, field: Field, title: str, develops: bool) -> dict[tuple[str, str], str]:
    """The preview of one photo, the words on its buttons, and where its camera comes from. One that is only shown is the one
    on file."""
    text, name = guest.wording.text, field.name
    file = look.standing.names.get(field.prefill) if field.read_only else (look.raw.get(name) or ("",))[0]
    on_file = bool(file) and file == look.case.record.get(field.prefill.removeprefix("client."))
    shot = Markup('<img class="shot" src="{}" alt="{}">')
    frame = frame_of(field)
    return {
        ("picture", name): shot.format(f"{guest.home}/cases/{look.case.number}/files/{file}", title) if file else "",
        ("note", name): text("photo_on_file") if on_file else "",
        ("take", name): text("photo_retake") if file else text("photo_take"),
        ("again", name): text("photo_retake"),
        ("album", name): text("photo_from_album"),
        ("views", name): views_block(shell, guest, look, field, str(file or "")) if develops and not field.read_only else "",
        ("camera", name): shell.scripts.url("camera") if frame else "",
        ("cut", name): frame,
        ("draw", name): shell.scripts.url("draw") if field.options.get("draw") else "",
    }


def frame_of(field: Field) -> str:
    """The frame over the page's camera: that of a card or a sheet; "": the phone's own camera takes this photo."""
    said = str(field.options.get("frame") or FRAMES.get(str(field.options.get("example", "")), "none"))
    return "" if said == "none" else said


def captures(shell: Shell, guest: Guest, form: Form) -> dict[str, Any]:
    """What a page with these questions needs beside them: the camera with its frame, the sheet to write on, and their look."""
    asked = [field for field in form.fields if field.kind == "photo" and not field.read_only]
    camera, draw = any(map(frame_of, asked)), any(field.options.get("draw") for field in asked)
    themes = shell.parts.themes
    look = themes.stylesheet(themes.of(guest.company), file="capture") if asked else ""
    return {"camera": camera, "draw": draw, "stylesheet": look}


def drawing(shell: Shell, guest: Guest, code: str) -> str:
    """The drawing beside the sentence of this code: the theme's, or that of the plugin that says it."""
    homes = [plugin.name for plugin in shell.parts.plugins.active if code in plugin.words]
    if not homes:
        return ""
    return _rendered(shell, guest, DRAWN, places=[f"pictograms/{code}.svg", *(f"{home}/{code}.svg" for home in homes)]).strip()


def _rendered(shell: Shell, guest: Guest, template: str, **values: Any) -> str:
    theme = shell.parts.themes.of(guest.company)
    return shell.parts.themes.render(template, guest.translator, {"text": guest.wording.text, **values}, theme)


def wish_of(words: str) -> tuple[str, Wish] | None:
    """What a button of a page without scripts says: `id_front:whole:1` (which photo, whole or cut, quarter turns)."""
    at, _, rest = words.partition(":")
    way, _, turn = rest.partition(":")
    if way not in ("whole", "cut") or turn not in ("0", "1", "2", "3"):
        return None
    return at, Wish(turn=int(turn), whole=way == "whole")


def wish_in(said: object) -> Wish | None:
    """What the script says: `{"whole": false, "turn": 0, "quad": [[x, y], …] or null}`. None: not what it says."""
    if not isinstance(said, dict) or type(said.get("whole")) is not bool or type(said.get("turn")) is not int:
        return None
    given, turn = said.get("quad"), said["turn"]
    quad = quad_of(given)
    if not 0 <= turn <= 3 or (given is not None and quad is None):
        return None
    return Wish(quad=quad, turn=turn, whole=said["whole"])
