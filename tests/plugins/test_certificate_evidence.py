"""The evidence of a signed case: it can be checked where nobody has Banli, and whoever was at it is found out (R-110 to R-113)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from phone_kit import Phone as Key

from app_fixtures import BING, JIA, app_template
from banli.cli import main
from banli.evidence.collecting import Evidence, NoEvidence, gather
from banli.evidence.verify import HEAD, TAIL, Finding, holds, read, verify, who
from banli.web.retelling import retelling
from banli_certificate.authority import profile
from evidence_kit import Content, Elsewhere, packed, sealed
from signing_kit import Pen, at_list, files
from site_kit import DEFINITIONS, Open, opened

__all__ = ["app_template", "opened"]


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **files()) as town:
        yield town


async def signed(town: Any, id_number: str = "") -> Pen:
    """A client who has signed and submitted a case."""
    pen = await (at_list(town, id_number) if id_number else at_list(town))
    await pen.sign()
    await pen.agree()
    assert (await town.parts.caseload.find(number=pen.phone.number)).case.state == "submitted"
    return pen


def plugin_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate")


async def evidence_of(town: Any, pen: Pen) -> Evidence:
    made = await gather(town.parts.caseload, pen.phone.number, retelling(town.parts), "0.1.0")
    assert isinstance(made, Evidence), made
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path / "elsewhere")


def without(content: Content, *names: str) -> Content:
    return {name: one for name, one in content.items() if name not in names}


def flipped(one: bytes, at: int = -1) -> bytes:
    changed = bytearray(one)
    changed[at] ^= 1
    return bytes(changed)


def wrong(findings: list[Finding]) -> list[str]:
    return [one.text for one in findings if one.mark == "FAIL"]


async def test_it_can_be_checked_where_nobody_has_banli(town: Any, elsewhere: Elsewhere) -> None:
    """Documents, statements, signatures, certificates and events, each line good, with the root given and without."""
    pen = await signed(town)
    town.clock.forward(hours=1)
    made = await evidence_of(town, pen)
    failing = elsewhere.python("import banli")
    assert failing.returncode != 0 and "No module named 'banli'" in failing.stderr
    issuer, root = await plugin_of(town).authority.chain()
    given = profile.x509.load_der_x509_certificate(root)
    code, told = elsewhere.verify(made.packed(), given.public_bytes(Encoding.PEM))
    assert code == 0 and told.endswith("All holds.\n") and "FAIL" not in told, told
    assert "the root is the one that was given" in told
    code, told = elsewhere.verify(made.packed())
    print_ = given.fingerprint(profile.hashes.SHA256()).hex(" ", 2).upper()
    assert code == 0 and f"compare with what the authority publishes: {print_}" in told
    code, told = elsewhere.verify(made.packed(), profile.x509.load_der_x509_certificate(issuer).public_bytes(Encoding.PEM))
    assert code == 1 and "the root is another one than was given" in told
    held = await town.parts.caseload.find(number=pen.phone.number)
    signatures = held.case.results["agreements"].data["signatures"]
    assert made.missing == () and made.signatures == len(signatures) > 2
    for number, one in enumerate(signatures, 1):
        assert made.files[f"statements/{number:02d}.json"] == one["statement"].encode()
        said = json.loads(one["statement"])
        assert f"signature {number:02d} ({one['row']}" in told and said.get("title", "") in told
    manifest = json.loads(made.files["manifest.json"])
    assert (manifest["case"], manifest["company"], manifest["made_by"]) == (pen.phone.number, "8001", "banli 0.1.0")
    assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == made.files.keys()
    everything = b"".join(one for name, one in made.files.items() if name != "verify.py").decode("utf-8", "replace")
    assert JIA not in everything, "the ID number stands nowhere"


async def test_whoever_was_at_it_is_found_out(town: Any, elsewhere: Elsewhere) -> None:
    """Each change has a sentence of its own, also when the manifest was made to agree with it."""
    other = await signed(town, BING)
    pen = await signed(town)
    town.clock.forward(minutes=5)
    whole, theirs = (await evidence_of(town, pen)).files, (await evidence_of(town, other)).files
    foreign = profile.root("别处 Root CA", town.clock(), timedelta(days=10))
    below = profile.intermediate("别处 Client CA", foreign, town.clock(), timedelta(days=5))
    alien = b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (below, foreign))
    document = next(name for name in whole if name.startswith("documents/") and name.endswith(".html"))
    number = document.removeprefix("documents/").removesuffix(".html")
    statement, signature = f"statements/{number}.json", f"signatures/{number}.der"
    mine, one = (
        next(name for name in kept if name.startswith("certificates/") and "authority" not in name) for kept in (whole, theirs)
    )
    answer, serial = mine.replace("certificates", "revocation").replace(".pem", ".ocsp"), one[13:-4]
    worded = json.loads(whole[statement]) | {"title": "另一份协议"}
    reworded = json.dumps(worded, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    more = whole[document][: -len(TAIL)] + "<p>另有约定。</p>".encode() + TAIL
    events = json.loads(whole["events.json"])
    cut, gap = {**events, "events": events["events"][:-1]}, {**events, "events": [*events["events"][:1], *events["events"][2:]]}
    renamed = {**events, "events": [events["events"][0] | {"actor": "staff:1"}, *events["events"][1:]]}

    def events_as(told: object) -> Content:
        return sealed({**whole, "events.json": json.dumps(told).encode()})

    def entered(told: dict[str, Any]) -> None:
        told["signatures"] = [x for x in told["signatures"] if x["row"] != "@data"]
        told["files"] = [x for x in told["files"] if x["name"] in kept]

    def swapped(told: dict[str, Any]) -> None:
        told["files"].append({"name": one, "kind": "certificate", "sha256": ""})
        for signature in told["signatures"]:
            signature["serial"] = serial

    def listed_twice(told: dict[str, Any]) -> None:
        told["signatures"].append(told["signatures"][0])

    last = f"{json.loads(whole['manifest.json'])['signatures'][-1]['number']}"
    data = next(x["number"] for x in json.loads(whole["manifest.json"])["signatures"] if x["row"] == "@data")
    kept = without(whole, f"statements/{data}.json", f"signatures/{data}.der")
    cases: list[tuple[Content, str]] = [
        ({**whole, document: flipped(whole[document])}, f"{document}: was changed"),
        (sealed({**whole, document: more}), f"{document} is not the document that was signed"),
        (sealed({**whole, document: b"<p>x</p>" + whole[document]}), f"{document} holds more than the text that was signed"),
        ({**whole, statement: flipped(whole[statement])}, f"{statement}: was changed"),
        (sealed({**whole, statement: reworded}), "the signature is not over this statement by the key of this certificate"),
        (sealed({**whole, statement: whole[statement] + b" "}), "the statement is not in the one form"),
        (sealed({**whole, statement: b"{"}), f"signature {number}: its statement cannot be read"),
        ({**whole, signature: flipped(whole[signature])}, f"{signature}: was changed"),
        (sealed({**whole, signature: flipped(whole[signature])}), "the signature is not over this statement"),
        (sealed({**whole, signature: whole[f"signatures/{last}.der"]}), "the signature is not over this statement"),
        (sealed({**whole, mine: theirs[one]}), "its certificate is missing"),
        (sealed({**whole, one: theirs[one]}, swapped), "its certificate is made out to somebody else"),
        (sealed({**whole, one: theirs[one]}, swapped), "the signature is not over this statement by the key of this certificate"),
        (sealed({**whole, "certificates/authority.pem": alien}), "its certificate was not issued by this authority"),
        (sealed({**whole, "certificates/authority.pem": alien}), "the list of revoked certificates was not made by this authority"),
        (sealed({**whole, "revocation/list.crl": profile.crl(below, [], town.clock(), timedelta(days=1))}), "was not made by this"),
        (sealed({**whole, answer: theirs[answer.replace(mine[13:-4], serial)]}), "is missing"),
        (sealed({**whole, mine: b"garbled"}), "the certificates cannot be read"),
        (events_as(cut), "events are missing at the end"),
        (events_as(gap), "the chain of events is broken at number 2"),
        (events_as(renamed), "the chain of events is broken at number 1"),
        (sealed({**whole, "events.json": theirs["events.json"]}), "the events are of another case"),
        (sealed(whole, lambda told: told.update(case="8001-20200101-000001")), "the statement is of another case"),
        (sealed(whole, listed_twice), "is there twice"),
        (sealed(whole, lambda told: told["signatures"].pop()), f"signatures/{last}.der: belongs to no signature"),
        (sealed(whole, lambda told: told["signatures"].clear()), "there is no signature"),
        (sealed(kept, entered), "the signature over what was entered (@data) is missing"),
        ({**whole, "documents/99.html": HEAD + TAIL}, "documents/99.html: does not stand in the manifest"),
        (without(whole, document), f"{document}: stands in the manifest and is missing"),
        (without(whole, "events.json"), "the events cannot be read"),
        (without(whole, "revocation/list.crl"), "the authority's list of revoked certificates is missing"),
        (without(whole, "manifest.json"), "manifest.json: is missing"),
        ({**whole, "manifest.json": b"[]"}, "is no manifest of this kind"),
    ]  # fmt: skip
    assert holds(verify(whole)), wrong(verify(whole))
    for place, (content, sentence) in enumerate(cases):
        findings = verify(content)
        assert any(sentence in line for line in wrong(findings)), (place, sentence, wrong(findings))
    for content, sentence in cases[:10:3]:
        code, told = await asyncio.to_thread(elsewhere.verify, packed(content))
        assert code == 1 and sentence in told and told.rstrip().endswith("do not hold."), told


async def test_what_was_revoked_before_signing_is_worth_nothing_and_after_it_holds(town: Any, elsewhere: Elsewhere) -> None:
    pen = await signed(town)
    held = await town.parts.caseload.find(number=pen.phone.number)
    town.clock.forward(hours=1)
    authority = plugin_of(town).authority
    await plugin_of(town).keys.forget(held.case.client, "new_device")
    town.clock.forward(hours=1)
    code, told = elsewhere.verify((await evidence_of(town, pen)).packed())
    assert code == 0 and "revoked later, on" in told and "FAIL" not in told, told
    other = await signed(town, BING)
    theirs = await town.parts.caseload.find(number=other.phone.number)
    serial = (await plugin_of(town).keys.held(theirs.case.client)).serial
    town.clock.forward(minutes=-3)
    await authority.revoke(serial, "staff")
    town.clock.forward(hours=2)
    code, told = elsewhere.verify((await evidence_of(town, other)).packed())
    assert code == 1 and "before it was made" in told, told
    assert all("was revoked on" in line for line in told.splitlines() if line.startswith("FAIL")), told


async def test_a_list_older_than_a_signature_says_nothing_of_it(town: Any) -> None:
    authority = plugin_of(town).authority
    pen = await at_list(town)
    old = await authority.crl()
    town.clock.forward(minutes=5)
    await pen.sign()
    await pen.agree()
    made = await evidence_of(town, pen)
    findings = wrong(verify(sealed({**made.files, "revocation/list.crl": old})))
    assert len(findings) == 1 and "is older than a signature" in findings[0]


async def test_a_case_in_which_nothing_was_signed_says_so(town: Any) -> None:
    pen = await at_list(town)
    made = await gather(town.parts.caseload, pen.phone.number, retelling(town.parts), "0.1.0")
    assert (
        isinstance(made, NoEvidence)
        and made.text == f"Nothing was signed in case {pen.phone.number}, so there is nothing to prove."
    )
    made = await gather(town.parts.caseload, "8001-20200101-000001", retelling(town.parts), "0.1.0")
    assert made == NoEvidence("There is no case '8001-20200101-000001'.")


async def test_an_authority_that_somebody_has_made_up_is_told_by_the_root(town: Any) -> None:
    """Everything signed anew under the same names: only a root that comes from elsewhere tells them apart."""
    pen = await signed(town)
    whole = (await evidence_of(town, pen)).files
    _, real = await plugin_of(town).authority.chain()
    old = {name: one for name, one in whole.items() if name.startswith("certificates/") and "authority" not in name}
    (name, content), now = next(iter(old.items())), town.clock()
    certificate, key = profile.x509.load_pem_x509_certificate(content), Key()
    above = profile.root("样本 Root CA", now - timedelta(days=1), timedelta(days=10))
    below = profile.intermediate("样本 Client CA", above, now - timedelta(days=1), timedelta(days=5))
    mine = profile.client(
        certificate.subject,
        key.key.public_key(),
        below,
        certificate.serial_number,
        now - timedelta(hours=1),
        timedelta(days=1),
        None,
    )
    asked = ocsp.OCSPRequestBuilder().add_certificate(mine, below.certificate, profile.hashes.SHA256()).build()
    answer = ocsp.OCSPResponseBuilder().add_response(
        mine, below.certificate, asked.hash_algorithm, ocsp.OCSPCertStatus.GOOD, now, now + timedelta(hours=1), None, None
    )
    answer = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, below.certificate)
    forged = {
        **whole,
        **{f"signatures/{n[11:-5]}.der": key.sign(one) for n, one in whole.items() if n.startswith("statements/")},
        name: mine.public_bytes(Encoding.PEM),
        "certificates/authority.pem": b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (below, above)),
        "revocation/list.crl": profile.crl(below, [], now, timedelta(days=1)),
        name.replace("certificates", "revocation").replace(".pem", ".ocsp"):
            answer.sign(below.key, profile.hashes.SHA256()).public_bytes(Encoding.DER),
    }  # fmt: skip
    assert wrong(verify(sealed(forged))) == [], "which is why the root must be compared"
    (told,) = wrong(verify(sealed(forged), real))
    assert told.startswith("the root is another one than was given")


async def test_an_operator_writes_it_and_anybody_reads_it_with_names(
    town: Any, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`banli evidence` and `banli verify`; the clock of the machine may be before the one of this test, so of those lines only
    what rests on no clock is looked at."""
    pen = await signed(town)
    whole = await evidence_of(town, pen)
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "test" / "var"))
    site, file, good = ["--site", str(tmp_path / "test" / "site")], tmp_path / "case.zip", tmp_path / "good.zip"

    async def run(*words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, main, [*words, *site])

    done = await run("evidence", pen.phone.number, "--out", str(file))
    assert f"{whole.signatures} signatures of case {pen.phone.number}" in done.stdout, done.output
    made = read(file)
    same = [name for name in whole.files if name.partition("/")[0] not in ("manifest.json", "revocation")]
    assert made.keys() == whole.files.keys() and [n for n in same if made[n] != whole.files[n]] == []
    again = await run("evidence", pen.phone.number, "--out", str(file))
    assert again.exit_code == 1 and "is there already" in again.output
    none = await run("evidence", "8001-20200101-000001", "--out", str(tmp_path / "none.zip"))
    assert none.exit_code == 1 and "There is no case" in none.output and not (tmp_path / "none.zip").exists()
    good.write_bytes(whole.packed())
    told = await run("verify", str(good))
    assert told.exit_code == 0 and told.stdout.endswith("All holds.\n"), told.output
    company = town.parts.editions.company("8001").name
    assert told.stdout.startswith(f"Case {pen.phone.number}, {company} (8001), ")
    good.write_bytes(packed({**whole.files, "statements/01.json": b"x"}))
    told = await run("verify", str(good))
    assert told.exit_code == 1 and "statements/01.json: was changed" in told.stdout
    good.write_bytes(b"no zip at all")
    told = await run("verify", str(good))
    assert told.exit_code == 1 and "no zip file that can be read" in told.output


async def test_a_pdf_lies_there_as_its_file_and_an_unpacked_folder_is_as_good(town: Any, elsewhere: Elsewhere) -> None:
    phone = await town.phone().log_in(JIA, "8002")
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    pen = Pen(await phone.post(contact_phone="0371-65951235", _go="next"))
    if phone.step == "certificate":
        await pen.install()
    assert phone.step == "agreements", phone.text
    await phone.read_all()
    await pen.sign()
    await pen.agree()
    made = await evidence_of(town, pen)
    (pdf,) = (one for name, one in made.files.items() if name.endswith(".pdf"))
    assert pdf == (DEFINITIONS / "companies/8002/agreements/fee_schedule.pdf").read_bytes() and made.missing == ()
    for name, one in made.files.items():
        (elsewhere.folder / "case" / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere.folder / "case" / name).write_bytes(one)
    run = "sys.argv[0] = 'case/verify.py'; runpy.run_path('case/verify.py', run_name='__main__')"
    done = elsewhere.python(run)
    assert done.returncode == 0 and done.stdout.endswith("All holds.\n"), done.stdout
    next((elsewhere.folder / "case" / "documents").glob("*.pdf")).write_bytes(pdf + b" ")
    done = elsewhere.python(run)
    assert done.returncode == 1 and ".pdf is not the document that was signed" in done.stdout


def twice() -> dict[str, str]:
    """A site on which a second list of agreements is signed after the first."""
    told = files()
    flow = yaml.safe_load(told["flows__basic_info_change"])
    place, first = next((at, step) for at, step in enumerate(flow["steps"]) if "agreements" in step)
    flow["steps"].insert(place + 1, {"agreements": {**first["agreements"], "id": "again"}})
    return told | {"flows__basic_info_change": yaml.safe_dump(flow, allow_unicode=True)}


async def test_a_case_signed_under_two_intermediates_has_both_chains(opened: Open, elsewhere: Elsewhere) -> None:
    """Between two lists of agreements the authority was renewed and the client took another phone: each signature is checked with
    the chain and the list of its own."""
    async with opened("test", None, **twice()) as town:
        pen = await at_list(town)
        await pen.sign()
        await pen.agree()
        assert pen.phone.step == "again", pen.phone.text
        plugin = plugin_of(town)
        root = load_pem_private_key((plugin.home.folder / "demo-root-key.pem").read_bytes(), None)
        town.clock.forward(minutes=5)
        assert await plugin.authority.renew(root) is not None
        held = await town.parts.caseload.find(number=pen.phone.number)
        await plugin.keys.forget(held.case.client, "new_device")
        town.clock.forward(minutes=5)
        other = await Pen(await pen.phone.get(pen.phone.at)).install()
        assert other.phone.step == "again", other.phone.text
        await other.phone.read_all()
        await other.sign()
        await other.agree()
        town.clock.forward(minutes=5)
        made = await evidence_of(town, other)
        serials = {one["serial"] for one in json.loads(made.files["manifest.json"])["signatures"]}
        first, second = [await plugin.authority.chain(serial) for serial in serials]
        assert len(serials) == 2 and first[0] != second[0] and first[-1] == second[-1]
        code, told = await asyncio.to_thread(elsewhere.verify, made.packed(), first[-1])
        assert code == 0 and told.endswith("All holds.\n"), told
        for chain in (first, second):
            name = who(profile.x509.load_der_x509_certificate(chain[0]))
            for line in (f"{name} was issued by ", f"the list of revoked certificates is that of {name}, of "):
                assert f"ok    {line}" in told, (line, told)
        names = sorted(name for name in made.files if "authority" in name or name.endswith(".crl"))
        expected = ["certificates/authority-2.pem", "certificates/authority.pem", "revocation/list-2.crl", "revocation/list.crl"]
        assert names == expected and "revoked later, on" in told, names
        chains = made.files[names[0]], made.files[names[1]]
        assert wrong(verify(sealed({**made.files, names[0]: chains[1], names[1]: chains[0]}))) == [], (
            "the names count for nothing"
        )
        halved = sealed({**made.files, names[0]: chains[1]})
        assert any("was not issued by this authority" in one for one in wrong(verify(halved))), wrong(verify(halved))
        swapped = sealed({**made.files, names[2]: made.files[names[3]]})
        (only,) = wrong(verify(swapped))[:1]
        assert only.startswith("the list of revoked certificates was not made by this authority"), wrong(verify(swapped))
