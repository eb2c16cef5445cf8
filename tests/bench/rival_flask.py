"""The same journey in Flask with Flask-WTF and a state row in SQLite, served by gunicorn."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from typing import Any

from flask import Flask, redirect, render_template, request, session
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
    validators,
    widgets,
)

from .fields20 import CHOICES, HIDDEN, REQUIRED, SELECTS, TEXTS

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Form</title><link rel="stylesheet" href="/static/plain.css"></head><body><header><h1>Form</h1></header>
<main><form method="post">{{ form.hidden_tag() }}
{% for f in form if f.name != "csrf_token" %}<p class="field">{{ f.label }}{{ f() }}
{% for e in f.errors %}<span class="error">{{ e }}</span>{% endfor %}</p>{% endfor %}
{% for k, x in rows %}<p>{{ k }}: {{ x }}</p>{% endfor %}<button>Next</button></form></main></body></html>"""
SCHEMA = """pragma journal_mode = wal; pragma synchronous = full;
create table if not exists state (token text primary key, data text)"""
KEEP = "insert into state values (?, ?) on conflict (token) do update set data = excluded.data"

application = Flask(__name__)
application.secret_key = "for-the-bench-only"
application.jinja_loader = DictLoader({"page.html": PAGE})
db = sqlite3.connect(os.environ["BENCH_DB"], check_same_thread=False)
db.executescript(SCHEMA)


class Login(FlaskForm):
    id_number = StringField(validators=[validators.InputRequired()])
    account = StringField()


def _required(name: str) -> list[Any]:
    return [validators.InputRequired() if name in REQUIRED else validators.Optional()]


def _needed(other: str, code: str) -> Any:
    def check(form: FlaskForm, field: Any) -> None:
        if code in (form[other].data or ()) and not field.data:
            raise ValidationError("Please fill in.")

    return check


def _fields() -> dict[str, Any]:
    made: dict[str, Any] = {name: StringField(validators=_required(name)) for name in TEXTS}
    made["email"] = StringField(validators=[validators.Optional(), validators.Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+")])
    made["postal_code"] = StringField(validators=[validators.InputRequired(), validators.Regexp(r"^\d{6}$")])
    made["phone"] = StringField(validators=[validators.InputRequired(), validators.Regexp(r"^1[3-9]\d{9}$")])
    made["birthday"] = DateField(validators=[validators.Optional()])
    made["income"] = IntegerField(validators=[validators.Optional()])
    for name, codes in CHOICES.items():
        if name == "products":
            look = {"widget": widgets.ListWidget(prefix_label=False), "option_widget": widgets.CheckboxInput()}
            made[name] = SelectMultipleField(choices=codes, validators=_required(name), **look)
        else:
            kind = SelectField if name in SELECTS else RadioField
            made[name] = kind(choices=codes, validators=_required(name))
    for name, (other, code) in HIDDEN.items():
        made[name] = StringField(validators=[_needed(other, code)])
    return made


Big = type("Big", (FlaskForm,), _fields())


class Ticks(FlaskForm):
    contract = BooleanField(validators=[validators.InputRequired()])
    risk = BooleanField(validators=[validators.InputRequired()])


class Confirm(FlaskForm):
    pass


STEPS: dict[str, tuple[type[FlaskForm], str]] = {
    "login": (Login, "form"),
    "form": (Big, "ticks"),
    "ticks": (Ticks, "confirm"),
    "confirm": (Confirm, "done"),
}


def _state() -> dict[str, Any]:
    row = db.execute("select data from state where token = ?", (session.get("token", ""),)).fetchone()
    return json.loads(row[0]) if row else {}


def _keep(data: dict[str, Any]) -> None:
    token = session.setdefault("token", secrets.token_urlsafe(32))
    db.execute(KEEP, (token, json.dumps(data, default=str)))
    db.commit()


@application.route("/<step>", methods=["GET", "POST"])
def page(step: str) -> Any:
    data = _state()
    if step == "done":
        return render_template("page.html", form=Confirm(), rows=[("done", data.get("confirm") is not None)])
    kind, following = STEPS[step]
    form = kind(data=data.get(step)) if request.method == "GET" else kind()
    if request.method == "POST" and form.validate():
        data[step] = {k: v for k, v in form.data.items() if k != "csrf_token"}
        _keep(data)
        return redirect(f"/{following}", 303)
    if request.method == "GET" and step == "login":
        _keep(data)
    rows = data.get("form", {}).items() if step == "confirm" else ()
    return render_template("page.html", form=form, rows=rows), 422 if request.method == "POST" else 200
