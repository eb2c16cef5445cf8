"""The client's key in a real browser: made, wrapped, opened again, and never anywhere but on the phone (R-139 to R-150)."""

from __future__ import annotations

import gzip
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from on_phone import PHONE
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from banli.sites import bundled
from banli.web.static import Scripts
from banli_certificate.oprf import draw, evaluate

STATIC = bundled() / "plugins" / "banli_certificate" / "static"
HARNESS = """
import { hashToPoint, pack, unpack, multiply, integer } from "./certificate_curve.js";
import { blind, finish } from "./certificate_oprf.js";
import { install, open, kept, forget, missing, sent, got } from "./certificate_key.js";
const hex = (data) => [...data].map((one) => one.toString(16).padStart(2, "0")).join("");
const raw = (text) => Uint8Array.from(text.match(/../g) || [], (one) => parseInt(one, 16));
const told = async (run) => { try { return await run(); } catch (fault) { return { fault: fault.code || fault.message }; } };
const ask = (name, said) => window.ask(name, said);
window.it = {
  hashed: async (message, domain) => hex(pack(await hashToPoint(new TextEncoder().encode(message), new TextEncoder().encode(domain)))),
  blinded: async (secret, by) => hex((await blind(raw(secret), integer(raw(by)))).blinded),
  finished: async (secret, by, evaluated) => hex(await finish(raw(secret), integer(raw(by)), raw(evaluated))),
  unpacked: (packed) => told(async () => hex(pack(unpack(raw(packed))))),
  install: (owner, password) => told(() => install(ask, owner, password)),
  sign: (owner, password, data) => told(async () => sent(await (await open(ask, owner, password)).sign(got(data)))),
  kept: async (owner) => { const one = await kept(owner); return one && { ...one, iv: hex(one.iv), wrapped: hex(one.wrapped) }; },
  forget: (owner) => forget(owner).then(() => null),
  missing: () => missing(),
  order: () => hex(pack(multiply(unpack(raw("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")), 2n))),
};
"""
HASHED = [
    ("", "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4"),
    ("abc", "0bb8b87485551aa43ed54f009230450b492fead5f1cc91658775dac4a3388a0f"),
    ("abcdef0123456789", "65038ac8f2b1def042a5df0b33b1f4eca6bff7cb0f9c6c1526811864e544ed80"),
]
"""RFC 9380, J.1.1: message and x. The sign of y is held by what blinding yields."""
DOMAIN = "QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_"
BLIND = "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364"
KNOWN = [
    (
        "00", "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d",
        "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832",
        "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd",
    ),
    (
        "5a" * 17, "03cc1df781f1c2240a64d1c297b3f3d16262ef5d4cf102734882675c26231b0838",
        "03a0395fe3828f2476ffcd1f4fe540e5a8489322d398be3c4e5a869db7fcb7c52c",
        "c748ca6dd327f0ce85f4ae3a8cd6d4d5390bbb804c9e12dcf94f853fece3dcce",
    ),
]  # fmt: skip
"""RFC 9497, A.3.1: input, blinded, evaluated, output."""


class Server:
    """As much of the other half as a phone needs: a secret number for each key, and what was signed."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.nonces: dict[str, bytes] = {}
        self.said: list[tuple[str, dict[str, str]]] = []
        self.requests: dict[str, x509.CertificateSigningRequest] = {}
        self.faults: list[str] = []

    def answer(self, name: str, said: dict[str, str]) -> dict[str, str]:
        self.said.append((name, said))
        if name == "begin":
            key = secrets.token_hex(16)
            self.numbers[key], self.nonces[key] = draw(), secrets.token_bytes(32)
            return {"key": key, "nonce": text(self.nonces[key])}
        if name == "evaluate":
            self.nonces[said["key"]] = self.nonces[said["key"]] if not self.requests else secrets.token_bytes(32)
            evaluated = evaluate(self.numbers[said["key"]], data(said["blinded"]))
            return {"evaluated": text(evaluated), "nonce": text(self.nonces[said["key"]])}
        if name == "enrol":
            request = x509.load_der_x509_csr(data(said["csr"]))
            assert request.is_signature_valid and list(request.subject) == []
            self.requests[said["key"]] = request
            self.check(said["key"], data(said["proof"]), b"banli enrol " + self.nonces[said["key"]] + data(said["csr"]))
            return {"certificate": "Y2VydA"}
        assert name == "prove"
        self.check(said["key"], data(said["signature"]), b"banli prove " + self.nonces[said["key"]])
        return {}

    def check(self, key: str, signature: bytes, signed: bytes) -> None:
        public = self.requests[key].public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        try:
            public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            self.faults.append("signature")


def text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def data(content: str) -> bytes:
    return urlsafe_b64decode(content + "=" * (-len(content) % 4))


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Scripts:
    folder = tmp_path_factory.mktemp("harness")
    (folder / "harness.js").write_text(HARNESS, encoding="utf-8")
    return Scripts(folder, STATIC)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def tab(browser: Browser, scripts: Scripts, server: Server) -> Iterator[Tab]:
    context = browser.new_context(**PHONE)
    tab = context.new_page()
    answers = {
        "/": ("text/html", '<!doctype html><html lang="en"><title>Key</title><script type="module" src="/js"></script>'),
        "/js": ("text/javascript", scripts.bundle(("harness",)).decode()),
    }

    def serve(route: Any) -> None:
        kind, body = answers.get(route.request.url.removeprefix("http://localhost"), ("text/plain", ""))
        route.fulfill(content_type=kind, body=body)

    tab.route("**/*", serve)
    tab.expose_function("ask", server.answer)
    tab.goto("http://localhost/")
    tab.wait_for_function("window.it")
    yield tab
    context.close()


@pytest.mark.parametrize(("message", "x"), HASHED)
def test_a_text_becomes_the_point_of_the_standard(tab: Tab, message: str, x: str) -> None:
    assert tab.evaluate("([m, d]) => it.hashed(m, d)", [message, DOMAIN])[2:] == x


@pytest.mark.parametrize(("secret", "blinded", "evaluated", "output"), KNOWN)
def test_blinding_and_finishing_are_those_of_the_standard(
    tab: Tab, secret: str, blinded: str, evaluated: str, output: str
) -> None:
    assert tab.evaluate("([s, b]) => it.blinded(s, b)", [secret, BLIND]) == blinded
    assert tab.evaluate("([s, b, e]) => it.finished(s, b, e)", [secret, BLIND, evaluated]) == output


def test_an_answer_that_is_no_point_is_refused(tab: Tab) -> None:
    good = KNOWN[0][1]
    assert tab.evaluate("(p) => it.unpacked(p)", good) == good
    beyond = "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
    for bad in ("", "00", "04" + good[2:], good[:-2], good + "00", beyond, "02" + "00" * 31 + "01"):
        assert tab.evaluate("(p) => it.unpacked(p)", bad) == {"fault": "point"}, bad


def test_a_key_is_made_wrapped_and_opened_by_its_password_only(tab: Tab, server: Server) -> None:
    assert tab.evaluate("it.install('8001|me', '246810')") == {"certificate": "Y2VydA"}
    assert [name for name, _ in server.said] == ["begin", "evaluate", "enrol"] and server.faults == []
    document = secrets.token_bytes(32)
    signature = tab.evaluate("(d) => it.sign('8001|me', '246810', d)", text(document))
    (key,) = server.requests
    server.check(key, data(signature), document)
    assert server.faults == []
    assert tab.evaluate("(d) => it.sign('8001|me', '246811', d)", text(document)) == {"fault": "password"}
    assert server.said[-1][0] == "evaluate", "a wrong password proves nothing"
    assert tab.evaluate("(d) => it.sign('8001|you', '246810', d)", text(document)) == {"fault": "none"}


def test_neither_phone_nor_server_alone_can_try_passwords(tab: Tab, server: Server) -> None:
    tab.evaluate("it.install('8001|me', '13572468')")
    kept = tab.evaluate("it.kept('8001|me')")
    assert set(kept) == {"owner", "id", "iv", "wrapped", "certificate", "asked"} and kept["asked"] is None
    blinded = {tuple(said.items()) for name, said in server.said if name == "evaluate"}
    tab.evaluate("(d) => it.sign('8001|me', '13572468', d)", text(b"x"))
    blinded |= {tuple(said.items()) for name, said in server.said if name == "evaluate"}
    assert len(blinded) == 2, "the same password looks different each time"
    assert "13572468" not in repr(server.said) + repr(kept)
    server.numbers[kept["id"]] = draw()
    answer = tab.evaluate("(d) => it.sign('8001|me', '13572468', d)", text(b"x"))
    assert answer == {"fault": "password"}, "with another half on the server the right password is worth nothing"
    tab.evaluate("it.forget('8001|me')")
    assert tab.evaluate("it.kept('8001|me')") is None


def test_a_lost_answer_leaves_the_key_on_the_phone(tab: Tab) -> None:
    silence = "name === 'enrol' ? Promise.reject(new Error('silent')) : ask(name, said)"
    tab.evaluate(f"() => {{ const ask = window.ask; window.ask = (name, said) => {silence}; }}")
    assert tab.evaluate("it.install('8001|me', '246810')") == {"fault": "silent"}
    assert tab.evaluate("it.kept('8001|me')")["certificate"] == ""


def test_the_browser_can_do_it_and_the_code_is_small(tab: Tab, scripts: Scripts) -> None:
    assert tab.evaluate("it.missing()") == ""
    for page in ("certificate_install", "certificate_sign"):
        assert len(gzip.compress(scripts.bundle((page, "page")), 9)) < 20_000
