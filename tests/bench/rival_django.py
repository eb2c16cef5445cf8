"""The same journey in Django with django-formtools' named wizard and database sessions, served by gunicorn."""

from __future__ import annotations

import json
import os
from typing import Any

import django
from django import forms
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse

from .fields20 import CHOICES, HIDDEN, REQUIRED, SELECTS, TEXTS

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Form</title><link rel="stylesheet" href="/static/plain.css"></head><body><header><h1>Form</h1></header>
<main><form method="post">{% csrf_token %}{{ wizard.management_form }}{{ wizard.form.as_p }}
{% for k, x in rows %}<p>{{ k }}: {{ x }}</p>{% endfor %}<button>Next</button></form></main></body></html>"""
TEMPLATES = ("django.template.loaders.locmem.Loader", {"page.html": PAGE})

settings.configure(
    DEBUG=False,
    SECRET_KEY="for-the-bench-only",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    # As `startproject` makes it, without the admin.
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "formtools",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DB"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "pragma journal_mode = wal; pragma synchronous = full"},
        }
    },
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.cached.Loader", [TEMPLATES])],
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.urls import path  # noqa: E402
from formtools.wizard.views import NamedUrlSessionWizardView  # noqa: E402


class Login(forms.Form):
    id_number = forms.CharField()
    account = forms.CharField(required=False)


def _fields() -> dict[str, forms.Field]:
    made: dict[str, forms.Field] = {}
    for name in [*TEXTS, *HIDDEN]:
        made[name] = forms.CharField(required=name in REQUIRED)
    made["email"] = forms.EmailField(required=False)
    made["postal_code"] = forms.RegexField(r"^\d{6}$")
    made["phone"] = forms.RegexField(r"^1[3-9]\d{9}$")
    made["birthday"] = forms.DateField(required=False)
    made["income"] = forms.IntegerField(required=False)
    for name, codes in CHOICES.items():
        pairs = [(code, code) for code in codes]
        if name == "products":
            made[name] = forms.MultipleChoiceField(choices=pairs, widget=forms.CheckboxSelectMultiple)
        else:
            look = forms.Select if name in SELECTS else forms.RadioSelect
            made[name] = forms.ChoiceField(choices=pairs, widget=look, required=name in REQUIRED)
    return made


def _clean(self: forms.Form) -> dict[str, Any]:
    data = forms.Form.clean(self) or self.cleaned_data
    for name, (other, code) in HIDDEN.items():
        if code in (data.get(other) or ()) and not data.get(name):
            self.add_error(name, "Please fill in.")
    return data


Big = type("Big", (forms.Form,), {**_fields(), "clean": _clean})


class Ticks(forms.Form):
    contract = forms.BooleanField()
    risk = forms.BooleanField()


class Confirm(forms.Form):
    pass


class Wizard(NamedUrlSessionWizardView):
    form_list = [("login", Login), ("form", Big), ("ticks", Ticks), ("confirm", Confirm)]
    template_name = "page.html"

    def get_context_data(self, form: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=form, **kwargs)
        if self.steps.current == "confirm":
            context["rows"] = self.get_cleaned_data_for_step("form").items()
        return context

    def done(self, form_list: Any, **kwargs: Any) -> HttpResponse:
        data = json.dumps(self.get_all_cleaned_data(), default=str)
        with connection.cursor() as cursor:
            cursor.execute("insert into submitted (data) values (%s)", [data])
        return HttpResponse("done: True")


wizard = Wizard.as_view(url_name="step", done_step_name="done")
urlpatterns = [path("<slug:step>", wizard, name="step")]
call_command("migrate", verbosity=0)
with connection.cursor() as started:
    started.execute("create table if not exists submitted (id integer primary key, data text)")
connection.close()
application = get_wsgi_application()
