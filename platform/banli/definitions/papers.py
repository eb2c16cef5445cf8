"""Agreements whose text is a PDF: the file beside the YAML, its digest, and what cannot be shown of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from banli.definitions.build import PAPER
from banli.definitions.source import Source
from banli.errors import Mistake, Place, did_you_mean
from banli.pdfs import MOST_BYTES, MOST_PAGES, Unreadable, look

Key = tuple[str, str, str]

_WRONG = {
    "not-a-pdf": ("This is no PDF.", "Save it as PDF."),
    "encrypted": ("This PDF is locked with a password.", "Save it without one."),
    "too-many-pages": (f"This PDF has more than {MOST_PAGES} pages.", "Split it into several agreements."),
    "odd-pages": ("A page of this PDF is too small, or more than four times as high as wide.", "Save it with pages such as A4."),
    "broken": ("This PDF cannot be read.", "Save it anew."),
}


def attach(
    sources: Mapping[Key, Source], files: Mapping[str, bytes], pages: dict[str, int]
) -> tuple[dict[Key, Source], list[Mistake]]:
    """The sources with what is known of the PDFs that they name, and what is wrong with PDFs that none of them names. `pages`
    keeps how many a PDF has, by its digest: looking takes a while."""
    found, used = dict(sources), set[str]()
    for key, source in sources.items():
        if key[1] != "agreements" or not isinstance(source.data, dict):
            continue
        if PAPER in source.data:
            wrong = source.mistake((PAPER,), "unknown-key", f"There is no key '{PAPER}' here.", "Delete it.", key=True)
            found[key] = replace(source, data=None, mistakes=(*source.mistakes, wrong))
        elif isinstance(source.data.get("file"), str):
            name = f"{source.file.rpartition('/')[0]}/{source.data['file']}"
            used.add(name)
            found[key] = _with_paper(source, name, files, pages)
    loose = [
        Mistake(Place(name), "unused-file", "No agreement names this file.", "Name it: 'format: pdf' and 'file: …'.")
        for name in files
        if name not in used
    ]
    return found, loose


def _with_paper(source: Source, name: str, files: Mapping[str, bytes], pages: dict[str, int]) -> Source:
    content = files.get(name)
    if content is None:
        folder = name.rpartition("/")[0]
        known = [other.rpartition("/")[2] for other in files if other.rpartition("/")[0] == folder]
        cure = did_you_mean(source.data["file"], known) or f"Put it into {folder}/."
        return _wrong(source, "missing-file", f"There is no file '{source.data['file']}' beside this one.", cure)
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // (1024 * 1024)
        return _wrong(source, "too-large", f"The PDF has more than {most} MB.", "Save it smaller: phones have to load it.")
    digest = hashlib.sha256(content).hexdigest()
    try:
        pages[digest] = pages.get(digest) or len(look(content))
    except Unreadable as problem:
        return _wrong(source, problem.code, *_WRONG[problem.code])
    known_of_it = {"sha256": digest, "bytes": len(content), "pages": pages[digest]}
    return replace(source, data={**source.data, PAPER: known_of_it})


def _wrong(source: Source, code: str, what: str, cure: str) -> Source:
    return replace(source, mistakes=(*source.mistakes, source.mistake(("file",), code, what, cure)))


def papers_in(folder: Path) -> dict[str, Path]:
    """By digest the PDFs that lie among the definitions."""
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.rglob("agreements/*.pdf")}


def papers_of(bundle: Mapping[str, Any]) -> Iterator[str]:
    """The digests of the PDFs that a bundle shows. The bundle carries the digest, the store keeps the bytes."""
    for data in bundle.get("agreements", {}).values():
        if data.get("format") == "pdf":
            yield str(data[PAPER]["sha256"])
