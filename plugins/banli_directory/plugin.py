"""The plugin: offers the directory, what flows can ask of it and have done by it, and the simulator's pages in a demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from banli.definitions.source import read
from banli.errors import DefinitionError, Mistake, Place
from banli.hooks import ActionKind, Directory, Home, InquiryKind, Page, Plugin
from banli_directory.kinds import WORDS, AccountInquiry, DirectoryRequest
from banli_directory.pages import SimulatorPages
from banli_directory.samples import OWN, read_samples
from banli_directory.simulator import OutOfService, Simulator
from banli_directory.switches import SLOWEST, Switches
from banli_directory.updates import Properties


class DirectoryPlugin(Plugin):
    name = "banli_directory"
    words: ClassVar[Mapping[str, str]] = WORDS
    required: ClassVar[Sequence[str]] = ("system",)
    options: ClassVar[Mapping[str, Any]] = {
        "system": {
            "enum": ["simulator", "failing"],
            "description": "simulator: sample clients in a file of its own; failing: never answers, for trials.",
        },
        "samples": {
            "type": "string",
            "description": "A file of sample clients in the folder of the definitions, in place of the plugin's.",
        },
        "latency": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "integer", "minimum": 0, "maximum": SLOWEST},
            "description": "Shortest and longest time of an answer in milliseconds. Default: [0, 0].",
        },
        "decision": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "integer", "minimum": 0, "maximum": 86_400_000},
            "description": "Shortest and longest time until a request is decided, in milliseconds. Default: [0, 0].",
        },
        "timeout": {
            "type": "integer",
            "minimum": 1,
            "maximum": SLOWEST,
            "description": "How many milliseconds are waited for an answer. Default: 5000.",
        },
        "allow_in_production": {
            "type": "boolean",
            "description": "Lets it start where real clients come. Changes then reach nobody.",
        },
    }

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        low, high = options.get("latency") or (0, 0)
        self.simulator = Simulator(
            home.folder / "core.db",
            home.clock,
            record_properties(home.definitions / "client.yaml"),
            start=Switches(latency=(low, max(low, high))),
            timeout=options.get("timeout", 5000),
            decision=tuple(options.get("decision") or (0, 0)),
        )
        self._answers = OutOfService() if options.get("system") == "failing" else self.simulator

    def directory(self) -> Directory:
        return self._answers

    def actions(self) -> Sequence[ActionKind]:
        return (DirectoryRequest(self._answers),)

    def inquiries(self) -> Sequence[InquiryKind]:
        return (AccountInquiry(self._answers),)

    def pages(self) -> Sequence[Page]:
        return SimulatorPages(self.simulator).all()

    def sample_lines(self) -> Sequence[str]:
        """What a newcomer needs to log in: ID number, company, and what is special."""
        samples = read_samples(self._samples) if self._samples.is_file() else []
        return [f"{sample.record['id_number']}  {sample.company}  {sample.about}" for sample in samples]

    async def start(self) -> None:
        if self._misplaced:
            raise DefinitionError(
                [
                    Mistake(
                        Place("definitions/site.yaml"),
                        "not-for-production",
                        "'banli_directory' only simulates a core system.",
                        "List a plugin that reaches the company's own one, or set allow_in_production: true.",
                    )
                ]
            )
        await self.simulator.open(self._samples)

    async def stop(self) -> None:
        await self.simulator.close()

    async def check(self) -> str:
        if self._misplaced:
            return "The simulated core system must not serve real clients: changes would reach nobody."
        if not self._samples.is_file():
            return f"There is no file of sample clients at {self._samples}."
        if self._answers is not self.simulator:
            return "The directory is set to fail (system: failing)."
        return ""

    @property
    def _misplaced(self) -> bool:
        return not self.home.demo and not self.settings.get("allow_in_production")

    @property
    def _samples(self) -> Path:
        own = self.settings.get("samples")
        return self.home.definitions / own if own else OWN


def record_properties(client_file: Path) -> Properties:
    """What the record may hold by `client.yaml`. Nothing is known where there is none: then anything is taken."""
    if not client_file.is_file():
        return Properties()
    data = read(client_file.name, client_file.read_bytes()).data or {}
    properties: Mapping[str, Any] = (data.get("schema") or {}).get("properties") or {}
    photos = {
        name for name, schema in properties.items() if isinstance(schema, Mapping) and schema.get("$ref") == "banli:photo"
    }
    numbered = {
        name
        for name, schema in properties.items()
        if isinstance(schema, Mapping) and "id" in ((schema.get("items") or {}).get("properties") or {})
    }
    return Properties(frozenset(properties), frozenset(photos), frozenset(numbered))
