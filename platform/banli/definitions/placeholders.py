"""The names that the `{{ … }}` of a text stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_JINJA = ImmutableSandboxedEnvironment(autoescape=False)
_template = lru_cache(maxsize=1000)(_JINJA.from_string)
"""Compiling a sentence costs a hundred times what filling it does; there are only as many as authors wrote."""


@lru_cache(maxsize=1000)
def named_in(text: str) -> frozenset[str]:
    """The dotted names in a text: `{"client.name", "questionnaire.level"}`. A text that is not well formed names nothing."""
    if "{" not in text:
        return frozenset()
    try:
        tree = _JINJA.parse(text)
    except TemplateSyntaxError:
        return frozenset()
    found = set()
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name):
            found.add(f"{node.node.name}.{node.attr}")
    return frozenset(found)


def texts_in(value: Any) -> Iterator[str]:
    """All texts in settings, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def filled(text: str, names: Mapping[str, Any]) -> str:
    """The text with its placeholders filled, in a sandbox. Plain text: nothing is escaped."""
    return _template(text).render(names) if "{" in text else text
