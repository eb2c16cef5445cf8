"""Writes the first files of a site, a form, a flow or a plugin: small, complete, and right at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

SITE: Mapping[str, str] = {
    "definitions/site.yaml": """\
title: {name}
languages: [zh_CN]
entrance: [sample]
plugins:
  - banli_captcha
  - banli_otp: {{gateway: outbox}}
  - banli_directory: {{system: simulator, samples: ../samples.yaml}}
menu: {{my_business: My business}}
""",
    "samples.yaml": """\
# Invented clients of the simulated core system, for trials.
companies:
  sample:
    clients:
      - about: everything on file
        ref: "1"
        accounts: [futures]
        record: {{name: Sample One, id_number: 410105199508130039, contact_mobile: "13900010001", email: one@example.com}}
""",
    "definitions/client.yaml": """\
schema:
  type: object
  required: [name, id_number]
  properties:
    name:           {{title: Name, type: string, pii: true}}
    id_number:      {{title: ID number, type: string, format: cn-id-number, pii: true}}
    contact_mobile: {{title: Mobile, type: string, format: cn-mobile, pii: true}}
    email:          {{title: E-mail, type: string, format: email, pii: true}}
""",
    "definitions/companies/sample/company.yaml": """\
name: A sample company
short_name: Sample
hotline: 400-000-0000
businesses:
  - first
""",
    "definitions/agreements/privacy_policy.yaml": """\
title: Privacy policy
number: P-1
kind: policy
format: markdown
text: |
  ## What we keep and why
  Write your own text here.
""",
    "definitions/forms/login.yaml": """\
title: Log in
schema:
  type: object
  required: [id_number, captcha, sms_code, privacy]
  properties:
    id_number: {{$ref: 'client:id_number'}}
    captcha:   {{title: Characters in the picture, type: string}}
    sms_code:  {{title: Code, type: string, pattern: '^\\d{{6}}$'}}
    privacy:   {{title: I have read and agree to the privacy policy, const: true}}
layout:
  - id_number
  - captcha: {{kind: captcha}}
  - sms_code: {{kind: otp, to: client.contact_mobile, purpose: login}}
  - privacy: {{agreement: privacy_policy}}
""",
}
FORM = """\
title: {title}
schema:
  type: object
  required: [email]
  properties:
    email: {{title: E-mail, type: string, format: email, pii: true}}
layout:
  - email: {{prefill: client.email}}
"""
FLOW = """\
title: {title}
summary: What this business is for
login: login
stages: {{data: Your data}}
steps:
  - form: {{id: {form}, stage: data}}
  - submit: {{text: 'Thank you. We will look at it.'}}
review:
  reasons:
    - unclear: {{text: Please look at it once more, reopen: [{form}]}}
approved:
  - directory.update: {{fields: changed}}
states: {{open: begun, submitted: waiting, in_review: being looked at, returned: to be corrected, approved: approved,
  delivering: on its way, done: done, rejected: rejected, abandoned: given up, expired: expired}}
"""
STORY = """\
title: A client corrects the e-mail address, and a reviewer agrees
business: first
at: 2026-11-24T10:00
client: {name: Sample One, id_number: '410105199508130039', email: one@example.com}
story:
  - start
  - first_page: {email: two}
    expect: {problems: {email: format}}
  - first_page: {email: two@example.com}
    expect: {state: submitted, changes: {email: two@example.com}}
  - claim: reviewer
  - approve
  - deliver: {directory.update: done}
    expect: {state: done}
"""
PLUGIN: Mapping[str, str] = {
    "pyproject.toml": """\
[project]
name = "{dashed}"
version = "0.1.0"
dependencies = ["banli>=0.1,<0.2"]

[project.optional-dependencies]
test = ["pytest", "pytest-asyncio"]

[project.entry-points."banli.plugins"]
{name} = "{name}:Added"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.pytest.ini_options]
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
""",
    "{name}/__init__.py": '''\
"""{name}: says in one line what it adds."""

from banli.fields import FieldKind
from banli.hooks import Plugin


class Upper(FieldKind):
    """A text that is kept in capitals."""

    name = "upper"

    def clean(self, field, text):
        return text.upper()


class Added(Plugin):
    name = "{name}"

    def fields(self):
        return [Upper()]
''',
    "tests/test_{name}.py": '''\
from {name} import Upper


def test_what_is_typed_is_kept_in_capitals():
    assert Upper().clean(None, "abc") == "ABC"
''',
    "README.md": "# {name}\n\nWhat it adds, its settings in `site.yaml`, its variables in the environment, how it is tested.\n",
}


class NameTaken(Exception):
    """There is something of that name already; nothing is ever written over."""


def make(kind: str, name: str, folder: Path) -> list[Path]:
    """Writes the files of a new `kind` called `name`; the paths written. A site is a folder, the others go into one.

    Raises ValueError for a name that cannot be an id, NameTaken rather than write over a file.
    """
    word = Path(name).name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
        raise ValueError(f"'{word}' cannot be a name. Use a to z, 0 to 9 and _, starting with a letter.")
    title = word.replace("_", " ").capitalize()
    if kind in ("form", "flow") and not (folder / "definitions").is_dir():
        raise ValueError(f"{folder} is not a site: it has no folder 'definitions'. Go into a site, or name one with --site.")
    if kind == "site":
        files = {Path(name) / path: text.format(name=title) for path, text in SITE.items()}
        files[Path(name) / "definitions/forms/first_page.yaml"] = FORM.format(title="First page")
        files[Path(name) / "definitions/flows/first.yaml"] = FLOW.format(title="A first business", form="first_page")
        files[Path(name) / "definitions/scenarios/first.yaml"] = STORY
    elif kind == "form":
        files = {folder / f"definitions/forms/{word}.yaml": FORM.format(title=title)}
    elif kind == "flow":
        files = {
            folder / f"definitions/flows/{word}.yaml": FLOW.format(title=title, form=f"{word}_page"),
            folder / f"definitions/forms/{word}_page.yaml": FORM.format(title=title),
        }
    else:
        names = {"name": word, "dashed": word.replace("_", "-")}
        files = {folder / word / path.format(**names): text.format(**names) for path, text in PLUGIN.items()}
    taken = [path for path in files if path.exists()]
    if taken:
        raise NameTaken(f"{taken[0]} exists already. Choose another name, or remove it first.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)
