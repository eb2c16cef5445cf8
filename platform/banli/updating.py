"""The action `directory.update`: what a case has changed arrives on file. Any plugin's directory takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from banli.hooks import ActionKind, Directory, Errand, Outcome


class DirectoryUpdate(ActionKind):
    """Changes the client's record: all that the case has changed, or only the properties that are named."""

    name = "directory.update"
    options: ClassVar[Mapping[str, Any]] = {
        "fields": {
            "oneOf": [
                {"const": "changed"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
            ],
            "description": "changed: all that the case has changed; or a list of properties of client.yaml.",
            "default": "changed",
        }
    }

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def run(self, errand: Errand) -> Outcome:
        fields = errand.options.get("fields", "changed")
        changes = {name: value for name, value in errand.changes.items() if fields == "changed" or name in fields}
        pictures = {name: picture for name, picture in errand.pictures.items() if fields == "changed" or name in fields}
        if not changes and not pictures:
            return Outcome(Outcome.DONE)
        if not errand.record.get("ref"):
            # Of a newcomer: whoever has the number on file is somebody else for all that is known.
            return Outcome(Outcome.REFUSED, "client_unknown")
        person = await self._directory.find(errand.company, str(errand.record.get("id_number", "")))
        if person is None:
            return Outcome(Outcome.REFUSED, "client_unknown")
        return await self._directory.update(errand.company, person.ref, changes, pictures, errand.key)
