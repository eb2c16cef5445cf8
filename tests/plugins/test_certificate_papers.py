"""Who gets an agreement as a file: the client before and after signing, a reviewer who holds the case, and nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app_fixtures import BING, app_template
from banli.staff import make_demo_staff
from desk_kit import Desk
from pdf_kit import drawn, papers_of, pdf_files, pdfsig, signed
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

MINE = "/8001/business/agreement_download/pages/papers"


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **pdf_files()) as town:
        await make_demo_staff(town.parts.staff, town.parts.library.company_ids)
        yield town


async def taken(client: Any, path: str) -> tuple[int, str, bytes, str]:
    answer = await client.get(path)
    disposition = answer.headers.get("Content-Disposition", "")
    return answer.status_code, answer.headers["Content-Type"], await answer.get_data(as_text=False), disposition


async def test_the_client_takes_a_text_along_before_it_is_signed_and_the_signed_pdf_after(town: Any, tmp_path: Path) -> None:
    """R-102: taking along counts as no reading; another client gets neither."""
    pen = await drawn(town)
    number, phone = pen.phone.number, pen.phone
    before = f"/8001/cases/{number}/agreements/read/risk_disclosure"
    await phone.get(before)
    assert f'href="{before}/file" download' in phone.page
    status, kind, content, disposition = await taken(phone.client, f"{before}/file")
    assert (status, kind) == (200, "text/html; charset=utf-8") and disposition.startswith("attachment;")
    assert "样本甲" in content.decode() or "风险" in content.decode()
    other = await town.phone().log_in(BING)
    assert (await other.client.get(f"{before}/file")).status_code == 404
    await phone.get(f"/8001/cases/{number}/agreements")
    await signed(town, pen)
    mine = f"{MINE}/signed/{number}/agreements.risk_disclosure/file"
    for sealed in (False, True):
        status, kind, content, disposition = await taken(phone.client, mine)
        assert (status, kind) == (200, "application/pdf") and disposition.startswith("attachment;"), disposition
        assert (pdfsig(content, tmp_path).get("Company") is not None) is sealed and pdfsig(content, tmp_path)["Client"]
        await town.parts.worker().run_due()
    assert (await other.client.get(mine)).status_code == 404


async def test_a_reviewer_who_holds_the_case_opens_the_signed_pdf(town: Any) -> None:
    pen = await signed(town)
    await town.parts.worker().run_due()
    number, papers = pen.phone.number, await papers_of(town, pen)
    desk = Desk(town.app, town.parts, town)
    reviewer, auditor = await desk.signed_in(), desk.browser()
    path = f"/desk/cases/{number}/papers/agreements.risk_disclosure"
    await reviewer.get(f"/desk/cases/{number}")
    assert path not in reviewer.page, "what is personal is masked until the case is taken"
    assert (await reviewer.get(path)).status_code == 404
    assert (await auditor.get(path)).status_code == 303, "nobody who is not signed in"
    await reviewer.post(f"/desk/cases/{number}/claim")
    await reviewer.get(f"/desk/cases/{number}")
    assert f'href="{path}"' in reviewer.page and "已签署 PDF" in reviewer.text
    status, kind, content, disposition = await taken(reviewer.client, path)
    assert (status, kind, content) == (200, "application/pdf", papers["risk_disclosure"][1].content)
    assert disposition == f'attachment; filename="{number}-agreements_risk_disclosure.pdf"'
    for wrong in ("agreements.none", "agreements", "none.risk_disclosure", "agreements.@data", "photos.signature"):
        assert (await reviewer.get(f"/desk/cases/{number}/papers/{wrong}")).status_code == 404, wrong
    foreign = await desk.signed_in("reviewer1", "8002")
    assert (await foreign.get(path)).status_code == 404
