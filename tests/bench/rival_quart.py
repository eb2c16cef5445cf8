"""The yardstick: the same journey hand-written on Quart and Hypercorn with one aiosqlite connection and nothing else.

With a third word, `uvicorn`, on that server: as fast as Quart can be made to walk it, for one who wants nothing but speed."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import secrets
import sys
from datetime import date
from typing import Any

import aiosqlite
import uvicorn
from hypercorn.asyncio import serve
from hypercorn.config import Config
from jinja2 import Environment, Template
from quart import Quart, Response, redirect, request

from .fields20 import ALL, CHOICES, HIDDEN, REQUIRED, SELECTS, TEXTS

FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title><link rel="stylesheet" href="/static/plain.css"></head><body><header><h1>{{ title }}</h1></header>
<main><form method="post"><input type="hidden" name="csrf" value="{{ csrf }}">
BODY<button>Next</button></form></main></body></html>"""
SCHEMA = """pragma journal_mode = wal; pragma synchronous = full;
create table if not exists session (token text primary key, data text)"""
KEEP = "insert into session values (?, ?) on conflict (token) do update set data = excluded.data"


def _text(name: str) -> str:
    return (
        f'<p class="field"><label for="{name}">{name}</label><input id="{name}" name="{name}" value="{{{{ v.{name}|e }}}}"'
        f'{{% if e.{name} %}} aria-invalid="true" aria-describedby="{name}-e"{{% endif %}}>'
        f'{{% if e.{name} %}}<span id="{name}-e" class="error">{{{{ e.{name} }}}}</span>{{% endif %}}</p>'
    )


def _choice(name: str) -> str:
    wrong = f'{{% if e.{name} %}}<span class="error">{{{{ e.{name} }}}}</span>{{% endif %}}'
    if name in SELECTS:
        options = "".join(
            f'<option value="{code}"{{% if "{code}" in v.{name} %}} selected{{% endif %}}>{code}</option>'
            for code in CHOICES[name]
        )
        select = f'<select id="{name}" name="{name}"><option></option>{options}</select>'
        return f'<p class="field"><label for="{name}">{name}</label>{select}{wrong}</p>'
    kind = "checkbox" if name == "products" else "radio"
    options = "".join(
        f'<label><input type="{kind}" name="{name}" value="{code}"'
        f'{{% if "{code}" in v.{name} %}} checked{{% endif %}}>{code}</label>'
        for code in CHOICES[name]
    )
    return f"<fieldset><legend>{name}</legend>{options}{wrong}</fieldset>"


def _tick(name: str) -> str:
    return f'<label><input type="checkbox" name="{name}" value="true">{name}</label>'


def _page(body: str) -> Template:
    return Environment(autoescape=True).from_string(FRAME.replace("BODY", body))


BIG = _page("".join([*map(_text, TEXTS), *map(_choice, CHOICES), *map(_text, HIDDEN)]))
LOGIN = _page(_text("id_number") + _text("account"))
TICKS = _page(_tick("contract") + _tick("risk"))
CONFIRM = _page("<dl>{% for k, x in rows %}<dt>{{ k }}</dt><dd>{{ x }}</dd>{% endfor %}</dl>")

EMPTY = dict.fromkeys(ALL, "")
app = Quart(__name__)
db: aiosqlite.Connection


async def state() -> tuple[str, dict[str, Any]]:
    token = request.cookies.get("s", "")
    if token:
        async with db.execute("select data from session where token = ?", (token,)) as cursor:
            row = await cursor.fetchone()
        if row:
            return token, json.loads(row[0])
    return "", {}


async def keep(token: str, data: dict[str, Any]) -> None:
    await db.execute(KEEP, (token, json.dumps(data)))
    await db.commit()


def check(form: Any) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in TEXTS:
        values[name] = form.get(name, "").strip()
    for name, codes in CHOICES.items():
        given = form.getlist(name)
        if any(code not in codes for code in given):
            errors[name] = "Please choose one of the options."
        values[name] = given
    for name, (other, code) in HIDDEN.items():
        if code in values[other]:
            values[name] = form.get(name, "").strip()
            if not values[name]:
                errors[name] = "Please fill in."
    for name in REQUIRED:
        if not values[name]:
            errors[name] = "Please fill in."
    if values["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", values["email"]):
        errors["email"] = "Please check."
    if values["postal_code"] and not re.fullmatch(r"\d{6}", values["postal_code"]):
        errors["postal_code"] = "Please check."
    if values["phone"] and not re.fullmatch(r"1[3-9]\d{9}", values["phone"]):
        errors["phone"] = "Please check."
    if values["birthday"]:
        try:
            date.fromisoformat(values["birthday"])
        except ValueError:
            errors["birthday"] = "Please check."
    if values["income"] and not values["income"].isdigit():
        errors["income"] = "Please check."
    return values, errors


def csrf_ok(data: dict[str, Any], form: Any) -> bool:
    return hmac.compare_digest(data.get("csrf", ""), form.get("csrf", ""))


@app.route("/login", methods=["GET", "POST"])
async def login() -> Any:
    token, data = await state()
    if request.method == "GET":
        token = token or secrets.token_urlsafe(32)
        data = {"csrf": secrets.token_urlsafe(16)}
        await keep(token, data)
        response = Response(LOGIN.render(title="Login", csrf=data["csrf"], v={}, e={}))
        response.set_cookie("s", token, httponly=True, samesite="Lax")
        return response
    form = await request.form
    if not csrf_ok(data, form):
        return "", 400
    if not form.get("id_number"):
        return LOGIN.render(title="Login", csrf=data["csrf"], v=form, e={"id_number": "Please fill in."}), 422
    data["login"] = {"id_number": form["id_number"], "account": form.get("account", "")}
    await keep(token, data)
    return redirect("/form", 303)


@app.route("/form", methods=["GET", "POST"])
async def form20() -> Any:
    token, data = await state()
    if request.method == "GET":
        return BIG.render(
            title="Form", csrf=data["csrf"], v=data.get("form", dict.fromkeys([*TEXTS, *HIDDEN, *CHOICES], "")), e={}
        )
    form = await request.form
    if not csrf_ok(data, form):
        return "", 400
    values, errors = check(form)
    if errors:
        return BIG.render(title="Form", csrf=data["csrf"], v=values, e=errors), 422
    data["form"] = values
    await keep(token, data)
    return redirect("/ticks", 303)


@app.route("/ticks", methods=["GET", "POST"])
async def ticks() -> Any:
    token, data = await state()
    if request.method == "GET":
        return TICKS.render(title="Agreements", csrf=data["csrf"])
    form = await request.form
    if not csrf_ok(data, form) or form.get("contract") != "true" or form.get("risk") != "true":
        return "", 400
    data["ticks"] = True
    await keep(token, data)
    return redirect("/confirm", 303)


@app.route("/confirm", methods=["GET", "POST"])
async def confirm() -> Any:
    token, data = await state()
    if request.method == "GET":
        return CONFIRM.render(title="Confirm", csrf=data["csrf"], rows=data["form"].items())
    form = await request.form
    if not csrf_ok(data, form):
        return "", 400
    data["done"] = True
    await keep(token, data)
    return redirect("/done", 303)


@app.route("/done")
async def done() -> Any:
    _, data = await state()
    return CONFIRM.render(title="Done", csrf="", rows=[("done", data.get("done"))])


async def main(path: str, port: int, server: str = "hypercorn") -> None:
    global db
    db = await aiosqlite.connect(path)
    await db.executescript(SCHEMA)
    if server == "uvicorn":
        quick = uvicorn.Config(app, port=port, http="httptools", loop="asyncio", lifespan="off", log_config=None, access_log=False)
        await uvicorn.Server(quick).serve()
        return
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.errorlog = None
    await serve(app, config)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
