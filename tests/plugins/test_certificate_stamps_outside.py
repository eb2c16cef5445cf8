"""Time stamps by somebody else's authority: all that proves them later stands in the file (R-110 to R-113)."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from stamps_kit import Stamps, stamps

from app_fixtures import app_template
from banli.bindery import SEALS_AGAIN
from banli.evidence.collecting import gather
from banli.evidence.verify import holds, verify
from banli.web.retelling import retelling
from banli_certificate.pdf.binding import FULLY
from pdf_kit import held_of, papers_of, pdf_files, plugin_of, signed
from site_kit import Open, opened

__all__ = ["app_template", "opened"]


def site(there: Stamps, **more: Any) -> dict[str, str]:
    return pdf_files(tsa={"url": there.url, "root": str(there.folder / "root.pem")}, **more)


async def sealed(town: Any, pen: Any) -> list[bytes]:
    await town.parts.worker().run_due()
    return [paper.content for _, paper in (await papers_of(town, pen)).values() if paper.sealed]


async def last_error(town: Any, pen: Any) -> str:
    held = await held_of(town, pen)
    (job,) = (one for one in await town.parts.store.jobs_of(held.case.id) if one.kind == "bind")
    return job.last_error


@pytest.mark.parametrize("by_ocsp", [False, True], ids=["by lists", "by ocsp"])
async def test_what_proves_the_stamps_stands_in_the_file(opened: Open, tmp_path: Path, by_ocsp: bool) -> None:
    """The certificates of who stamps, up to the root, and what is revoked of them: OpenSSL has made the stamps."""
    async with stamps(tmp_path / "tsa", by_ocsp=by_ocsp) as there, opened("test", None, **site(there)) as town:
        pen = await signed(town)
        papers = await sealed(town, pen)
        assert len(papers) == 2 and there.asked["/root.crl"] == 1, "a list is fetched once for all papers"
        file = PdfFileReader(io.BytesIO(papers[0]))
        store = DocumentSecurityStore.read_dss(file)
        mine = {one.public_bytes(Encoding.DER) for one in (there.own.certificate, there.between.certificate)}
        assert mine <= {one.get_object().data for one in store.certs.values()}
        lists = {one.get_object().data for one in store.crls}
        assert there.says["/root.crl"] in lists and (by_ocsp or there.says["/between.crl"] in lists)
        assert len(store.ocsps) == int(by_ocsp)
        made = await gather(town.parts.caseload, pen.phone.number, retelling(town.parts), "0.1.0")
        findings = verify(made.files)
        assert holds(findings) and any("manifest.json: the seal was there on" in one.text for one in findings), findings


async def test_when_all_certificates_have_ended_the_file_proves_itself(opened: Open, clock: Any, tmp_path: Path) -> None:
    """R-112: five years later, with the two roots and nothing else, both signatures hold (PAdES B-LTA, ETSI EN 319 102-1)."""
    async with stamps(tmp_path / "tsa", clock=clock) as there, opened("test", None, **site(there)) as town:
        papers = await sealed(town, await signed(town))
        _, root = await plugin_of(town).authority.chain()
        roots = [x509.Certificate.load(one) for one in (root, there.root.certificate.public_bytes(Encoding.DER))]
    there.asked.clear()
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots), revinfo_policy=CertRevTrustPolicy(FULLY)
    )
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
    later = clock() + timedelta(days=5 * 365)
    for one in PdfFileReader(io.BytesIO(papers[0])).embedded_regular_signatures:
        at = ValidationTimingInfo(validation_time=later, best_signature_time=later, point_in_time_validation=True)
        told = await ades_lta_validation(one, spec, at)
        assert str(told.ades_subindic) == "AdESPassed.OK", (one.field_name, told)
    assert not there.asked


async def test_a_stamp_of_a_revoked_certificate_seals_nothing(opened: Open, tmp_path: Path) -> None:
    async with stamps(tmp_path / "tsa") as there, opened("test", None, **site(there)) as town:
        there.revoke(there.own.certificate.serial_number)
        pen = await signed(town)
        assert await sealed(town, pen) == [] and await last_error(town, pen) == "certificate_no_seal"


async def test_while_a_list_cannot_be_had_it_is_tried_again_unless_the_site_does_without(opened: Open, tmp_path: Path) -> None:
    async with stamps(tmp_path / "tsa") as there:
        lists = dict(there.says)
        async with opened("test", None, **site(there)) as town:
            pen = await signed(town)
            for said in (None, b"nonsense", lists["/root.crl"]):
                there.says["/between.crl"] = said
                assert await sealed(town, pen) == [] and await last_error(town, pen) == "certificate_lists_silent"
                town.clock.forward(timedelta(seconds=1) + SEALS_AGAIN)
            there.says.update(lists)
            assert len(await sealed(town, pen)) == 2
        async with opened("without", None, **site(there, lists=False)) as town:
            there.says["/between.crl"] = None
            assert len(await sealed(town, await signed(town))) == 2
