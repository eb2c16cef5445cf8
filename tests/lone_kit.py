"""The example's definitions with fewer businesses, for tests that must not change with every business that comes."""

from __future__ import annotations

from pathlib import Path

from banli.definitions.entries import entries
from banli.definitions.source import read


def told_of(path: Path) -> str:
    """Which business a story or a migration is about; "" for another file."""
    return str((read(path.name, path.read_bytes()).data or {}).get("business", ""))


def offers_of(path: Path) -> list[str]:
    """The businesses of a company's file."""
    return [entry.id for entry in entries((read(path.name, path.read_bytes()).data or {}).get("businesses") or [])]


def alone(definitions: Path, business: str) -> Path:
    """These definitions with one business on every menu, and its stories. The flows of the others lie there unused."""
    for path in definitions.glob("companies/*/company.yaml"):
        path.write_text(company_without(path, {*offers_of(path)} - {business}), encoding="utf-8")
    for path in (found for folder in ("scenarios", "migrations") for found in definitions.rglob(f"{folder}/**/*.yaml")):
        if told_of(path) not in ("", business):
            path.unlink()
    return definitions


def company_without(path: Path, businesses: set[str]) -> str:
    """A company's file with empty lines where it offered these businesses, so that all else keeps its place."""
    text = path.read_text(encoding="utf-8")
    source, lines = read(path.name, text.encode()), text.splitlines()
    listed = list(entries((source.data or {}).get("businesses") or []))
    starts = [source.place(("businesses", index)).line for index in range(len(listed))]
    ends = [*starts[1:], next((at for at in range(starts[-1] + 1, len(lines) + 1) if lines[at - 1][:1].strip()), len(lines) + 1)]
    for entry, start, end in zip(listed, starts, ends, strict=True):
        if entry.id in businesses:
            lines[start - 1 : end - 1] = [""] * (end - start)
    if all(entry.id in businesses for entry in listed):
        lines[lines.index("businesses:")] = "businesses: []"
    return "\n".join(lines) + "\n"
