"""Cookies, cross-site forgery, addresses, headers: what every request passes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from banli.sites import Site

CLIENT, DESK = "banli", "banli_desk"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "media-src 'self' blob:; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer. No inline script or style anywhere, so the policy needs no exception."""


class Guard:
    """What stands between a browser and the house."""

    def __init__(self, site: Site) -> None:
        self.secure, self.proxies = site.secure_cookies, site.trusted_proxies

    def token(self, request: Any, name: str) -> str:
        """The session token that the browser sent, or ""."""
        return str(request.cookies.get(name, ""))

    def give(self, response: Any, name: str, token: str, path: str) -> None:
        """Sets the session cookie: for this session of the browser, for these pages, out of reach of scripts."""
        response.set_cookie(name, token, path=path, httponly=True, secure=self.secure, samesite="Lax")

    def take(self, response: Any, name: str, path: str) -> None:
        response.delete_cookie(name, path=path, httponly=True, secure=self.secure, samesite="Lax")

    def csrf(self, token: str) -> str:
        """A forgery token for this session, different in every page: a secret that repeats beside text that an
        attacker chooses could be guessed from the compressed length of the page (BREACH)."""
        salt = secrets.token_hex(8)
        return salt + _mac(token, salt)

    def csrf_ok(self, token: str, posted: str | None) -> bool:
        """Was `posted` made by `csrf` for this session?"""
        if not token or not posted or len(posted) != 16 + 32 or not posted.isascii():
            return False
        return hmac.compare_digest(posted[16:], _mac(token, posted[:16]))

    def address(self, request: Any) -> str:
        """The client's address; behind `proxies` trusted proxies the one that the outermost of them saw."""
        direct = str(request.remote_addr or "")
        if not self.proxies:
            return direct
        named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        return named[-self.proxies] if len(named) >= self.proxies else direct


def _mac(token: str, salt: str) -> str:
    return hmac.new(token.encode(), b"csrf|" + salt.encode(), hashlib.sha256).hexdigest()[:32]
