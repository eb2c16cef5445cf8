"""What a photo question wants to be read: words that stand on such a card, and names of the record that can hold them."""

from __future__ import annotations

from collections.abc import Iterator

from banli.definitions.checks.alike import spoken
from banli.definitions.checks.book import Book, Way, unknown
from banli.definitions.entries import Entry
from banli.definitions.readable import READABLE, takes
from banli.definitions.source import Source
from banli.errors import Mistake

_WORDS = {"text": "a text", "date": "a date", "date_range": "a range of dates"}


def check(book: Book, source: Source, entry: Entry, path: Way) -> Iterator[Mistake]:
    """`entry` is a photo question at `path`."""
    reads = entry.settings.get("reads")
    if not isinstance(reads, dict):
        return
    readable = READABLE.get(str(entry.settings.get("example", "")))
    if readable is None:
        what = f"Nobody knows what stands on the photo '{entry.id}'."
        cure = f"Add 'example' with one of: {', '.join(READABLE)}; or delete 'reads'."
        yield source.mistake((*path, "reads"), "reads-nothing", what, cure, key=True)
        return
    on_file = book.record.schema.get("properties", {})
    for word, target in reads.items():
        here = (*path, "reads", word)
        kind = readable.get(word)
        if kind is None:
            what = f"Nothing is read that is called '{word}'."
            yield unknown(source, here, "unknown-reading", what, word, readable, key=True)
            continue
        name = str(target).removeprefix("client.")
        if name not in on_file:
            yield unknown(source, here, "unknown-client-property", f"The record on file has no '{name}'.", name, on_file)
        elif not takes(on_file[name], kind):
            what = f"'{target}' holds {spoken(on_file[name])}, '{word}' is {_WORDS[kind]}."
            yield source.mistake(here, "reads-type", what, "Name a property that can hold it.")
