"""Signatures as bytes: in their one form, whatever their length, as OpenSSL and asn1crypto read them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from banli_certificate.authority import profile
from banli_certificate.pdf.attributes import signed_attributes
from banli_certificate.pdf.cms import loaded, signed_data
from banli_certificate.pdf.stamping import sign
from store_fixtures import MovableClock


@pytest.mark.parametrize("kind", ["curve", "rsa"])
def test_openssl_verifies_a_seal_and_no_other_bytes(tmp_path: Path, kind: str) -> None:
    now = MovableClock()()
    root, content = profile.root("样本 Root", now, timedelta(days=9)), "清单".encode()
    key: Any = ec.generate_private_key(profile.CURVE) if kind == "curve" else rsa.generate_private_key(65537, 2048)
    own = profile.office("样本 Seal", key.public_key(), root, 4711, now, timedelta(days=9), stamps=False)
    attributes = signed_attributes(hashlib.sha256(content).digest(), own.public_bytes(Encoding.DER))
    made = signed_data(own.public_bytes(Encoding.DER), [], attributes, sign(key, attributes))
    (tmp_path / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "seal.p7s").write_bytes(made)
    openssl = shutil.which("openssl")
    assert openssl is not None, "These tests need the package openssl."
    for said, good in ((content, True), (content + b" ", False)):
        (tmp_path / "content").write_bytes(said)
        run = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "seal.p7s", "-content", "content", "-CAfile",
               "root.pem", "-purpose", "any", "-attime", str(int(now.timestamp()) + 60), "-out", "out"]  # fmt: skip
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode == 0) is good, done.stderr


def test_a_signature_whose_length_ends_with_0x80_is_read_as_it_was_written() -> None:
    """asn1crypto takes such a length for an open one and writes all below anew: what it reads must be what we wrote."""
    now = MovableClock()()
    root, key = profile.root("样本 Root", now, timedelta(days=9)), ec.generate_private_key(profile.CURVE)
    own = profile.office("样本", key.public_key(), root, 1, now, timedelta(days=9), stamps=True).public_bytes(Encoding.DER)
    attributes = signed_attributes(bytes(32), own)
    stamps = (cms.ContentInfo({"content_type": "data", "content": bytes(size)}).dump() for size in range(600))
    written = ((stamp, signed_data(own, [], attributes, bytes(70), stamp=stamp)) for stamp in stamps)
    stamp, made = next((stamp, made) for stamp, made in written if made[3] == 0x80)
    read = cms.ContentInfo.load(made, strict=True)
    (one,) = read["content"]["signer_infos"]
    assert one["signed_attrs"].untag().dump() == attributes and one["signature"].native == bytes(70)
    assert one["unsigned_attrs"][0]["values"][0].dump() == stamp
    assert read.dump() == made
    assert loaded(cms.ContentInfo, made).dump() is made, "not put together anew, which took 16 s of some seals"
