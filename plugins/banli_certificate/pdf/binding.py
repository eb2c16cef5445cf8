"""Puts signatures into PDFs: room for the client's, then theirs, then the company's seal with all that proves it later."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import re
from base64 import b64decode
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import cms, keys, x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import ExternalSigner, SimpleSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfSignatureMetadata,
    PdfSigner,
    PdfTBSDocument,
    TimestampDSSContentSettings,
)
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleCertificateStore

from banli.hooks import Box, Clock, Prepared, Record, Unavailable, Unfit
from banli_certificate.authority import CertificateAuthority, EmbeddedAuthority
from banli_certificate.pdf.attributes import signed_attributes
from banli_certificate.pdf.cms import loaded, signed_data
from banli_certificate.pdf.offices import Office, Offices
from banli_certificate.pdf.proving import Proof, Proofs, chain_of
from banli_certificate.pdf.stamping import SILENT, EmbeddedStamps, OutsideStamps, sign

CLIENT, SEAL = "Client", "Company"
"""The names of the two signature fields."""
RESERVED = 24576
"""Hex digits for a signature in the file: certificates and a time stamp of an authority with a long chain."""
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
PADES = SigSeedSubFilter.PADES
SURELY = RevocationCheckingPolicy(RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK)
"""Of a seal and stamps that the embedded authority has certified the list is at hand; its root, which is offline, makes none."""
FULLY = RevocationCheckingPolicy(RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.CHECK_IF_DECLARED)
"""Of an authority elsewhere what its certificates tell of is fetched, of those between too."""
AS_FAR = RevocationCheckingPolicy.from_legacy("soft-fail")
"""Of one whose certificates tell of no list, and where lists cannot be fetched (`lists: false`)."""
WITHIN = DSSContentSettings(
    include_vri=False, next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
)
"""What proves the stamps is written before the last of them, so that it covers all of the file."""
T = TypeVar("T")


class PdfBinder:
    """Every method runs in a thread: reading and writing a PDF takes some tens of milliseconds."""

    def __init__(
        self, authority: CertificateAuthority, offices: Offices, clock: Clock, *, tsa: Mapping[str, Any] | None = None,
        fonts: Path | None = None, lists: bool = True, embedded: EmbeddedAuthority | None = None,
    ) -> None:  # fmt: skip
        self._authority, self._offices, self._clock, self._tsa, self.fonts = authority, offices, clock, tsa, fonts
        self._proofs, self._embedded = Proofs(clock) if lists else None, embedded
        logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
        logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)

    async def prepare(self, pdf: bytes, box: Box | None) -> Prepared:
        return await _aside(prepared(pdf, box, self._clock()))

    async def finish(self, prepared: bytes, signature: Record) -> bytes:
        certificate, above = await self._certificates(str(signature["serial"]))
        return await _aside(finished(prepared, b64decode(signature["pdf"]["signature"]), certificate, above, None))

    async def seal(self, prepared: bytes, signature: Record) -> bytes:
        serial = str(signature["serial"])
        certificate, above = await self._certificates(serial)
        office, (stamps, trusted) = await self._offices.get("seal"), await self._stamps()
        chain = [_loaded(one.public_bytes(Encoding.DER)) for one in office.chain]
        known = {await self._authority.crl(serial), await self._authority.crl(office.serial)}
        proofs, policy = await self._proved(office, stamps, trusted)
        if self._embedded is not None:
            known |= {await self._embedded.above(serial), await self._embedded.above(office.serial)} - {b""}
        lists = sorted(known.union(*(one.lists for one in proofs)))
        answers = [answer for one in proofs for answer in one.answers]
        now, value = self._clock(), b64decode(signature["pdf"]["signature"])

        async def bound() -> bytes:
            content = await finished(prepared, value, certificate, above, stamps)
            return await sealed(content, office, chain, [certificate, *above], lists, answers, stamps, now, trusted, policy)

        try:
            return await _aside(bound())
        except TimestampRequestError:
            raise Unavailable(SILENT) from None
        except (PathError, ValidationError, SigningError):
            # The seal's own certificate is revoked or over: sealed it would prove nothing.
            raise Unavailable("certificate_no_seal") from None

    async def vouch(self, content: bytes) -> bytes:
        office, (stamps, _) = await self._offices.get("seal"), await self._stamps()
        return await _aside(vouched(content, office, stamps))

    async def _stamps(self) -> tuple[TimeStamper, list[x509.Certificate]]:
        """Who stamps times, an authority elsewhere or the company itself, and the root under which that has to be certified."""
        if self._tsa is None:
            office = await self._offices.get("stamp")
            return EmbeddedStamps(office, self._clock), [_loaded(office.chain[-1].public_bytes(Encoding.DER))]
        try:
            roots = load_pem_x509_certificates(await asyncio.to_thread(Path(str(self._tsa["root"])).read_bytes))
        except (OSError, ValueError):
            raise Unavailable("certificate_stamps_silent") from None
        return OutsideStamps(str(self._tsa["url"])), [_loaded(one.public_bytes(Encoding.DER)) for one in roots]

    async def _proved(
        self, office: Office, stamps: TimeStamper, trusted: Sequence[x509.Certificate]
    ) -> tuple[list[Proof], RevocationCheckingPolicy]:
        """What authorities elsewhere say of who stamps and of the seal, and how surely all of it can be told."""
        chains = [[office.certificate, *office.chain]] if office.outside else []
        if self._tsa is not None and self._proofs is not None:
            try:
                token = await _aside(stamps.async_dummy_response("sha256"))
            except TimestampRequestError:
                raise Unavailable(SILENT) from None
            told = [load_der_x509_certificate(one.chosen.dump()) for one in token["content"]["certificates"]]
            chains.append(chain_of(told, [load_der_x509_certificate(one.dump()) for one in trusted]))
        elif self._tsa is not None:
            return [], AS_FAR
        if not chains:
            return [], SURELY
        proofs = [await self._proofs.of(chain) for chain in chains] if self._proofs is not None else []
        return proofs, FULLY if proofs and all(one.surely for one in proofs) else AS_FAR

    async def _certificates(self, serial: str) -> tuple[x509.Certificate, list[x509.Certificate]]:
        content = await self._authority.certificate(serial)
        if content is None:
            raise Unavailable("certificate_authority_silent")
        return _loaded(content), [_loaded(one) for one in await self._authority.chain(serial)]


class _Timed(PdfSigner):  # type: ignore[misc]
    """By our clock, not the machine's."""

    def __init__(self, now: datetime, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self._now = now

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._now
        return session


class _Sealer(SimpleSigner):  # type: ignore[misc]
    """Writes its signatures as `cms` does."""

    async def async_sign_prescribed_attributes(
        self, digest_algorithm: str, signed_attrs: cms.CMSAttributes, cms_version: Any = "v1", dry_run: bool = False,
        timestamper: TimeStamper | None = None, encap_content_info: Any = None,
    ) -> cms.ContentInfo:  # fmt: skip
        attributes: bytes = signed_attrs.dump()
        signature: bytes = await self.async_sign_raw(attributes, digest_algorithm, dry_run)
        own, above = self.signing_cert, [one.dump() for one in self.cert_registry]
        assert own is not None
        stamp = await stamped(signature, timestamper)
        return loaded(cms.ContentInfo, signed_data(own.dump(), above, attributes, signature, stamp=stamp))


async def prepared(pdf: bytes, box: Box | None, now: datetime) -> Prepared:
    """With an empty place for the client's signature. Raises `Unfit`."""
    meta = PdfSignatureMetadata(field_name=CLIENT, md_algorithm="sha256", subfilter=PADES)
    style = StaticStampStyle(background=RawContent(b"", box=BoxConstraints(100, 100)), border_width=0)
    left, low, right, high = (round(edge) for edge in box) if box is not None else (0, 0, 0, 0)
    field = SigFieldSpec(CLIENT, on_page=0, box=(left, low, right, high) if box is not None else None)
    nobody = ExternalSigner(signing_cert=None, cert_registry=None, signature_value=bytes(72))
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        session = _Timed(now, meta, signer=nobody, stamp_style=style, new_field_spec=field).init_signing_session(writer)
        document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
        digest, output = document.digest_tbs_document()
    except (PdfError, SigningError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as problem:
        raise Unfit(type(problem).__name__) from None
    content = output.getvalue()
    return Prepared(content, digest.document_digest.hex())


async def finished(
    prepared: bytes, signature: bytes, certificate: x509.Certificate, above: Sequence[x509.Certificate],
    stamps: TimeStamper | None,
) -> bytes:  # fmt: skip
    """With the client's signature in its place. What was signed is made again from the file: another file takes no signature."""
    digest = ranged(prepared)
    attributes = signed_attributes(digest.document_digest, certificate.dump())
    made = signed_data(
        certificate.dump(), [one.dump() for one in above], attributes, signature, stamp=await stamped(signature, stamps)
    )
    output = io.BytesIO(prepared)
    await PdfTBSDocument.async_finish_signing(output, digest, made)
    return output.getvalue()


async def vouched(content: bytes, office: Office, stamps: TimeStamper) -> bytes:
    own = office.certificate.public_bytes(Encoding.DER)
    attributes = signed_attributes(hashlib.sha256(content).digest(), own)
    signature = sign(office.key, attributes)
    above = [one.public_bytes(Encoding.DER) for one in office.chain[:-1]]
    return signed_data(own, above, attributes, signature, stamp=await stamped(signature, stamps))


async def stamped(signature: bytes, stamps: TimeStamper | None) -> bytes:
    """A time stamp of a signature (DER); b"" where nobody stamps."""
    if stamps is None:
        return b""
    token = await stamps.async_timestamp(hashlib.sha256(signature).digest(), "sha256")
    content: bytes = token.dump()
    return content


def ranged(prepared: bytes) -> PreparedByteRangeDigest:
    """Where the signature of a prepared file goes, and the SHA-256 of all the rest. It is the last of its signatures."""
    found = list(BYTE_RANGE.finditer(prepared))
    if not found:
        raise Unfit("no place for a signature")
    start, first, second, rest = (int(number) for number in found[-1].groups())
    if start or not 0 < first < second or second + rest != len(prepared) or prepared[first : first + 1] != b"<":
        raise Unfit("no place for a signature")
    digest = hashlib.sha256(prepared[:first] + prepared[second : second + rest]).digest()
    return PreparedByteRangeDigest(digest, first, second)


async def sealed(
    pdf: bytes, office: Office, chain: Sequence[x509.Certificate], client: Sequence[x509.Certificate], lists: Sequence[bytes],
    answers: Sequence[bytes], stamps: TimeStamper, now: datetime, trusted: Sequence[x509.Certificate],
    policy: RevocationCheckingPolicy,
) -> bytes:  # fmt: skip
    """With the company's seal, a time stamp of it, what was revoked by then, and a time stamp over all (PAdES B-LTA).
    `trusted`: who may certify those who stamp; `client`: the client's certificate and those above it."""
    registry = SimpleCertificateStore()
    for one in chain:
        registry.register(one)
    private = office.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = _Sealer(
        signing_cert=_loaded(office.certificate.public_bytes(Encoding.DER)), signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=registry,
    )  # fmt: skip
    about = ValidationContext(
        trust_roots=[chain[-1], *trusted], other_certs=list(chain[:-1]), crls=list(lists), ocsps=list(answers), moment=now,
        revinfo_policy=CertRevTrustPolicy(policy), allow_fetching=False,
    )  # fmt: skip
    meta = PdfSignatureMetadata(
        field_name=SEAL, md_algorithm="sha256", subfilter=PADES, embed_validation_info=True, use_pades_lta=True,
        validation_context=about, dss_settings=WITHIN,
    )  # fmt: skip
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    # Of all who have signed, not only of those whom the seal's own check has met.
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=[*client, *chain, *trusted], ocsps=[loaded(OCSPResponse, one) for one in answers],
        crls=[loaded(CertificateList, one) for one in lists],
    )  # fmt: skip
    field = SigFieldSpec(SEAL)
    made = await _Timed(now, meta, signer=signer, timestamper=stamps, new_field_spec=field).async_sign_pdf(
        writer, bytes_reserved=RESERVED
    )
    content = made.getvalue()
    assert isinstance(content, bytes)
    return content


async def _aside(work: Coroutine[Any, Any, T]) -> T:
    """In a thread with a loop of its own."""
    return await asyncio.to_thread(lambda: asyncio.run(work))


def _loaded(content: bytes) -> x509.Certificate:
    return loaded(x509.Certificate, content)
