"""Finds the installed plugins, makes the active ones, and gathers what they add."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, TypeVar

from banli.definitions.kinds import ActionShape, FieldShape, InquiryShape, Kinds, PluginShape, StepShape, ThemeShape
from banli.errors import DefinitionError
from banli.expressions import FUNCTIONS
from banli.fields import Fields
from banli.hooks import ActionKind, Attendant, CaptchaMaker, Directory, Home, InquiryKind, Plugin, Signer, SmsGateway
from banli.mailing import EmailSend
from banli.steps import Steps
from banli.texting import SmsSend
from banli.updating import DirectoryUpdate

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
        self._directory = _one("directory", ((plugin, plugin.directory()) for plugin in active))
        self._sms = _one("sms", ((plugin, plugin.sms()) for plugin in active))
        self._captcha = _one("captcha", ((plugin, plugin.captcha()) for plugin in active))
        self.imaging = _one("imaging", ((plugin, plugin.imaging()) for plugin in active))
        """The only part that a site can do without."""
        mail = _one("mail", ((plugin, plugin.mail()) for plugin in active))
        ours = (
            DirectoryUpdate(self._directory) if self._directory is not None else None,
            SmsSend(self._sms) if self._sms is not None else None,
            EmailSend(mail) if mail is not None else None,
        )
        theirs = (action for plugin in active for action in plugin.actions())
        self.actions: Mapping[str, ActionKind] = {a.name: a for a in (*ours, *theirs) if a is not None}
        self.attendants: Mapping[str, Attendant] = {a.step: a for plugin in self.active for a in plugin.attendants()}
        self.signers: Mapping[str, Signer] = {s.name: s for plugin in self.active for s in plugin.signers()}
        named: Sequence[Plugin | type[Plugin]] = (*self.left_out, *self.active)
        self.words: Mapping[str, str] = {code: msgid for plugin in named for code, msgid in plugin.words.items()}
        self.inquiries: Mapping[str, InquiryKind] = {i.name: i for plugin in self.active for i in plugin.inquiries()}

    @property
    def directory(self) -> Directory:
        return _needed("directory", self._directory)

    @property
    def sms(self) -> SmsGateway:
        return _needed("sms", self._sms)

    @property
    def captcha(self) -> CaptchaMaker:
        return _needed("captcha", self._captcha)

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


class Unmade(MissingPart):
    """A plugin that cannot be made: of its settings the checker knows, anything else is a mistake in it."""

    def __init__(self, name: str, why: Exception) -> None:
        last = traceback.extract_tb(why.__traceback__)[-1]
        super().__init__(
            f"The plugin '{name}' cannot be made: {type(why).__name__}: {why} ({last.filename}, line {last.lineno})."
        )


def _refuse_twice(what: str, known: Sequence[str], more: Sequence[tuple[Plugin, str]]) -> None:
    """A plugin never replaces a kind in silence, ours or another plugin's."""
    taken = set(known)
    for plugin, name in more:
        if name in taken:
            raise MissingPart(f"The plugin '{plugin.name}' brings a {what} kind '{name}', but there is one already. Rename it.")
        taken.add(name)


def _one(what: str, offers: Iterable[tuple[Plugin, T | None]]) -> T | None:
    """What one of the plugins offers. Of two nobody could tell which was meant."""
    found = [(plugin.name, offer) for plugin, offer in offers if offer is not None]
    if len(found) > 1:
        names = " and ".join(f"'{name}'" for name, _ in found)
        raise MissingPart(f"The plugins {names} offer '{what}'. List only one of them under `plugins` in site.yaml.")
    return found[0][1] if found else None


def _needed(what: str, offer: T | None) -> T:
    if offer is None:
        raise MissingPart(f"No active plugin offers '{what}'. List one that does under `plugins` in site.yaml.")
    return offer


def activate(
    wanted: Mapping[str, Mapping[str, Any]], available: Mapping[str, type[Plugin]], homes: Mapping[str, Home]
) -> Plugins:
    """The plugins that `site.yaml` lists, made with their settings. Unknown names are the checker's business. Raises `Unmade`
    for one that cannot be made."""
    known = {name: said for name, said in wanted.items() if name in available}
    left = [name for name, said in known.items() if said.get(OPTIONAL) is True and lacking(available[name])]
    active = [_make(available[name], said, homes[name]) for name, said in known.items() if name not in left]
    return Plugins(active, [available[name] for name in left])


def _make(kind: type[Plugin], said: Mapping[str, Any], home: Home) -> Plugin:
    try:
        return kind({key: value for key, value in said.items() if key != OPTIONAL}, home)
    except DefinitionError:
        raise
    except Exception as why:
        raise Unmade(kind.name, why) from why


def settings_of(available: Mapping[str, type[Plugin]]) -> dict[str, PluginShape]:
    """The settings that each installed plugin has, for the checker of site.yaml."""
    return {name: PluginShape(name, kind.options, tuple(kind.required)) for name, kind in available.items()}


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
            k.name: StepShape(**{part.name: getattr(k, part.name) for part in fields(StepShape)})
            for k in plugins.steps.kinds.values()
        },
        actions={a.name: ActionShape(a.name, a.options, tuple(a.required), a.refers) for a in plugins.actions.values()},
        inquiries={
            i.name: InquiryShape(i.name, i.options, tuple(i.required), i.answers) for i in plugins.inquiries.values()
        },
        signers={s.name: s.needs for s in plugins.signers.values()},
        plugins=settings_of(available),
        functions=FUNCTIONS.plus(functions) if functions else FUNCTIONS,
        facts=facts,
        codes=plugins.words,
        themes=themes,
        environment=environment,
    )
