"""The texts of a case as its client was shown them, for whoever needs them without a request."""

from __future__ import annotations

from collections.abc import Callable

from banli.caseload import Held
from banli.parts import Parts
from banli.signing import Showing
from banli.web.guard import Guard
from banli.web.printing import showing_of
from banli.web.shell import Guest, Shell


def retelling(parts: Parts) -> Callable[[Held, str], Showing]:
    """Draws texts as the pages of the client do. Raises KeyError for a language that the site no longer has."""
    shell = Shell(parts, Guard(parts.site))

    def showing(held: Held, language: str) -> Showing:
        translator = parts.catalogues.translator(language)
        guest = Guest(held.edition.company, None, translator, shell.plain(translator))
        return showing_of(shell, guest, held)

    return showing
