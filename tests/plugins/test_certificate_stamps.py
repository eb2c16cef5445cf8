"""Seals, time stamps and the evidence of signed PDFs: what is there, what is missing, what somebody has changed (R-110 to R-113)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from phone_kit import Phone as Key

from app_fixtures import app_template
from banli.bindery import SEALS_AGAIN
from banli.evidence import verify_pdf
from banli.evidence.collecting import Evidence, gather
from banli.evidence.verify import Finding, verify
from banli.evidence.verify_chain import Authority as Above
from banli.web.retelling import retelling
from banli_certificate.authority import profile
from banli_certificate.pdf.attributes import signed_attributes
from banli_certificate.pdf.binding import vouched
from banli_certificate.pdf.cms import signed_data
from banli_certificate.pdf.offices import Office
from banli_certificate.pdf.stamping import EmbeddedStamps, answer
from evidence_kit import Content, Elsewhere, sealed
from pdf_kit import LISTED, held_of, judged, papers_of, pdf_files, pdfsig, plugin_of, signed, slots_of
from site_kit import Open, opened

__all__ = ["app_template", "opened"]


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **pdf_files()) as town:
        yield town


async def evidence_of(town: Any, pen: Any) -> Evidence:
    made = await gather(town.parts.caseload, pen.phone.number, retelling(town.parts), "0.1.0")
    assert isinstance(made, Evidence), made
    return made


def told(findings: list[Finding], mark: str) -> list[str]:
    return [one.text for one in findings if one.mark == mark]


async def test_the_bundle_has_the_signed_pdfs_and_its_verifier_reads_them(town: Any, tmp_path: Path) -> None:
    """On a machine without Banli, pyHanko or any reader of PDFs; what only those can tell is told to be open."""
    pen = await signed(town)
    await town.parts.worker().run_due()
    made = await evidence_of(town, pen)
    papers = sorted(name for name in made.files if name.startswith("papers/"))
    assert len(papers) == 2 and made.unsealed == () and "verify_pdf.py" in made.files
    elsewhere = Elsewhere(tmp_path / "elsewhere")
    _, root = await plugin_of(town).authority.chain()
    code, lines = await asyncio.to_thread(elsewhere.verify, made.packed(), root)
    assert code == 0 and lines.endswith("All holds.\n"), lines
    for name in papers:
        assert f"{name}: its first " in lines and "has signed, as the statement says" in lines
        for what in (
            "the client's signature was there on",
            "the seal was there on",
            "the whole file was there on",
            "sealed by 样本 Seal",
        ):
            assert f"ok    {name}: {what}" in lines, (what, lines)
        assert f"note  {name}: that what was added later changes no page a PDF reader checks" in lines
    assert "the company's own time stamp" in lines, "who runs the clock is said"
    assert "ok    manifest.json: sealed by 样本 Seal" in lines and "ok    manifest.json: the seal was there on" in lines


async def test_the_verifier_tells_what_was_done_to_a_pdf(town: Any, tmp_path: Path) -> None:
    pen = await signed(town)
    await town.parts.worker().run_due()
    whole = (await evidence_of(town, pen)).files
    first, second = sorted(name for name in whole if name.startswith("papers/"))
    seal = next(name for name in whole if name.startswith("certificates/office") and whole[name] != b"")

    def flipped(name: str, at: int) -> Content:
        content = bytearray(whole[name])
        content[at] ^= 1
        return sealed({**whole, name: bytes(content)})

    def shorter(manifest: dict[str, Any]) -> None:
        """A whole agreement is taken out, and the manifest is made to agree."""
        gone = manifest["signatures"].pop()
        parts = [gone[kind] for kind in ("statement", "signature", "document", "paper")]
        manifest["files"] = [one for one in manifest["files"] if one["name"] not in parts]

    def unsaid(manifest: dict[str, Any]) -> None:
        manifest["signatures"][1]["paper"] = ""

    without = json.loads(whole["manifest.json"])["signatures"][-1]
    left_out = {name: one for name, one in whole.items() if name not in without.values()}
    early = whole[first].index(b"/Contents <") + 400
    cases: list[tuple[Content, str]] = [
        (flipped(first, 2000), f"{first}: is not the PDF that the statement names"),
        (flipped(first, early), f"{first}: "),
        (flipped(first, len(whole[first]) - 60), f"{first}: the time stamp of the whole file does not fit"),
        (sealed({**whole, first: whole[second], second: whole[first]}), f"{first}: is not the PDF that the statement names"),
        (sealed({**whole, first: whole[first] + b"% more"}), f"{first}: something was added after the last signature"),
        (sealed(whole, unsaid), f"{first}: belongs to no signature"),
        ({**whole, first: whole[first] + b" "}, f"{first}: was changed"),
        (without_offices(whole), f"{first}: 样本 Seal"),
        (sealed(left_out, shorter), "manifest.json: the seal does not fit the file"),
        (without_seal(whole), "manifest.p7s: the manifest was sealed, and its seal is missing"),
        ({**whole, "manifest.p7s": whole["manifest.p7s"][:-40]}, "the certificates cannot be read"),
        (resealed(whole, pen.key), "whose certificate is a client's"),
    ]
    assert len(told(verify(sealed(left_out, shorter)), "FAIL")) == 1, "nothing but the seal tells of it"
    stripped = sealed(without_seal(left_out), lambda it: shorter(it) or it.pop("seal"))
    findings = verify(stripped)
    assert told(findings, "FAIL") == [] and any("manifest.json: is not sealed" in one for one in told(findings, "note"))
    assert seal and told(verify(whole), "FAIL") == []
    for place, (content, sentence) in enumerate(cases):
        found = told(verify(content), "FAIL")
        assert any(sentence in line for line in found), (place, sentence, found)


async def test_a_file_that_has_stamps_and_no_seal_is_told(town: Any) -> None:
    """Somebody cuts the company's seal off and adds a time stamp, which anybody can have."""
    pen = await signed(town)
    await town.parts.worker().run_due()
    _, paper = (await papers_of(town, pen))["risk_disclosure"]
    whole = (await evidence_of(town, pen)).files
    name = next(name for name in sorted(whole) if whole[name] == paper.content)
    client = next(one for one in verify_pdf.inside(paper.content) if one.end != len(paper.content))
    start, room = paper.content[: client.end] + b"\n", 6000
    place = b"/ByteRange [0 %08d %08d 00000001] "
    first = len(start) + len(place % (0, 0))
    covers = start + place % (first, first + room + 2) + b"\n"
    office = await plugin_of(town).offices.get("stamp")
    print_ = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": hashlib.sha256(covers).digest()}
    stamp = answer(office, tsp.TimeStampReq({"version": "v1", "message_imprint": print_}), town.clock())[
        "time_stamp_token"
    ].dump()
    cut = covers[:-1] + b"<" + stamp.hex().encode().ljust(room, b"0") + b">\n"
    found = verify(sealed({**whole, name: cut}))
    assert any(f"{name}: the whole file was there on" in line for line in told(found, "ok")), told(found, "FAIL")
    assert f"{name}: the company's seal is not in it" in told(found, "note")
    assert not any("the company's seal is not in it" in line for line in told(verify(whole), "note"))


async def test_what_a_key_is_worth_that_was_revoked_or_is_over(clock: Any) -> None:
    """Somebody has got hold of the company's key. It was revoked; so they stamp with a clock of their own."""
    now, days = clock(), lambda count: timedelta(days=count)
    root, other = (profile.root(name, now, days(900)) for name in ("样本 Root", "别人"))
    issuer = profile.intermediate("样本 CA", root, now, days(900))

    def office(name: str, above: Any, serial: int, lasts: int, stamps: bool = True) -> Office:
        key = ec.generate_private_key(profile.CURVE)
        made = profile.office(name, key.public_key(), above, serial, now, days(lasts), stamps=stamps)
        return Office(key, made, (above.certificate, root.certificate))

    seal, stamps, theirs = office("Seal", issuer, 1, 90, False), office("Stamps", issuer, 2, 300), office("X", other, 3, 300)
    offices = [seal.certificate, stamps.certificate]

    async def marks(stamper: Office, day: int, *revoked: tuple[int, int]) -> list[tuple[str, str]]:
        made = await vouched(b"list", seal, EmbeddedStamps(stamper, lambda: now + days(day)))
        content = profile.crl(
            issuer, [(serial, now + days(since), "staff") for serial, since in revoked], now + days(400), days(9)
        )
        above = Above((issuer.certificate, root.certificate), x509.load_der_x509_crl(content), ())
        found = list(verify_pdf.sealed("m", b"list", made, offices, [above]))
        return [
            (one.mark, next((word for word in ("revoked", "not valid", "not checked") if word in one.text), "")) for one in found
        ]

    assert await marks(stamps, 1) == [("ok", ""), ("ok", "")]
    assert await marks(stamps, 1, (1, 10)) == [("ok", ""), ("ok", "")], "revoked later: what was sealed before holds"
    assert await marks(stamps, 20, (1, 10)) == [("FAIL", "revoked"), ("ok", "")]
    assert await marks(theirs, 1, (1, 10)) == [("note", "revoked"), ("note", "not checked")], "that is for a person to judge"
    assert await marks(stamps, 1, (2, 5)) == [("ok", ""), ("note", "revoked")]
    assert await marks(stamps, 6, (2, 5)) == [("ok", ""), ("FAIL", "revoked")]
    assert await marks(stamps, 100) == [("FAIL", "not valid"), ("ok", "")], "the seal lasts 90 days"
    assert await marks(stamps, 301) == [("FAIL", "not valid"), ("FAIL", "not valid")]


def without_seal(whole: Content) -> Content:
    return {name: one for name, one in whole.items() if name != "manifest.p7s"}


def resealed(whole: Content, key: Key) -> Content:
    """A client names their own certificate as one of the company's, and seals the manifest with it."""
    manifest = json.loads(whole["manifest.json"])
    mine = next(one for one in manifest["files"] if one["kind"] == "certificate")
    content = json.dumps({**manifest, "files": [*manifest["files"], {**mine, "kind": "office"}]}).encode()
    own = x509.load_pem_x509_certificate(whole[mine["name"]]).public_bytes(Encoding.DER)
    attributes = signed_attributes(hashlib.sha256(content).digest(), own)
    return {**whole, "manifest.json": content, "manifest.p7s": signed_data(own, [], attributes, key.sign(attributes))}


def without_offices(whole: Content) -> Content:
    """The company's certificates are taken out: then its seal is anybody's."""
    manifest = json.loads(whole["manifest.json"])
    manifest["files"] = [one for one in manifest["files"] if one["kind"] != "office"]
    kept = {name: one for name, one in whole.items() if not name.startswith("certificates/office")}
    return {**kept, "manifest.json": json.dumps(manifest).encode()}


@dataclass
class Authority:
    """An authority of time stamps elsewhere: its certificate, and what it does with a question."""

    office: Office
    does: Callable[[bytes], bytes | None]
    asked: int = 0

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[int]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
            self.asked += 1
            reply = self.does(body)
            if reply is not None:
                writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n" + reply)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", port)
        async with server:
            yield server.sockets[0].getsockname()[1]


def outside(town_clock: Any, folder: Path) -> Authority:
    """A fictional one, with a root of its own beside it as a file."""
    now = town_clock()
    root = profile.root("样本时间戳 Root", now - timedelta(days=1), timedelta(days=2000))
    key = ec.generate_private_key(profile.CURVE)
    own = profile.office("样本时间戳", key.public_key(), root, 4711, now - timedelta(hours=1), timedelta(days=900), stamps=True)
    (folder / "tsa.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    office = Office(key, own, (root.certificate,))
    return Authority(office, lambda body: answer(office, tsp.TimeStampReq.load(body), town_clock()).dump())


async def test_without_an_answer_of_the_time_stamp_authority_it_is_tried_again_and_the_evidence_says_so(
    opened: Open, clock: Any, tmp_path: Path
) -> None:
    """The client's signature is in the file at once; the stamp and the seal come when the authority is there again."""
    there = outside(clock, tmp_path)
    async with there.running() as port:
        pass
    site = pdf_files(tsa={"url": f"http://127.0.0.1:{port}/tsa", "root": str(tmp_path / "tsa.pem")})
    async with opened("test", None, **site) as town:
        pen = await signed(town)
        assert await town.parts.worker().run_due() == 1
        held = await held_of(town, pen)
        (job,) = (one for one in await town.parts.store.jobs_of(held.case.id) if one.kind == "bind")
        assert (job.state, job.last_error) == ("ready", "certificate_stamps_silent")
        assert await slots_of(town, pen) == sorted((slot, row) for slot in ("draft", "paper") for row in LISTED)
        papers = await papers_of(town, pen)
        for _, paper in papers.values():
            assert not paper.sealed and pdfsig(paper.content, tmp_path) == {"Client": "Signature is Valid."}
        made = await evidence_of(town, pen)
        assert len(made.unsealed) == 2 and made.open == "certificate_stamps_silent" and "manifest.p7s" not in made.files
        notes = told(verify(made.files), "note")
        assert any("manifest.json: is not sealed" in one for one in notes)
        assert len([one for one in notes if "timestamp missing" in one]) == 2 and told(verify(made.files), "FAIL") == []
        for broken in (lambda body: b"nonsense", lambda body: None, _refusing):
            there.does, right = broken, there.does
            town.clock.forward(seconds=SEALS_AGAIN.total_seconds() + 1)
            async with there.running(port):
                await town.parts.worker().run_due()
            there.does = right
            assert not any(paper.sealed for _, paper in (await papers_of(town, pen)).values())
        town.clock.forward(seconds=SEALS_AGAIN.total_seconds() + 1)
        async with there.running(port):
            await town.parts.worker().run_due()
        assert await slots_of(town, pen) == sorted(("paper", row) for row in LISTED)
        for _, paper in (await papers_of(town, pen)).values():
            assert paper.sealed and list(pdfsig(paper.content, tmp_path).values())[:2] == ["Signature is Valid."] * 2
        findings = verify((await evidence_of(town, pen)).files)
        notes = told(findings, "note")
        assert told(findings, "FAIL") == [] and any(
            "says 样本时间戳" in one and "whose certificate is not checked here" in one for one in notes
        )


def _refusing(body: bytes) -> bytes:
    return bytes.fromhex("30053003020102")  # status: rejection


async def test_an_authority_under_another_root_may_not_stamp(opened: Open, clock: Any, tmp_path: Path) -> None:
    there = outside(clock, tmp_path)
    other = profile.root("别处 Root", clock() - timedelta(days=1), timedelta(days=2000))
    (tmp_path / "tsa.pem").write_bytes(other.certificate.public_bytes(Encoding.PEM))
    async with there.running() as port:
        site = pdf_files(tsa={"url": f"http://127.0.0.1:{port}/", "root": str(tmp_path / "tsa.pem")})
        async with opened("test", None, **site) as town:
            pen = await signed(town)
            await town.parts.worker().run_due()
            assert there.asked and not any(paper.sealed for _, paper in (await papers_of(town, pen)).values())


async def test_a_revoked_seal_seals_nothing(town: Any) -> None:
    pen = await signed(town)
    office = await plugin_of(town).offices.get("seal")
    await plugin_of(town).authority.revoke(office.serial, "staff")
    town.clock.forward(minutes=2)
    await town.parts.worker().run_due()
    held = await held_of(town, pen)
    (job,) = (one for one in await town.parts.store.jobs_of(held.case.id) if one.kind == "bind")
    assert (job.state, job.last_error) == ("ready", "certificate_no_seal")
    assert not any(paper.sealed for _, paper in (await papers_of(town, pen)).values())


async def test_a_seal_that_another_authority_has_certified_comes_from_files(opened: Open, clock: Any, tmp_path: Path) -> None:
    now = clock()
    root = profile.root("样本印章 Root", now - timedelta(days=1), timedelta(days=2000))
    key = ec.generate_private_key(profile.CURVE)
    own = profile.office("远山期货有限公司（样本）", key.public_key(), root, 99, now, timedelta(days=900), stamps=False)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in (own, root.certificate))
    (tmp_path / "seal.pem").write_bytes(pem)
    (tmp_path / "seal.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    site = pdf_files(seal={"certificate": str(tmp_path / "seal.pem"), "key": str(tmp_path / "seal.key")})
    async with opened("test", None, **site) as town:
        pen = await signed(town)
        await town.parts.worker().run_due()
        found = [paper for _, paper in (await papers_of(town, pen)).values()]
        assert all(one.sealed for one in found)
        assert (await judged(found[0].content, town))["Client"].holds
        findings = verify((await evidence_of(town, pen)).files)
        assert told(findings, "FAIL") == []
        assert any(
            "远山期货有限公司（样本）" in one and "another authority has certified" in one for one in told(findings, "note")
        )
        assert await plugin_of(town).check() == ""
        (tmp_path / "seal.key").unlink()
        assert "There is no seal for PDFs" in await plugin_of(town).check()
