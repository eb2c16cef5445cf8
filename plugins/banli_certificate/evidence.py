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
    found, chains = list[Exhibit](), dict[tuple[bytes, ...], str]()
    for serial in sorted({str(one.get("serial", "")) for one in signatures} - {""}):
        content = await authority.certificate(serial)
        if content is None:
            continue
        certificate, chain = x509.load_der_x509_certificate(content), await authority.chain(serial)
        issuer = x509.load_der_x509_certificate(chain[0])
        asking = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
        answer = await authority.ocsp(asking.public_bytes(Encoding.DER))
        found.append(Exhibit(f"certificates/{serial}.pem", "certificate", certificate.public_bytes(Encoding.PEM)))
        found.append(Exhibit(f"revocation/{serial}.ocsp", "ocsp", answer))
        chains.setdefault(chain, serial)
    if not found:
        return found
    # The company's own certificates stand in the PDFs too; these tell which of the names there are the company's.
    for place, office in enumerate(offices, 1):
        found.append(Exhibit(f"certificates/office-{place}.pem", "office", office.certificate.public_bytes(Encoding.PEM)))
        if not office.outside:
            chains.setdefault(tuple(one.public_bytes(Encoding.DER) for one in office.chain), office.serial)
    for place, (chain, serial) in enumerate(chains.items(), 1):
        more = f"-{place}" if place > 1 else ""
        above = b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in chain)
        found.append(Exhibit(f"certificates/authority{more}.pem", "chain", above))
        found.append(Exhibit(f"revocation/list{more}.crl", "crl", await authority.crl(serial)))
    return found
