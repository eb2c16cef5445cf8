"""What authorities elsewhere have revoked (of who stamps times, of the seal): fetched, so that it goes into the file."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from banli.evidence.verify_chain import answered, issued, may
from banli.hooks import Clock, Unavailable
from banli_certificate.authority.cmp.listed import SKEW, RevocationList
from banli_certificate.authority.cmp.wire import Wire

SILENT = "certificate_lists_silent"
LARGEST = 256 * 1024
"""Bytes of an answer."""
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Proof:
    """Lists and answers (OCSP), DER. `surely`: there is one of the first certificate of the chain, whose key is in daily use."""

    lists: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()
    surely: bool = False


class Proofs:
    """Asks where the certificates themselves say. A list is fetched once in five minutes; while it cannot be had the last one
    counts until its end."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._wire = clock, Wire(timeout=10)
        self._lists: dict[tuple[str, bytes], RevocationList] = {}

    async def of(self, chain: Sequence[x509.Certificate]) -> Proof:
        """Of these certificates, each issued by the next one, the root last. May raise `Unavailable`: there is an address that
        does not answer, or not as it should. Who names no address has nothing to be put into a file."""
        lists, answers, sure = list[bytes](), list[bytes](), list[bool]()
        for one, above in pairwise(chain):
            if address := next(_listed(one), ""):
                key = address, above.public_bytes(Encoding.DER)
                kept = self._lists.setdefault(key, RevocationList(address, above, self._wire, self._clock))
                lists.append(await _surely(kept.content()))
            elif address := next(_asked(one), ""):
                answers.append(await self._answer(address, one, above))
            sure.append(bool(address))
        return Proof(tuple(lists), tuple(answers), bool(sure) and sure[0])

    async def _answer(self, address: str, one: x509.Certificate, above: x509.Certificate) -> bytes:
        question = ocsp.OCSPRequestBuilder().add_certificate(one, above, hashes.SHA1()).build()  # noqa: S303 - what all answer to
        sent = question.public_bytes(Encoding.DER)
        content = await _surely(self._wire.post(address, sent, "application/ocsp-request", LARGEST))
        now = self._clock()
        try:
            told = ocsp.load_der_ocsp_response(content)
            good = told.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL and told.serial_number == one.serial_number
            ends = told.next_update_utc if good else None
            fresh = good and told.this_update_utc <= now + SKEW and (ends is None or now < ends)
        except ValueError:
            fresh = False
        if not fresh or not answered(told, above):
            raise Unavailable(SILENT)
        return content


def chain_of(certificates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """From who stamps times, among the certificates of a stamp, up to one of the roots; [] when there is no way."""
    found = [one for one in certificates if may(one, ExtendedKeyUsageOID.TIME_STAMPING)][:1]
    while found and len(found) <= DEEPEST:
        if root := next((one for one in roots if issued(found[-1], one)), None):
            return [*found, root]
        found += [one for one in certificates if one not in found and issued(found[-1], one)][:1] or [found[0]] * DEEPEST
    return []


def _listed(one: x509.Certificate) -> Iterator[str]:
    for it in one.extensions:
        if isinstance(it.value, x509.CRLDistributionPoints):
            for point in it.value:
                yield from _of_the_web(point.full_name or ())


def _asked(one: x509.Certificate) -> Iterator[str]:
    for it in one.extensions:
        if isinstance(it.value, x509.AuthorityInformationAccess):
            told = (about.access_location for about in it.value if about.access_method == AuthorityInformationAccessOID.OCSP)
            yield from _of_the_web(list(told))


def _of_the_web(names: Sequence[x509.GeneralName]) -> Iterator[str]:
    for name in names:
        if isinstance(name, x509.UniformResourceIdentifier) and urlsplit(name.value).scheme in ("http", "https"):
            yield name.value


async def _surely(work: Awaitable[bytes]) -> bytes:
    try:
        return await work
    except Unavailable:
        raise Unavailable(SILENT) from None
