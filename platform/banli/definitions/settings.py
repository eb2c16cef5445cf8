"""The settings of plugins in site.yaml, looked at alone: a plugin that cannot be made with them cannot say what it adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from banli.definitions.entries import Entry, entries
from banli.definitions.kinds import Kinds, PluginShape
from banli.definitions.shape import Shapes
from banli.definitions.source import Source
from banli.errors import Mistake


def mistakes(source: Source, known: Mapping[str, PluginShape]) -> list[Mistake]:
    """What is wrong with the shape of site.yaml."""
    if source.data is None:
        return list(source.mistakes)
    found = Shapes(Kinds(plugins=known)).check("site", source)
    for plugin in entries(source.data.get("plugins")):
        if plugin.id in known:
            found += bare(source, plugin, known[plugin.id])
    return found


def bare(source: Source, plugin: Entry, shape: PluginShape) -> Iterator[Mistake]:
    """A plugin that is only named has no settings of which the schema could miss one."""
    if not plugin.settings and shape.required:
        needed = shape.required[0]
        cure = f"Write '- {plugin.id}: {{{needed}: …}}'."
        yield source.mistake(("plugins", *plugin.path), "missing-key", f"'{needed}' is missing.", cure, key=True)
