"""Time stamps (RFC 3161): by an outside authority over HTTP, or by the embedded one, which is the company's own word."""

from __future__ import annotations

import hashlib
import secrets
import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper

from banli.hooks import Clock, Unavailable
from banli_certificate.authority.cmp import der
from banli_certificate.pdf.cms import signed_data
from banli_certificate.pdf.offices import Key, Office

POLICY = "2.25.231890147520937745601284039284116650921"
"""Stamps of the platform's own authority: the company's word, not a third party's. From a random UUID (X.667)."""
LARGEST = 64 * 1024
PATIENCE = 15.0
SILENT = "certificate_stamps_silent"


class EmbeddedStamps(TimeStamper):  # type: ignore[misc]
    """Stamps with a key of the site, by the site's clock."""

    def __init__(self, office: Office, clock: Clock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._office, self._clock = office, clock

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return answer(self._office, req, self._clock())


class OutsideStamps(TimeStamper):  # type: ignore[misc]
    """Asks an authority elsewhere. It is run in a thread of its own, so it may wait."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        try:
            content = self._asked(req.dump())
            told = tsp.TimeStampResp.load(content, strict=True)
            granted = told["status"]["status"].native in ("granted", "granted_with_mods")
        except (OSError, ValueError, TypeError, urllib.error.URLError):
            raise Unavailable(SILENT) from None
        if not granted:
            raise Unavailable("certificate_stamps_refused")
        return told

    def _asked(self, query: bytes) -> bytes:
        about = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        request = urllib.request.Request(self._url, query, about)  # noqa: S310 - the settings allow http and https only
        with urllib.request.urlopen(request, timeout=PATIENCE, context=ssl.create_default_context()) as reply:  # noqa: S310
            content: bytes = reply.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError("too long")
        return content


def answer(office: Office, request: tsp.TimeStampReq, now: datetime) -> tsp.TimeStampResp:
    """What an authority of time stamps answers."""
    certificate = x509.Certificate.load(office.certificate.public_bytes(Encoding.DER))
    about: dict[str, Any] = {
        "version": "v1", "policy": POLICY, "message_imprint": request["message_imprint"],
        "serial_number": secrets.randbits(120) | 1, "gen_time": now.astimezone(UTC).replace(microsecond=0),
        "accuracy": {"seconds": 1},
    }  # fmt: skip
    if request["nonce"].native is not None:
        about["nonce"] = request["nonce"]
    info = tsp.TSTInfo(about).dump()
    attributes = cms.CMSAttributes([
        simple_cms_attribute("content_type", "tst_info"),
        simple_cms_attribute("message_digest", hashlib.sha256(info).digest()),
        simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(certificate)),
    ])  # fmt: skip
    signed: bytes = attributes.dump()
    above = [one.public_bytes(Encoding.DER) for one in office.chain[:-1]]
    token = signed_data(certificate.dump(), above, signed, sign(office.key, signed), info=info)
    return tsp.TimeStampResp.load(der.sequence(der.sequence(der.integer(0)), token))


def sign(key: Key, content: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, ec.ECDSA(hashes.SHA256()))
    return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
