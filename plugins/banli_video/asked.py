"""What the desk's pages say, as far as it makes sense: anybody may have written it."""

from __future__ import annotations

from collections.abc import Mapping


def number_of(said: object) -> int:
    """A whole number from a page; -1 for anything else."""
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 2**53 else -1


def counts_of(said: object) -> dict[int, int]:
    """How many chunks there must be, by segment."""
    if not isinstance(said, Mapping):
        return {}
    return {int(k): n for k, v in said.items() if str(k).isdigit() and len(str(k)) < 4 and (n := number_of(v)) >= 0}


def queues_of(said: object) -> dict[str, list[str]]:
    """The lines that an agent has chosen, by company."""
    if not isinstance(said, Mapping):
        return {}
    return {
        str(company)[:40]: [code[:80] for code in codes[:200] if isinstance(code, str)]
        for company, codes in said.items() if isinstance(codes, list)
    }  # fmt: skip
