"""Finds the installed plugins, makes the active ones, and gathers what they add."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, TypeVar

from banli.definitions.kinds import ActionShape, FieldShape, InquiryShape, Kinds, PluginShape, StepShape, ThemeShape
from banli.expressions import FUNCTIONS
from banli.fields import Fields
from banli.hooks import ActionKind, Attendant, CaptchaMaker, Directory, Home, Imaging, InquiryKind, Plugin, Signer, SmsGateway
from banli.mailing import EmailSend
from banli.steps import Steps

GROUP = "banli.plugins"
OPTIONAL = "optional"
"""The setting that every plugin has: the site does without it where what it needs is not installed."""
T = TypeVar("T")


def installed() -> dict[str, type[Plugin]]:
    """The plugins that are there to be switched on, by name. One that cannot be loaded is told of and left out."""
    found: dict[str, type[Plugin]] = {}
    for entry in entry_points(group=GROUP):
        try:
            plugin = entry.load()
        except Exception as problem:
            sys.stderr.write(f"The installed plugin '{entry.name}' cannot be loaded ({type(problem).__name__}: {problem}).\n")
            continue
        found[plugin.name] = plugin
    return dict(sorted(found.items()))


class Plugins:
    """The active plugins of one application, in the order of `site.yaml`; `left_out` are those that are listed as optional
    and cannot work here."""

    def __init__(self, active: Sequence[Plugin], left_out: Sequence[type[Plugin]] = ()) -> None:
        self.active, self.left_out = tuple(active), tuple(left_out)
        _refuse_twice("field", [k.name for k in Fields().kinds.values()], [(p, k.name) for p in active for k in p.fields()])
        _refuse_twice("step", [k.name for k in Steps().kinds.values()], [(p, k.name) for p in active for k in p.steps()])
        self.fields = Fields(tuple(kind for plugin in self.active for kind in plugin.fields()))
        self.steps = Steps(tuple(kind for plugin in self.active for kind in plugin.steps()))
        actions: Mapping[str, ActionKind] = {a.name: a for plugin in self.active for a in plugin.actions()}
        mail = next((offer for plugin in self.active if (offer := plugin.mail()) is not None), None)
        self.actions = {EmailSend.name: EmailSend(mail), **actions} if mail is not None else actions
        self.attendants: Mapping[str, Attendant] = {a.step: a for plugin in self.active for a in plugin.attendants()}
        self.signers: Mapping[str, Signer] = {s.name: s for plugin in self.active for s in plugin.signers()}
        named: Sequence[Plugin | type[Plugin]] = (*self.left_out, *self.active)
        self.words: Mapping[str, str] = {code: msgid for plugin in named for code, msgid in plugin.words.items()}
        self.inquiries: Mapping[str, InquiryKind] = {i.name: i for plugin in self.active for i in plugin.inquiries()}

    @cached_property
    def directory(self) -> Directory:
        return _only("directory", (plugin.directory() for plugin in self.active))

    @cached_property
    def sms(self) -> SmsGateway:
        return _only("sms", (plugin.sms() for plugin in self.active))

    @cached_property
    def captcha(self) -> CaptchaMaker:
        return _only("captcha", (plugin.captcha() for plugin in self.active))

    @cached_property
    def imaging(self) -> Imaging | None:
        """The only part that a site can do without."""
        return next((offer for plugin in self.active if (offer := plugin.imaging()) is not None), None)

    async def know(self, company: str, client: str) -> dict[str, object]:
        """What all plugins know of a client now."""
        known: dict[str, object] = {}
        for plugin in self.active:
            if plugin.facts():
                known |= await plugin.know(company, client)
        return known

    async def start(self) -> None:
        for plugin in self.active:
            await plugin.start()

    async def stop(self) -> None:
        for plugin in reversed(self.active):
            await plugin.stop()


def lacking(kind: type[Plugin]) -> str:
    """What a plugin needs and does not find here, in a sentence for the operator; "" where all is there."""
    gone = [module for module in kind.needs if find_spec(module) is None]
    if not gone:
        return ""
    extras = dict.fromkeys(f"the extra '{kind.needs[module]}'" for module in gone)
    return f"{' and '.join(gone)} cannot be imported. Install {' and '.join(extras)}."


class MissingPart(Exception):
    """The site uses something that no active plugin gives, or two give the same."""


def _refuse_twice(what: str, known: Sequence[str], more: Sequence[tuple[Plugin, str]]) -> None:
    """A plugin never replaces a kind in silence, ours or another plugin's."""
    taken = set(known)
    for plugin, name in more:
        if name in taken:
            raise MissingPart(f"The plugin '{plugin.name}' brings a {what} kind '{name}', but there is one already. Rename it.")
        taken.add(name)


def _only(what: str, offers: Iterable[T | None]) -> T:
    found = next((offer for offer in offers if offer is not None), None)
    if found is None:
        raise MissingPart(f"No active plugin offers '{what}'. List one that does under `plugins` in site.yaml.")
    return found


def activate(
    wanted: Mapping[str, Mapping[str, Any]], available: Mapping[str, type[Plugin]], homes: Mapping[str, Home]
) -> Plugins:
    """The plugins that `site.yaml` lists, made with their settings. Unknown names are the checker's business."""
    known = {name: said for name, said in wanted.items() if name in available}
    left = [name for name, said in known.items() if said.get(OPTIONAL) is True and lacking(available[name])]
    active = [
        available[name]({key: value for key, value in said.items() if key != OPTIONAL}, homes[name])
        for name, said in known.items() if name not in left
    ]  # fmt: skip
    return Plugins(active, [available[name] for name in left])


def kinds(
    plugins: Plugins, available: Mapping[str, type[Plugin]], themes: Mapping[str, ThemeShape] | None = None,
    environment: str = "",
) -> Kinds:
    """What the definitions can name with these plugins: handed down to their checker."""
    functions = {name: function for plugin in plugins.active for name, function in plugin.functions().items()}
    facts = {name: schema for plugin in plugins.active for name, schema in plugin.facts().items()}
    return Kinds(
        fields={
            k.name: FieldShape(
                k.name, k.options, k.accepts, k.required, k.refers, k.types, k.in_rows and k.keeps and not k.outside
            )
            for k in plugins.fields.kinds.values()
        },
        steps={
            k.name: StepShape(
                k.name, k.options, k.required, k.refers, k.fields, k.word, k.values, k.ends, k.asks, k.cases, k.asking,
                k.staffed, k.needs, k.many,
            )
            for k in plugins.steps.kinds.values()
        },
        actions={a.name: ActionShape(a.name, a.options, tuple(a.required), a.refers) for a in plugins.actions.values()},
        inquiries={
            i.name: InquiryShape(i.name, i.options, tuple(i.required), i.answers) for i in plugins.inquiries.values()
        },
        signers={s.name: s.needs for s in plugins.signers.values()},
        plugins={n: PluginShape(n, p.options, tuple(p.required)) for n, p in available.items()},
        functions=FUNCTIONS.plus(functions) if functions else FUNCTIONS,
        facts=facts,
        codes=plugins.words,
        themes=themes,
        environment=environment,
    )
