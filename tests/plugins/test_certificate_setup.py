"""Outside of a demo the authority is set up by hand, and the root's key does not stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from banli_certificate.__main__ import EXISTS, main
from site_kit import changed

SITE = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, banli_certificate: {name: 样本}]"
WORDS = "four words are better"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))

    def ran(site: Path, key: Path, words: str = WORDS) -> Result:
        return CliRunner().invoke(main, ["setup", "--site", str(site), "--root-key", str(key), "--password", words])

    return ran


def test_an_operator_sets_up_the_authority_once_and_takes_the_roots_key_away(run: Any, tmp_path: Path) -> None:
    site, key = changed(tmp_path / "site", site=SITE), tmp_path / "root.pem"
    assert "at least 12" in run(site, key, "short").output and not key.exists()
    done = run(site, key)
    assert done.exit_code == 0, done.output
    assert (key.stat().st_mode & 0o777, b"ENCRYPTED" in key.read_bytes()) == (0o600, True)
    assert load_pem_private_key(key.read_bytes(), WORDS.encode())
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        load_pem_private_key(key.read_bytes(), b"another passphrase")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file())
    assert b"PRIVATE KEY" not in kept
    again = run(site, tmp_path / "second.pem")
    assert (again.exit_code, EXISTS in again.output, (tmp_path / "second.pem").exists()) == (1, True, False)
    assert "cannot be made" in run(site, key).output


def test_a_site_without_the_plugin_is_told_so(run: Any, tmp_path: Path) -> None:
    told = run(changed(tmp_path / "site"), tmp_path / "root.pem")
    assert told.exit_code == 1 and "does not use banli_certificate" in told.output and not (tmp_path / "root.pem").exists()
