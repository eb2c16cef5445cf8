"""Outside of a demo the authority is set up by hand, and the root's key does not stay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from jsonschema import Draft202012Validator

from banli.hooks import Home, Unavailable
from banli_certificate import CertificatePlugin
from banli_certificate.__main__ import EXISTS, main
from banli_certificate.authority import Subject, choosing
from banli_certificate.authority.cmp import CmpAuthority, trial, way_of
from banli_certificate.authority.embedded import EmbeddedAuthority
from banli_certificate.authority.memory import MemoryLedger
from banli_certificate.authority.simulated import How
from banli_certificate.conformance import check_authority
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
    without = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}]"
    told = run(changed(tmp_path / "site", site=without), tmp_path / "root.pem")
    assert told.exit_code == 1 and "does not use banli_certificate" in told.output and not (tmp_path / "root.pem").exists()


def test_a_new_intermediate_comes_from_the_root_before_the_old_one_ends(run: Any, tmp_path: Path) -> None:
    site, key = changed(tmp_path / "site", site=SITE), tmp_path / "root.pem"

    def renewed(path: Path, words: str = WORDS) -> Result:
        return CliRunner().invoke(main, ["renew", "--site", str(site), "--root-key", str(path), "--password", words])

    assert run(site, key).exit_code == 0
    assert "cannot be opened" in renewed(key, "another passphrase").output
    foreign = tmp_path / "foreign.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    foreign.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(WORDS.encode())))
    assert "is not the key of this site's root" in renewed(foreign).output
    done = renewed(key)
    assert done.exit_code == 0 and "issues from now on" in done.output, done.output


def test_a_renewal_before_the_set_up_says_what_to_do(run: Any, tmp_path: Path) -> None:
    site, key = changed(tmp_path / "site", site=SITE), tmp_path / "root.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(WORDS.encode())))
    told = CliRunner().invoke(main, ["renew", "--site", str(site), "--root-key", str(key), "--password", WORDS])
    assert told.exit_code == 1 and "Run setup" in told.output


async def test_a_site_finds_a_simulated_authority_by_what_it_writes(tmp_path: Path) -> None:
    """The lines that it says, put into site.yaml, lead to it."""
    told: list[str] = []
    running = asyncio.create_task(trial.run(tmp_path / "trial", 0, How(), told.append))
    try:
        async with asyncio.timeout(60):
            while not told:
                assert not running.done()
                await asyncio.sleep(0.05)
        text = told[0]
        options = yaml.safe_load(text[text.index("  - banli_certificate") : text.index("Ctrl-C")])[0]["banli_certificate"]
        assert list(Draft202012Validator({"type": "object", "properties": dict(CertificatePlugin.options)}).iter_errors(options)) == []
        way = way_of(options["authority"], tmp_path, {})
        await check_authority(CmpAuthority(lambda: ledger, trial.now, way), Subject("样本甲", "c" * 32, "样本"))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


ledger = MemoryLedger(trial.now)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"url": "http://ca.example/cmp"}, "names of clients would travel"),
        ({"key": "nothing.pem"}, "authority.key: "),
        ({"key": "answers.pem"}, "authority.key: cannot be opened"),
        ({"certificate": "answers.pem"}, "is not the key of authority.certificate"),
        ({"chain": "ra-key.pem"}, "authority.chain: ra-key.pem holds no certificates"),
    ],
)
async def test_settings_that_cannot_be_are_told_and_nothing_falls(tmp_path: Path, change: dict[str, str], why: str) -> None:
    """The site starts, clients read a calm sentence, `check` says the place."""
    running = asyncio.create_task(trial.run(tmp_path / "trial", 0, How(), lambda text: None))
    async with asyncio.timeout(60):
        while not (tmp_path / "trial" / "chain.pem").exists() and not running.done():
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    here = {"certificate": "ra.pem", "key": "ra-key.pem", "answers": "answers.pem", "chain": "chain.pem"}
    urls = {"kind": "cmp", "url": "https://ca.example/cmp", "crl": "http://ca.example/crl"}
    home = Home(tmp_path, trial.now, False, tmp_path / "trial" / "definitions", ledger=ledger)
    plugin = CertificatePlugin({"authority": {**urls, **here, **change}}, home)
    assert why in await plugin.check()
    with pytest.raises(Unavailable):
        await plugin.authority.enrol(Subject("样本甲", "c" * 32, "样本"), b"", "k")


@dataclass(frozen=True)
class Named:
    """An entry point of a package that is installed."""

    make: Callable[[Mapping[str, Any], Home], Any]

    def load(self) -> Any:
        return self.make


async def test_an_integrators_authority_is_made_with_its_options_and_issues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has to remember lies in the site's ledger, which it is given with its home."""
    ledger = MemoryLedger(trial.now)

    def make(options: Mapping[str, Any], home: Home) -> EmbeddedAuthority:
        assert home.ledger is not None
        return EmbeddedAuthority(lambda: home.ledger, trial.now, days=options["days"])

    monkeypatch.setattr(choosing, "entry_points", lambda group, name: [Named(make)])
    home = Home(tmp_path, trial.now, True, tmp_path, ledger=ledger)
    plugin = CertificatePlugin({"authority": "acme", "authority_options": {"days": 30}}, home)
    await plugin.chosen.authority.present.set_up("Acme")
    await check_authority(plugin.authority, Subject("样本甲", "c" * 32, "样本"))


async def test_an_integrators_authority_that_cannot_be_made_is_told_to_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "entry_points", lambda group, name: [Named(lambda options, home: options["url"])])
    plugin = CertificatePlugin({"authority": "acme"}, Home(tmp_path, trial.now, True, tmp_path))
    assert await plugin.authority.check() == "The authority 'acme' cannot be made (KeyError: 'url')."
    with pytest.raises(Unavailable, match="certificate_authority_missing"):
        await plugin.authority.chain()
