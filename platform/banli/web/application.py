"""Quart, without what our pages never use: cookies that hold a session, host names that lead to other pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import CO_COROUTINE
from typing import Any

from hypercorn.typing import WebsocketScope
from quart import Quart, Request
from quart.asgi import ASGIWebsocketConnection
from quart.sessions import NullSession, SessionInterface
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import MapAdapter

from banli.web.exchange import Exchange

AHEAD = 16
"""So many sayings of a wire are taken in before somebody listens."""


class NoSessions(SessionInterface):
    """Who somebody is stands in the store (see `guard`), never in a cookie."""

    async def open_session(self, app: Quart, request: Any) -> NullSession:
        return NullSession()


class Values(ImmutableMultiDict[str, str]):
    """What came with the address, as cookies or in a form. Werkzeug makes an exception for each name that is not there."""

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        return super().get(key, default, type) if key in self else default


class Asked(Request):
    parameter_storage_class = Values
    dict_storage_class = Values


class Wire(ASGIWebsocketConnection):
    """Takes in no more than is listened to, so that the other end has to wait; Quart itself would keep all that comes."""

    def __init__(self, app: Quart, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self.queue = asyncio.Queue(AHEAD)


class Application(Quart):
    """What Quart asks itself anew for each request is answered at once here: together a tenth of what a page costs."""

    asgi_http_class = Exchange
    asgi_websocket_class = Wire
    request_class = Asked
    session_interface = NoSessions()  # type: ignore[assignment]

    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        code = getattr(func, "__code__", None)
        return func if code is not None and code.co_flags & CO_COROUTINE else super().ensure_async(func)

    def create_url_adapter(self, request: Any) -> MapAdapter | None:
        """Every address leads to the same page whatever the host is called, so that the name is not taken apart."""
        if request is None:
            return None
        return MapAdapter(
            self.url_map, request.host, request.root_path, "", request.scheme, request.path, request.method,
            request.query_string.decode("latin-1"),
        )  # fmt: skip
