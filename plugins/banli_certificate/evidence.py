"""What the authority adds to the evidence of a case: the certificates, those above them, and what is revoked by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from banli.hooks import Exhibit
from banli_certificate.authority import CertificateAuthority
from banli_certificate.pdf.offices import Office


async def exhibits(
    authority: CertificateAuthority, signatures: Sequence[Mapping[str, Any]], offices: Sequence[Office] = ()
) -> list[Exhibit]:
    """Everything that is needed to check the signatures by certificates of this authority. Those of another signer, whose
    serials it has never given, are not its business."""
    found, chain, last = list[Exhibit](), list[x509.Certificate](), ""
    for serial in sorted({str(one.get("serial", "")) for one in signatures} - {""}):
        content = await authority.certificate(serial)
        if content is None:
            continue
        certificate, last = x509.load_der_x509_certificate(content), serial
        chain = [x509.load_der_x509_certificate(one) for one in await authority.chain(serial)]
        asking = ocsp.OCSPRequestBuilder().add_certificate(certificate, chain[0], hashes.SHA256()).build()
        answer = await authority.ocsp(asking.public_bytes(Encoding.DER))
        found.append(Exhibit(f"certificates/{serial}.pem", "certificate", certificate.public_bytes(Encoding.PEM)))
        found.append(Exhibit(f"revocation/{serial}.ocsp", "ocsp", answer))
    if found:
        above = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
        found.append(Exhibit("certificates/authority.pem", "chain", above))
        found.append(Exhibit("revocation/list.crl", "crl", await authority.crl(last)))
        # Their certificates stand in the PDFs too; these tell which of the names there are the company's.
        for place, office in enumerate(offices, 1):
            found.append(Exhibit(f"certificates/office-{place}.pem", "office", office.certificate.public_bytes(Encoding.PEM)))
    return found
