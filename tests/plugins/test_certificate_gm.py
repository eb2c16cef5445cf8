"""SM2 and SM3: what the standard says, what OpenSSL makes, and nothing else is accepted."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from banli.evidence import verify, verify_chain
from banli_certificate.__main__ import main
from banli_certificate.authority.cmp import der
from banli_certificate.gm import ID, ORDER, flaw_of, issued, key_of, sm3, verified

NOW = datetime.now(UTC)
STATEMENT = '{"banli":1,"title":"期货交易风险说明书"}'.encode()


class Works:
    """OpenSSL's command line, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def key(self, name: str) -> None:
        self.run("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", f"{name}.key")

    def root(self, name: str) -> None:
        self.key(name)
        self.run(
            "req", "-x509", "-new", "-key", f"{name}.key", "-sm3", "-sigopt", f"distid:{ID.decode()}", "-days", "30",
            "-subj", f"/C=CN/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", f"{name}.pem",
        )  # fmt: skip

    def below(self, name: str, above: str, *extensions: str) -> None:
        """A certificate by `above`."""
        self.key(name)
        (self.folder / f"{name}.ext").write_text("\n".join(extensions))
        options = "-sm3", "-sigopt", f"distid:{ID.decode()}"
        self.run("req", "-new", "-key", f"{name}.key", *options, "-subj", f"/C=CN/CN={name}", "-out", f"{name}.csr")
        self.run(
            "x509", "-req", "-in", f"{name}.csr", "-CA", f"{above}.pem", "-CAkey", f"{above}.key", *options, "-vfyopt",
            f"distid:{ID.decode()}", "-extfile", f"{name}.ext", "-days", "20", "-out", f"{name}.pem",
        )  # fmt: skip

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / f"{name}.pem").read_bytes())

    def signature(self, name: str, content: bytes) -> bytes:
        (self.folder / "content").write_bytes(content)
        self.run(
            "pkeyutl", "-sign", "-inkey", f"{name}.key", "-in", "content", "-rawin", "-digest", "sm3",
            "-pkeyopt", f"distid:{ID.decode()}", "-out", "signature",
        )  # fmt: skip
        return (self.folder / "signature").read_bytes()


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Works:
    made = Works(tmp_path_factory.mktemp("gm"))
    made.root("root")
    made.below("issuer", "root", "basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign")
    made.below("client", "issuer", "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,nonRepudiation")
    made.below("locked", "issuer", "basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyEncipherment")
    made.below("false", "client", "basicConstraints=critical,CA:FALSE")
    made.root("stranger")
    return made


def raw(signature: bytes) -> bytes:
    r, s = der.read(signature).inside()
    return r.number().to_bytes(32, "big") + s.number().to_bytes(32, "big")


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_a_signature_of_the_standard_holds() -> None:
    """GB/T 32918.5-2017, appendix A: the recommended curve, the text 'message digest'."""
    key = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )
    assert verified(key, signature, b"message digest")
    assert not verified(key, signature, b"message digesT") and not verified(key, signature, b"message digest", b"another id")


def test_what_openssl_has_signed_holds_in_both_forms(works: Works) -> None:
    key, signature = key_of(works.certificate("client")), works.signature("client", STATEMENT)
    assert key is not None and verified(key, signature, STATEMENT) and verified(key, raw(signature), STATEMENT)
    assert not verified(key, signature, STATEMENT + b" ")
    assert not verified(key, raw(signature)[:-1] + bytes([raw(signature)[-1] ^ 1]), STATEMENT)
    other = key_of(works.certificate("issuer"))
    assert other is not None and not verified(other, signature, STATEMENT)


def test_a_signature_has_one_form(works: Works) -> None:
    """Longer numbers, numbers beyond the order, zero: nobody can make another signature of one that holds."""
    key, signature = key_of(works.certificate("client")), works.signature("client", STATEMENT)
    assert key is not None
    r, s = (one.number() for one in der.read(signature).inside())
    padded = der.sequence(der.value(der.INTEGER, b"\0\0" + r.to_bytes(32, "big")), der.integer(s))
    wrong = [
        padded, der.sequence(der.integer(r), der.integer(s + ORDER)), der.sequence(der.integer(0), der.integer(s)),
        der.sequence(der.integer(r), der.integer(-s)), der.sequence(der.integer(r)), signature + b"\0", b"", bytes(64),
    ]  # fmt: skip
    assert [verified(key, one, STATEMENT) for one in wrong] == [False] * len(wrong)


def test_a_chain_holds_and_each_break_of_it_is_told(works: Works) -> None:
    root, issuer, client = (works.certificate(name) for name in ("root", "issuer", "client"))
    assert flaw_of(client, [issuer, root], NOW + timedelta(hours=1)) == ""
    assert issued(root, root) and issued(issuer, root) and not issued(client, root)
    stranger = works.certificate("stranger")
    assert "was not issued by" in flaw_of(client, [issuer, stranger], NOW)
    assert "was not issued by" in flaw_of(client, [root], NOW)
    assert "not valid then" in flaw_of(client, [issuer, root], NOW + timedelta(days=25))
    assert "not for signing" in flaw_of(works.certificate("locked"), [issuer, root], NOW + timedelta(hours=1))
    assert "may not issue" in flaw_of(works.certificate("false"), [client, issuer, root], NOW + timedelta(hours=1))


def test_a_certificate_of_another_kind_has_no_such_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    from cmp_kit import speaker

    assert key_of(speaker("somebody", key).certificate) is None


@given(st.binary(max_size=100), st.binary(max_size=20))
@settings(max_examples=200, deadline=None)
def test_no_bytes_are_a_signature_by_chance(signature: bytes, signed: bytes) -> None:
    key = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    assert not verified(key, signature, signed) and not verified(bytes(64), signature, signed)


def test_without_the_package_it_is_said_what_to_install() -> None:
    script = (
        "import sys; sys.modules['gmssl_pyx'] = None\n"
        "from banli_certificate.gm import NoGm, verified\n"
        "try: verified(bytes(64), b'\\1' * 64, b'')\n"
        "except NoGm as told: print(told)"
    )
    from plugin_kit import environment_of

    said = subprocess.run([sys.executable, "-c", script], env=environment_of(), capture_output=True, text=True, timeout=60)
    assert "pip install 'banli[gm]'" in said.stdout, said.stderr


def test_an_expert_checks_a_file_at_the_command_line(works: Works) -> None:
    folder = works.folder
    (folder / "statement.json").write_bytes(STATEMENT)
    (folder / "statement.sm2").write_bytes(works.signature("client", STATEMENT))
    (folder / "chain.pem").write_bytes((folder / "issuer.pem").read_bytes() + (folder / "root.pem").read_bytes())

    def told(statement: str = "statement.json", certificate: str = "client", chain: str = "chain") -> tuple[int, str]:
        given = {"--signature": "statement.sm2", "--certificate": f"{certificate}.pem", "--chain": f"{chain}.pem"}
        words = [str(folder / statement), *(piece for name, file in given.items() for piece in (name, str(folder / file)))]
        later = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        said = CliRunner().invoke(main, ["sm2", *words, "--at", later])
        return said.exit_code, said.output

    assert told()[0] == 0 and "whose certificate holds" in told()[1]
    assert told("client.ext")[0] == 1 and "is no signature" in told("client.ext")[1]
    assert "the certificate does not" in told(chain="stranger")[1]
    assert "is no signature" in told(certificate="issuer")[1]


def test_evidence_with_such_a_certificate_says_that_it_was_not_checked(works: Works) -> None:
    """Not checked is not held: the program that needs nothing of ours says what can check it."""
    said = {"at": "2026-11-24T02:00:00+00:00"}
    made = verify.Signature("1", "r", said, STATEMENT, works.signature("client", STATEMENT), 1, NOW)
    finding = verify._signed(made, works.certificate("client"))
    assert finding.mark == "FAIL" and "banli[gm]" in finding.text
    assert not verify_chain.issued(works.certificate("client"), works.certificate("issuer"))
