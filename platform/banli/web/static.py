"""Stylesheets and scripts: minified, compressed once, named by their content, kept by browsers for ever."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path

import rjsmin
from quart import Blueprint, Response, abort, request

from banli.parts import Parts, home_of

ASSETS = Path(__file__).parent / "assets"
FOR_EVER = "public, max-age=31536000, immutable"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_]+)\.js";[ \t]*\n', re.M)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) ([A-Za-z_$][\w$]*)", re.M)


class Scripts:
    """The ES modules of `assets/` and of plugins. Those that a page needs travel as one file: a phone on a bad network asks
    once. The name of a plugin's module begins with the plugin's own word, so that no two are the same."""

    def __init__(self, *plugins: Path) -> None:
        self.files = {path.stem: path for folder in (*plugins, ASSETS) for path in sorted(folder.glob("*.js"))}
        self.known = frozenset(self.files)
        self.bundle = lru_cache(maxsize=64)(self._bundle)
        self.version = lru_cache(maxsize=64)(lambda names: hashlib.sha256(self.bundle(names)).hexdigest()[:12])

    def url(self, *names: str) -> str:
        """The address of one file with these modules and those that they import."""
        wanted = tuple(sorted(set(names) & self.known))
        return f"/static/js/{'+'.join(wanted)}.js?v={self.version(wanted)}" if wanted else ""

    def _bundle(self, names: tuple[str, ...]) -> bytes:
        done: dict[str, str] = {}
        for name in names:
            self._add(name, done)
        # One alone may be loaded by another, later: it says what it has.
        given = _exports(self.files[names[0]].read_text(encoding="utf-8")) if len(names) == 1 else ""
        said = f"\nexport const {{ {given} }} = ${names[0]};" if given else ""
        return str(rjsmin.jsmin("\n".join(done.values()) + said)).encode()

    def _add(self, name: str, done: dict[str, str]) -> None:
        """Each module becomes a function of its own, so that their names do not meet."""
        if name in done:
            return
        text = self.files[name].read_text(encoding="utf-8")
        for _, other in _IMPORT.findall(text):
            self._add(other, done)
        given = _exports(text)
        text = _IMPORT.sub(lambda found: f"const {{{found[1].replace(' as ', ': ')}}} = ${found[2]};\n", text)
        body = _EXPORT.sub(r"\1 \2", text)
        done[name] = f"const ${name} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();"


def _exports(text: str) -> str:
    return ", ".join(found[1] for found in _EXPORT.findall(text))


_made = lru_cache(maxsize=8)(Scripts)
"""Files that never change while a process runs."""


def scripts_of(parts: Parts) -> Scripts:
    """All modules that the pages of this application can ask for."""
    return _made(*(folder for plugin in parts.plugins.active if (folder := home_of(plugin) / "static").is_dir()))


def static_files(parts: Parts) -> Blueprint:
    """`/static/…` and each company's `/<company>/theme.css`."""
    blueprint, scripts = Blueprint("static_files", __name__), scripts_of(parts)

    @blueprint.get("/static/js/<names>.js")
    async def script(names: str) -> Response:
        wanted = tuple(names.split("+"))
        if not set(wanted) <= scripts.known or list(wanted) != sorted(set(wanted)):
            abort(404)
        return _answer(scripts.bundle(wanted), "text/javascript", request.args.get("v") == scripts.version(wanted))

    @blueprint.get("/static/style/<theme>/<file>.css")
    async def style(theme: str, file: str) -> Response:
        if theme not in parts.themes.themes or not re.fullmatch("[a-z][a-z0-9_]*", file):
            abort(404)
        same = parts.themes.stylesheet(theme, file=file).endswith(f"={request.args.get('v')}")
        return _answer(parts.themes.css(theme, file=file).encode(), "text/css", same)

    @blueprint.get("/<company>/theme.css")
    async def own_style(company: str) -> Response:
        found = parts.library.company(company) or abort(404)
        theme = parts.themes.of(found)
        same = parts.themes.stylesheet(theme, found).endswith(f"={request.args.get('v')}")
        return _answer(parts.themes.css(theme, found).encode(), "text/css", same)

    @blueprint.get("/<company>/logo/<file>")
    async def logo(company: str, file: str) -> Response:
        found = parts.library.company(company) or abort(404)
        picture = parts.logos.picture(found, file) or abort(404)
        response = Response(picture.content, content_type=picture.media_type)
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response.headers["Cache-Control"] = FOR_EVER if request.args.get("v") == picture.version else "no-cache"
        return response

    return blueprint


def _answer(content: bytes, kind: str, same: bool) -> Response:
    """`same`: the address names this very content. Another version (of a newer worker) is not kept."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(_packed(content) if packed else content, content_type=f"{kind}; charset=utf-8")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = FOR_EVER if same else "no-cache"
    return response


@lru_cache(maxsize=128)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


async def squeeze(response: Response, accepted: str, kinds: tuple[str, ...] = ("text/html", "image/svg+xml")) -> Response:
    """Compresses a page.

    What stands on a page beside personal data could be guessed from its compressed length only by somebody who can put
    text of their own into it and see the length (BREACH). No page repeats anything from its address, a posted page needs
    the forgery token, and that token looks different on each page: so nobody but the client can choose such text.
    """
    if "gzip" in accepted and str(response.mimetype) in kinds and "Content-Encoding" not in response.headers:
        content = await response.get_data(as_text=False)
        if len(content) > 800:
            response.set_data(gzip.compress(content, 5, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response
