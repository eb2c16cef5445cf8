"""Agreements signed as PDFs, for tests: a site with two short ones, a client who signs, readers that judge the files."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule

from signing_kit import SITE, Pen, at_list, flow

SURELY = RevocationCheckingPolicy(RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.NO_CHECK)
"""The root is offline and makes no list of what it has revoked."""
LISTED = ("risk_disclosure", "certificate_user")


def pdf_files(handwriting: str = "", **pdf: Any) -> dict[str, str]:
    """What `site_kit.changed` lays over the example site: two texts, signed as PDFs."""
    told = yaml.safe_load(flow())
    for step in told["steps"]:
        if "agreements" in step:
            step["agreements"] |= {"list": "two", **({"handwriting": handwriting} if handwriting else {})}
    site = yaml.safe_load(SITE)
    site["plugins"][-1]["banli_certificate"]["pdf"] = pdf
    return {
        "site": yaml.safe_dump(site, allow_unicode=True), "flows__basic_info_change": yaml.safe_dump(told, allow_unicode=True),
        "agreement_lists__two": yaml.safe_dump({"title": "请阅读相关协议", "items": list(LISTED)}, allow_unicode=True),
    }  # fmt: skip


def plugin_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate")


async def drawn(town: Any) -> Pen:
    """A client whose papers are drawn, before the password."""
    pen = await at_list(town)
    assert await town.parts.worker().run_due() == 1
    return pen


async def signed(town: Any, pen: Pen | None = None) -> Pen:
    """A case that is submitted; its papers are not sealed yet."""
    pen = pen or await drawn(town)
    await pen.sign()
    await pen.agree()
    assert (await held_of(town, pen)).case.state == "submitted", pen.phone.text
    return pen


async def held_of(town: Any, pen: Pen) -> Any:
    return await town.parts.caseload.find(number=pen.phone.number)


async def papers_of(town: Any, pen: Pen) -> dict[str, tuple[dict[str, Any], Any]]:
    """By row what was signed, and its PDF as far as it is made."""
    held, found = await held_of(town, pen), {}
    for one in held.case.results["agreements"].data["signatures"]:
        if one.get("pdf"):
            found[one["row"]] = one, await town.parts.bindery.paper(held, one["pdf"]["digest"])
    return found


async def slots_of(town: Any, pen: Pen) -> list[tuple[str, str]]:
    held = await held_of(town, pen)
    files = await town.parts.store.files_of(held.case.id)
    return sorted((file.slot, json.loads(file.name)["row"]) for file in files if file.slot in ("draft", "paper"))


@dataclass(frozen=True)
class Judged:
    """What pyHanko says of one signature in a PDF."""

    holds: bool
    intact: bool
    revoked: bool
    stamped: datetime | None


async def judged(content: bytes, town: Any, *, root: bytes | None = None, at: datetime | None = None) -> dict[str, Judged]:
    """By the field's name, with the site's own root as the one that is trusted and its present list of what is revoked."""
    authority = plugin_of(town).authority
    chain = [x509.Certificate.load(one) for one in await authority.chain()]
    crl, trusted = await authority.crl(), x509.Certificate.load(root) if root is not None else chain[-1]
    found = {}
    for one in PdfFileReader(io.BytesIO(content)).embedded_regular_signatures:
        context = ValidationContext(
            trust_roots=[trusted], other_certs=chain[:-1], crls=[crl], allow_fetching=False,
            revinfo_policy=CertRevTrustPolicy(SURELY), moment=at or town.clock(),
        )  # fmt: skip
        told = await async_validate_pdf_signature(one, signer_validation_context=context)
        stamp = told.timestamp_validity.timestamp if told.timestamp_validity else None
        found[one.field_name] = Judged(told.bottom_line, told.intact and told.valid, bool(told.revoked), stamp)
    return found


def pdfsig(content: bytes, folder: Path) -> dict[str, str]:
    """What poppler says of each signature, by the field's name."""
    file = folder / "judged.pdf"
    file.write_bytes(content)
    program = shutil.which("pdfsig")
    assert program is not None, "poppler-utils is missing: scripts/system-packages names it"
    told = subprocess.run([program, str(file)], capture_output=True, text=True, check=False, timeout=60).stdout
    found = {}
    for part in told.split("Signature #")[1:]:
        lines = dict(line.strip("- ").partition(": ")[::2] for line in map(str.strip, part.splitlines()) if ": " in line)
        found[lines["Signature Field Name"]] = lines["Signature Validation"]
    return found


def words_of(content: bytes, folder: Path) -> str:
    file = folder / "read.pdf"
    file.write_bytes(content)
    program = shutil.which("pdftotext")
    assert program is not None, "poppler-utils is missing: scripts/system-packages names it"
    return subprocess.run([program, "-layout", str(file), "-"], capture_output=True, text=True, check=True, timeout=60).stdout
