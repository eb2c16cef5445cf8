"""`banli show`: what a company gets, merged, as YAML; on demand with the file and line that each value came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from banli.definitions.library import Library
from banli.definitions.source import Source, read
from banli.errors import DefinitionError, Mistake, Place, did_you_mean

_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`~=<][^\x00-\x1f\x7f\x85\u2028\u2029\ufeff]*\Z")


def show(library: Library, name: str, company: str = "", *, where: bool = False) -> str:
    """The merged YAML of `forms/other_info`, `site`, `client` or `company`. With `where` each value says its place.

    Places are known only of a library that was read without its cache.
    """
    if company and company not in library.company_ids:
        raise DefinitionError(
            [
                Mistake(
                    Place(name),
                    "unknown-company",
                    f"There is no company '{company}'.",
                    did_you_mean(company, library.company_ids),
                )
            ]
        )
    view = library.view(company)
    folder, _, file = name.removesuffix(".yaml").partition("/")
    source = view.get(folder, file or (company if folder == "company" else folder))
    if source is None:
        known = [f"{kind}/{one}" for _, kind, one in library.sources]
        raise DefinitionError([Mistake(Place(name), "unknown-file", f"There is no '{name}'.", did_you_mean(name, known))])
    return "\n".join(_map(source, source.data, (), "", where)) + "\n"


def _map(source: Source, data: dict[str, Any], path: tuple[str | int, ...], indent: str, where: bool) -> Iterator[str]:
    for key, value in data.items():
        yield from _value(source, f"{indent}{_text(key)}:", value, (*path, key), indent, where)


def _list(source: Source, data: list[Any], path: tuple[str | int, ...], indent: str, where: bool) -> Iterator[str]:
    for index, value in enumerate(data):
        here = (*path, index)
        if isinstance(value, dict) and value:
            lines = list(_map(source, value, here, f"{indent}  ", where))
            yield f"{indent}- {lines[0][len(indent) + 2 :]}"
            yield from lines[1:]
        else:
            yield from _value(source, f"{indent}-", value, here, indent, where)


def _value(source: Source, head: str, value: Any, path: tuple[str | int, ...], indent: str, where: bool) -> Iterator[str]:
    comment = f"  # {source.place(path)}" if where else ""
    if isinstance(value, dict) and value:
        yield head
        yield from _map(source, value, path, f"{indent}  ", where)
    elif isinstance(value, list) and value:
        yield head
        yield from _list(source, value, path, f"{indent}  ", where)
    elif isinstance(value, str) and "\n" in value and _block(value):
        ending = "" if value.endswith("\n") and not value.endswith("\n\n") else "-" if not value.endswith("\n") else "+"
        yield f"{head} |{ending}{comment}"
        yield from (f"{indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}{comment}"


def _block(value: str) -> bool:
    """Can it be written as a literal block?"""
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]", value) and value[0] not in " \t\n"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return json.dumps(value)


def _text(value: str) -> str:
    """The text plain where it reads back as the same text, else in quotes."""
    plain = _PLAIN.match(value) and ": " not in value and " #" not in value and not value.endswith((":", " "))
    if plain and read("", f"a: {value}".encode()).data == {"a": value}:
        return value
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]", value):
        return json.dumps(value)
    return "'" + value.replace("'", "''") + "'"
