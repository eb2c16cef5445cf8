"""Cookies, cross-site forgery, addresses, headers: what every request passes."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Sequence
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


def headers(frames: Sequence[str] = ()) -> dict[str, str]:
    """The same, where pages of these origins are shown in frames: with camera and microphone, as a vendor's video room is."""
    if not frames:
        return HEADERS
    origins = " ".join(frames)
    quoted = " ".join(f'"{origin}"' for origin in frames)
    return {
        **HEADERS,
        "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; frame-src {origins}",
        "Permissions-Policy": HEADERS["Permissions-Policy"].replace("(self)", f"(self {quoted})"),
    }


MOST_FORM = 256 * 1024
"""Bytes of a posted page without files. Quart limits those with files only, and takes a page apart in one go."""


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

    def refuses(self, request: Any) -> int:
        """The status for a request that no page of ours makes, or 0.

        NUL is in no address of ours, and PostgreSQL takes it in no text. A post from another site is refused before it is
        read; browsers that do not say where it comes from meet the forgery token.
        """
        if "\0" in request.path or b"%00" in request.query_string or b"\0" in request.query_string:
            return 404
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return 0
        if request.headers.get("Sec-Fetch-Site", "") == "cross-site":
            return 400
        if request.method == "PUT":
            return 0  # bytes that a script hands over: whoever takes them has a limit of their own
        return 413 if request.mimetype != "multipart/form-data" and _length(request) > MOST_FORM else 0

    def address(self, request: Any) -> str:
        """Where a request comes from, for limits; behind `proxies` trusted proxies what the outermost of them saw.

        Of IPv6 the network (/64): whoever has one address of it has them all.
        """
        told = str(request.remote_addr or "")
        if self.proxies:
            named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
            told = named[-self.proxies] if len(named) >= self.proxies else told
        try:
            found = ipaddress.ip_address(told.strip("[]").partition("%")[0])
        except ValueError:
            return told[:80]
        if isinstance(found, ipaddress.IPv4Address):
            return str(found)
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def _length(request: Any) -> int:
    """How long the body says it is. Browsers say it of every page; who does not is taken to mean no end."""
    if request.content_length is None and (request.http_version == "2" or "Transfer-Encoding" in request.headers):
        return MOST_FORM + 1
    return int(request.content_length or 0)


def _mac(token: str, salt: str) -> str:
    return hmac.digest(token.encode(), b"csrf|" + salt.encode(), "sha256").hex()[:32]
