"""The small pages of plugins below `/plugins/<name>/`: the outbox of a demo, the switches of a simulator."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from quart import Blueprint, Response, abort, make_response, redirect, request
from quart.typing import ResponseReturnValue

from banli.hooks import Page, Plugin, Service, Unavailable
from banli.parts import Parts, templates_of
from banli.web import desk_words
from banli.web.guard import Guard

COOKIE = "banli_demo"


def plugin_pages(parts: Parts, guard: Guard) -> Blueprint:
    """Every page of an active plugin that may be seen on this site: in a demo all, else only those that say so."""
    blueprint = Blueprint("plugins", __name__, url_prefix="/plugins")
    shown = {
        (plugin.name, page.path.strip("/")): (plugin, page)
        for plugin in parts.plugins.active
        for page in plugin.pages()
        if parts.site.demo or page.in_production
    }
    services = {(p.name, one.path.strip("/")): one for p in parts.plugins.active for one in p.services()}

    @blueprint.get("/<name>/")
    @blueprint.get("/<name>/<path:path>")
    async def show(name: str, path: str = "") -> ResponseReturnValue:
        if (name, path) in services:
            return await _serve(services[name, path], b"")
        plugin, page = shown.get((name, path)) or abort(404)
        token = guard.token(request, COOKIE) or guard.csrf("demo")
        body = await _draw(parts, plugin, page, dict(request.args), guard.csrf(token))
        response = await make_response(body)
        response.headers["Cache-Control"] = "no-store"
        guard.give(response, COOKIE, token, "/plugins")
        return response

    @blueprint.post("/<name>/")
    @blueprint.post("/<name>/<path:path>")
    async def change(name: str, path: str = "") -> ResponseReturnValue:
        if (name, path) in services:
            service = services[name, path]
            if not request.content_length or request.content_length > service.most:
                abort(413)
            return await _serve(service, cast(bytes, await request.get_data()))
        _, page = shown.get((name, path)) or abort(404)
        posted = await request.form
        if page.change is None or not guard.csrf_ok(guard.token(request, COOKIE), posted.get("_csrf")):
            abort(400)
        told = await page.change({key: value for key, value in posted.items() if key != "_csrf"})
        return redirect(f"{request.path}?{urlencode(told)}" if told else request.path, 303)

    return blueprint


async def _serve(service: Service, said: bytes) -> ResponseReturnValue:
    try:
        answer = await service.answer(said)
    except Unavailable:
        abort(503)
    return Response(answer.content, content_type=answer.media_type, headers={"Cache-Control": "no-cache"})


async def _draw(parts: Parts, plugin: Plugin, page: Page, query: dict[str, str], csrf: str) -> str:
    """The plugin's own template, in its own environment: it sees its values, the words of the reader's language, `at` for times
    as the companies' clocks show them, and the frame `plugin.html` of the theme `plain`."""
    values = await page.show(query)
    environment = Environment(
        loader=FileSystemLoader([templates_of(plugin), parts.themes.folder / "plain" / "templates"]),
        autoescape=select_autoescape(default=True, default_for_string=True),
    )
    language = parts.catalogues.choose(
        request.args.get("lang") or request.cookies.get("lang"), request.headers.get("Accept-Language", "")
    )
    environment.globals["_"] = parts.catalogues.translator(language).gettext
    environment.globals["at"] = desk_words.at
    field = Markup('<input type="hidden" name="_csrf" value="{}">').format(csrf)
    return environment.get_template(page.template).render(
        **values,
        csrf_field=field,
        language=language.replace("_", "-"),
        stylesheet=parts.themes.stylesheet("plain"),
        beside=parts.themes.stylesheet("plain", file="plugin"),
    )
