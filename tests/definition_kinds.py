"""The kinds as the checker gets them, for tests of the language: the built-in ones and a few invented plugins."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from banli.definitions.kinds import ActionShape, InquiryShape, Kinds, PluginShape, StepShape
from banli.hooks import Home
from banli.parts import system_clock, wanted_plugins
from banli.plugins import Plugins, activate, installed, kinds
from banli.sites import Site, bundled
from banli.texting import SmsSend
from banli.themes import read_themes
from banli_directory.kinds import AccountInquiry, DirectoryRequest

ONE = {"description": "Which one."}
BUILT_IN = kinds(Plugins([]), {})
KINDS = replace(
    BUILT_IN,
    steps={**BUILT_IN.steps, "witness": StepShape("witness", staffed=True), "seal": StepShape("seal", needs="witness")},
    actions={
        "directory.update": ActionShape(
            "directory.update", {"fields": {**ONE, "enum": ["changed", "all"]}}, required=("fields",)
        ),
        "directory.request": ActionShape("directory.request", DirectoryRequest.options, DirectoryRequest.required),
        "sms.send": ActionShape("sms.send", SmsSend.options, SmsSend.required, SmsSend.refers),
    },
    inquiries={"directory.account": InquiryShape("directory.account", answers=AccountInquiry.answers)},
    plugins={
        "banli_captcha": PluginShape("banli_captcha"),
        "banli_imaging": PluginShape("banli_imaging"),
        "banli_otp": PluginShape("banli_otp", {"gateway": {**ONE, "enum": ["outbox", "cmpp"]}}, required=("gateway",)),
        "banli_directory": PluginShape("banli_directory", {"system": {**ONE, "enum": ["simulator"]}}, required=("system",)),
    },
    themes={name: theme.shape() for name, theme in read_themes(bundled() / "themes").items()},
)


@cache
def of_the_example() -> Kinds:
    """The kinds of the example site, with the plugins that it lists; none of them is started."""
    wanted, available = wanted_plugins(Site(bundled(), Path("nowhere"), "", "", environment="test")), installed()
    homes = {name: Home(Path("nowhere"), system_clock, True, bundled() / "definitions") for name in wanted}
    themes = {name: theme.shape() for name, theme in read_themes(bundled() / "themes").items()}
    return kinds(activate(wanted, available, homes), available, themes)
