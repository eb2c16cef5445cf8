"""Checks the evidence of a case, line by line: what holds and what does not.

    python verify.py [FILE.zip or folder] [--root ROOT.pem]

Needs Python 3.11, the package `cryptography`, and verify_chain.py and verify_pdf.py beside it. Exit code 0 only when all holds.
Without a file it checks the folder in which it stands. Whoever wants to be sure takes this program from somebody they trust, not
from the file that it checks.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

if not __package__:  # beside the other two, where nobody has Banli: their folder stands for the package
    sys.dont_write_bytecode = True  # a folder of evidence stays as it is
    for _name in ("banli", "banli.evidence"):
        sys.modules[_name] = ModuleType(_name)
        sys.modules[_name].__path__ = [str(Path(__file__).parent)]

from banli.evidence.verify_chain import (
    Authority,
    Finding,
    above,
    answered,
    chained,
    is_authority,
    key_of,
    newest,
    root_of,
    time_of,
    usage,
    who,
)
from banli.evidence.verify_pdf import check, sealed

MANIFEST, SEAL, EVENTS, ENTERED = "manifest.json", "manifest.p7s", "events.json", "@data"
LARGEST = 500_000_000  # bytes that all files have together
HEAD = b'<!doctype html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head><body>\n'
TAIL = b"\n</body></html>\n"
"""What stands around a text that was signed, so that it can be opened and printed. Everything between is what was signed."""
Files = Mapping[str, bytes]


class Unreadable(Exception):
    """The evidence cannot be read at all."""


@dataclass(frozen=True)
class Signature:
    """One signature with what it is over, and the time that counts: the later of when it was asked for and when it came."""

    number: str
    row: str
    said: Mapping[str, Any]
    statement: bytes
    signature: bytes
    serial: int
    at: datetime

    @property
    def name(self) -> str:
        return f"signature {self.number} ({self.row}{' ' + str(self.said.get('title')) if self.said.get('title') else ''})"


def read(path: Path) -> dict[str, bytes]:
    """The files of a zip or of a folder, by name. Raises Unreadable."""
    if path.is_dir():
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}
    try:
        with zipfile.ZipFile(path) as opened:
            listed = [one for one in opened.infolist() if not one.is_dir()]
            if sum(one.file_size for one in listed) > LARGEST:
                raise Unreadable("The file is too large.")
            if len({one.filename for one in listed}) != len(listed):
                raise Unreadable("A name stands in the file twice, so nobody can say which of the two was meant.")
            return {one.filename: opened.read(one) for one in listed}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as problem:
        raise Unreadable(f"This is no zip file that can be read: {problem}") from None


def verify(files: Files, root: bytes | None = None) -> list[Finding]:
    """All that can be said about these files. `root`: the certificate of the authority that is trusted, PEM (of several: all of
    them) or DER."""
    try:
        manifest = json.loads(files[MANIFEST])
        if not isinstance(manifest, dict) or manifest.get("banli_evidence") != 1:
            return [Finding("FAIL", f"{MANIFEST}: is no manifest of this kind of evidence")]
    except KeyError:
        return [Finding("FAIL", f"{MANIFEST}: is missing")]
    except ValueError:
        return [Finding("FAIL", f"{MANIFEST}: cannot be read")]
    found: list[Finding] = []
    signatures: list[Signature] = []
    parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("the files", lambda: _files(files, manifest)),
        ("the statements", lambda: _statements(files, manifest, signatures)),
        ("the certificates", lambda: _certificates(files, manifest, signatures, root)),
        ("the events", lambda: _events(files, manifest)),
    ]
    for what, part in parts:
        try:
            found.extend(part())
        except Exception as problem:  # what is broken can break a parser in many ways; none of them may look like success
            found.append(Finding("FAIL", f"{what} cannot be read ({type(problem).__name__}: {problem})"))
    return found


def _files(files: Files, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Is each file there, and as the manifest says?"""
    listed = {str(one["name"]): str(one["sha256"]) for one in manifest["files"]}
    for name, digest in listed.items():
        if name not in files:
            yield Finding("FAIL", f"{name}: stands in the manifest and is missing")
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            yield Finding("FAIL", f"{name}: was changed, its SHA-256 is not that of the manifest")
        else:
            yield Finding("ok", f"{name}: is what the manifest says")
    for name in sorted(files.keys() - listed.keys() - {MANIFEST, SEAL}):
        yield Finding("FAIL", f"{name}: does not stand in the manifest")


def _statements(files: Files, manifest: Mapping[str, Any], signatures: list[Signature]) -> Iterator[Finding]:
    """Is each statement about this case, and about the document that lies here?"""
    seen: set[tuple[str, str]] = set()
    used: set[str] = set()
    if not manifest["signatures"]:
        yield Finding("FAIL", "there is no signature")
    for one in manifest["signatures"]:
        number, statement = str(one["number"]), files.get(str(one["statement"]), b"")
        signature, document = files.get(str(one["signature"]), b""), str(one.get("document", ""))
        used |= {str(one["statement"]), str(one["signature"]), document, str(one.get("paper", ""))}
        try:
            said = json.loads(statement)
            asked = datetime.fromisoformat(said["at"])
            row, step = str(said["row"]), str(said["step"])
        except (ValueError, KeyError, TypeError):
            yield Finding("FAIL", f"signature {number}: its statement cannot be read")
            continue
        came = datetime.fromisoformat(str(one["at"]))
        made = Signature(number, row, said, statement, signature, int(str(one["serial"]), 16), max(asked, came))
        signatures.append(made)
        if json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() != statement:
            yield Finding("FAIL", f"{made.name}: the statement is not in the one form that statements have")
        other = [name for name in ("case", "company", "client", "business") if said.get(name) != manifest[name]]
        yield from (Finding("FAIL", f"{made.name}: the statement is of another {name}") for name in other)
        if (step, row) in seen:
            yield Finding("FAIL", f"{made.name}: is there twice")
        seen.add((step, row))
        if row != ENTERED:
            yield _document(files, made, document)
        else:
            yield Finding("note", f"{made.name}: what changes stands in the statement itself, the entries behind it are not here")
    for step in sorted({step for step, _ in seen} - {step for step, row in seen if row == ENTERED}):
        yield Finding("FAIL", f"the signature over what was entered ({ENTERED}) is missing at the step {step}")
    kinds = {str(one["name"]): str(one["kind"]) for one in manifest["files"]}
    for name in sorted(name for name, kind in kinds.items() if kind in ("document", "statement", "signature", "paper")):
        if name not in used:
            yield Finding("FAIL", f"{name}: belongs to no signature")


def _document(files: Files, made: Signature, name: str) -> Finding:
    content = files.get(name)
    if not name or content is None:
        return Finding("FAIL", f"{made.name}: the document is missing")
    if name.endswith(".html"):
        if not (content.startswith(HEAD) and content.endswith(TAIL)):
            return Finding("FAIL", f"{made.name}: {name} holds more than the text that was signed")
        content = content[len(HEAD) : -len(TAIL)]
    if hashlib.sha256(content).hexdigest() != made.said.get("text"):
        return Finding("FAIL", f"{made.name}: {name} is not the document that was signed")
    return Finding("ok", f"{made.name}: {name} is the document that was signed")


def _certificates(
    files: Files, manifest: Mapping[str, Any], signatures: Sequence[Signature], root: bytes | None
) -> Iterator[Finding]:
    """Who has signed, and could they when they did?"""

    def of(kind: str) -> list[bytes]:
        return [files[one["name"]] for one in manifest["files"] if one["kind"] == kind and one["name"] in files]

    clients = {one.serial_number: one for content in of("certificate") for one in x509.load_pem_x509_certificates(content)}
    lists = [x509.load_der_x509_crl(content) for content in of("crl")]
    answers = [ocsp.load_der_ocsp_response(content) for content in of("ocsp")]
    chains = [x509.load_pem_x509_certificates(content) for content in of("chain")]
    authorities = [Authority(chain, newest(chain[0], lists), answers) for chain in chains]
    if not authorities:
        yield Finding("FAIL", "the certificates of the authority are missing")
        return
    by = {made.number: above(clients[made.serial], authorities) for made in signatures if made.serial in clients}
    yield from dict.fromkeys(one for authority in authorities for one in root_of(authority.chain[-1], root))
    yield from dict.fromkeys(one for authority in authorities for one in chained(authority.chain))
    for authority in authorities:
        yield _list(authority, lists, [made for made in signatures if by.get(made.number) is authority])
    for made in signatures:
        certificate = clients.get(made.serial)
        if certificate is None:
            yield Finding("FAIL", f"{made.name}: its certificate is missing")
            continue
        yield _signed(made, certificate)
        yield from _fits(made, certificate, by[made.number])
    offices = [one for content in of("office") for one in x509.load_pem_x509_certificates(content)]
    yield from _manifest(files, manifest, offices, authorities)
    papers = {str(one["number"]): str(one.get("paper", "")) for one in manifest["signatures"]}
    for made in signatures:
        if (paper := papers.get(made.number, "")) in files:
            yield from check(paper, files[paper], made.said, clients.get(made.serial), offices, authorities)
        elif made.said.get("pdf"):
            yield Finding("note", f"{made.name}: the PDF that the statement names too is not here")
    for serial in sorted({made.serial for made in signatures} & clients.keys()):
        last = max(made.at for made in signatures if made.serial == serial)
        if (issuer := above(clients[serial], authorities)) is not None:
            yield from _asked(clients[serial], issuer, last)


def _manifest(
    files: Files, manifest: Mapping[str, Any], offices: Sequence[x509.Certificate], authorities: Sequence[Authority]
) -> Iterator[Finding]:
    """Does the company vouch for the list of all files?"""
    if SEAL in files:
        yield from sealed(MANIFEST, files[MANIFEST], files[SEAL], offices, authorities)
    elif manifest.get("seal"):
        yield Finding("FAIL", f"{SEAL}: the manifest was sealed, and its seal is missing")
    else:
        yield Finding("note", f"{MANIFEST}: is not sealed: whether something was left out cannot be seen from it")


def _signed(made: Signature, certificate: x509.Certificate) -> Finding:
    key = key_of(certificate)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        gm = "an SM2 key, which banli[gm] can compute with" if key is None else "a key of another kind"
        return Finding("FAIL", f"{made.name}: was not checked, its certificate has {gm}")
    try:
        key.verify(made.signature, made.statement, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return Finding("FAIL", f"{made.name}: the signature is not over this statement by the key of this certificate")
    return Finding("ok", f"{made.name}: the statement was signed by the key of {who(certificate)}, as of {made.said['at']}")


def _fits(made: Signature, certificate: x509.Certificate, authority: Authority | None) -> Iterator[Finding]:
    """Chain, time and revocation of one signature's certificate. `authority`: who has issued it."""
    if authority is None:
        yield Finding("FAIL", f"{made.name}: its certificate was not issued by this authority")
        return
    numbers = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)]
    client = str(made.said.get("client", ""))
    if not any(len(number) >= 32 and client.startswith(number) for number in numbers):
        yield Finding("FAIL", f"{made.name}: its certificate is made out to somebody else than the client of the statement")
    if is_authority(certificate) or not usage(certificate).content_commitment:
        yield Finding("FAIL", f"{made.name}: its certificate is not for signing documents")
    for one in (certificate, *authority.chain):
        if not one.not_valid_before_utc <= made.at <= one.not_valid_after_utc:
            yield Finding("FAIL", f"{made.name}: {who(one)} was not valid when it was made ({time_of(made.at)})")
            return
    since = _since(certificate.serial_number, authority)
    if since is None:
        yield Finding("ok", f"{made.name}: its certificate was valid on {time_of(made.at)} and is not revoked")
    elif since <= made.at:
        times = f"on {time_of(since)}, before it was made {time_of(made.at)}"
        yield Finding("FAIL", f"{made.name}: its certificate was revoked {times}")
    else:
        yield Finding("ok", f"{made.name}: its certificate was valid on {time_of(made.at)}, revoked later, on {time_of(since)}")


def _list(
    authority: Authority, lists: Sequence[x509.CertificateRevocationList], signatures: Sequence[Signature]
) -> Finding:  # fmt: skip
    """Is there a list of what is revoked by this authority, younger than the signatures under it?"""
    name = who(authority.chain[0])
    if authority.revoked is None:
        if lists:
            return Finding("FAIL", f"the list of revoked certificates was not made by this authority ({name})")
        return Finding("FAIL", f"the authority's list of revoked certificates is missing ({name})")
    at = authority.revoked.last_update_utc
    if any(at < made.at.replace(microsecond=0) for made in signatures):
        return Finding("FAIL", f"the list of revoked certificates ({time_of(at)}) is older than a signature")
    return Finding("ok", f"the list of revoked certificates is that of {name}, of {time_of(at)}")


def _asked(certificate: x509.Certificate, authority: Authority, last: datetime) -> Iterator[Finding]:
    """Does the authority's answer about this one certificate agree with its list?"""
    about = f"the authority's answer (OCSP) about {who(certificate)}"
    good = (one for one in authority.answers if one.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL)
    answer = next((one for one in good if one.serial_number == certificate.serial_number), None)
    if answer is None:
        yield Finding("FAIL", f"{about} is missing")
        return
    if not answered(answer, authority.chain[0]):
        yield Finding("FAIL", f"{about} was not given by this authority")
        return
    since, listed = answer.revocation_time_utc, _since(certificate.serial_number, authority)
    if answer.this_update_utc < last.replace(microsecond=0):
        yield Finding("FAIL", f"{about} ({time_of(answer.this_update_utc)}) is older than a signature")
    elif (answer.certificate_status is ocsp.OCSPCertStatus.REVOKED) != (listed is not None) or since != listed:
        yield Finding("FAIL", f"{about} says otherwise than the list of revoked certificates")
    else:
        yield Finding("ok", f"{about} says the same: {'revoked' if listed else 'good'}, on {time_of(answer.this_update_utc)}")


def _events(files: Files, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """hash = SHA-256(previous, number, microseconds, actor, kind, SHA-256 of the sealed data), from the case's id on."""
    told = json.loads(files[EVENTS])
    previous = hashlib.sha256(f"banli case {told['case_id']}".encode()).hexdigest()
    if told["case"] != manifest["case"]:
        yield Finding("FAIL", "the events are of another case")
    for expected, event in enumerate(told["events"], 1):
        who, what = str(event["actor"]).encode(), str(event["kind"]).encode()
        parts = (
            bytes.fromhex(previous), int(event["seq"]).to_bytes(8, "big"), int(event["at"]).to_bytes(8, "big"),
            len(who).to_bytes(2, "big"), who, len(what).to_bytes(2, "big"), what, bytes.fromhex(event["data_sha256"]),
        )  # fmt: skip
        previous = str(event["hash"])
        if event["seq"] != expected or hashlib.sha256(b"".join(parts)).hexdigest() != previous:
            yield Finding("FAIL", f"the chain of events is broken at number {expected}")
            return
    if previous != told["head"] or len(told["events"]) != told["last_seq"]:
        yield Finding("FAIL", f"events are missing at the end: there are {len(told['events'])} of {told['last_seq']}")
    else:
        yield Finding("ok", f"the chain of {len(told['events'])} events is whole")


def _since(serial: int, authority: Authority) -> datetime | None:
    entry = authority.revoked.get_revoked_certificate_by_serial_number(serial) if authority.revoked else None
    return entry.revocation_date_utc if entry is not None else None


def holds(findings: Sequence[Finding]) -> bool:
    return not any(one.mark == "FAIL" for one in findings)


def clean(text: str) -> str:
    """Without what a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in text)


def told(findings: Sequence[Finding]) -> str:
    """The lines for a terminal."""
    lines = [f"{one.mark:<4}  {clean(one.text)}" for one in findings]
    wrong = sum(one.mark == "FAIL" for one in findings)
    return "\n".join([*lines, f"{wrong} of these do not hold." if wrong else "All holds."])


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Checks the evidence of a case.")
    parser.add_argument("file", nargs="?", type=Path, default=Path(__file__).parent, help="the zip, or the folder of its files")
    parser.add_argument("--root", type=Path, help="the certificate of the authority that you trust (PEM or DER)")
    given = parser.parse_args(argv)
    try:
        findings = verify(read(given.file), given.root.read_bytes() if given.root is not None else None)
    except (Unreadable, OSError) as problem:
        findings = [Finding("FAIL", str(problem))]
    sys.stdout.buffer.write((told(findings) + "\n").encode())
    return 0 if holds(findings) else 1


if __name__ == "__main__":
    sys.exit(main())
