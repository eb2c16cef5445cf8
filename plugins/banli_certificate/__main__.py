"""The authorities at the command line: `python -m banli_certificate setup | renew | simulate | sm2`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from banli.errors import DefinitionError
from banli.hooks import Unavailable
from banli.parts import Parts
from banli.sites import open_site
from banli_certificate.plugin import CertificatePlugin

T = TypeVar("T")
SHORTEST = 12
EXISTS = "This site has an authority already. A second one would make all certificates of the first worthless."


@click.group()
def main() -> None:
    """The embedded certificate authority, and a simulated one."""


@main.command()
@click.option("--site", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The site's folder.")
@click.option(
    "--root-key", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="A new file for the root's key. Take it off this machine afterwards, and keep it.",
)  # fmt: skip
@click.password_option(prompt="Passphrase of the root's key", help=f"At least {SHORTEST} letters; it encrypts the file.")
def setup(site: Path | None, root_key: Path, password: str) -> None:
    """Makes the root and the intermediate. The root's key goes into FILE, encrypted; nothing else of it stays here."""
    if len(password) < SHORTEST:
        raise click.ClickException(f"The passphrase has {len(password)} letters; it takes at least {SHORTEST}.")
    # The file comes first: a root whose key could not be kept would be lost for good.
    try:
        handle = os.open(root_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise click.ClickException(f"{root_key} cannot be made: {problem.strerror}.") from None
    try:
        made = asyncio.run(_on_site(site, lambda plugin: plugin.chosen.embedded.set_up(_name(plugin))))
    except BaseException:
        _take_back(handle, root_key)
        raise
    if made is None:
        _take_back(handle, root_key)
        raise click.ClickException(EXISTS)
    key = load_pem_private_key(made, None)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())))
        file.flush()
        os.fsync(file.fileno())
    click.echo(
        f"The authority is there. The root's key is in {root_key}: put it away where no server is, with its passphrase apart."
    )


@main.command()
@click.option("--site", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The site's folder.")
@click.option(
    "--root-key", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The file with the root's key, brought back for this.",
)  # fmt: skip
@click.option("--password", prompt="Passphrase of the root's key", hide_input=True)
def renew(site: Path | None, root_key: Path, password: str) -> None:
    """Makes a new intermediate, which issues from now on. Certificates of the earlier ones go on being valid and looked up."""
    try:
        key = load_pem_private_key(root_key.read_bytes(), password.encode())
    except (OSError, TypeError, ValueError):
        raise click.ClickException(f"{root_key} cannot be opened with this passphrase.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise click.ClickException(f"{root_key} is not the key of this site's root.")
    made = asyncio.run(_on_site(site, lambda plugin: plugin.chosen.embedded.renew(key)))
    if made is None:
        raise click.ClickException(f"{root_key} is not the key of this site's root.")
    ends = f"{made.not_valid_after_utc:%Y-%m-%d}"
    click.echo(
        f"A new intermediate issues from now on, until {ends}. Servers that run hear of it within a minute. "
        "Take the root's key away again."
    )


@main.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder for its files.")
@click.option("--port", default=8451, show_default=True, help="On this machine only.")
@click.option("--waits", default=0.0, help="Seconds until it decides on an application.")
@click.option("--refuses", is_flag=True, help="It refuses every application.")
@click.option("--loses", is_flag=True, help="The first answer to each application is lost on its way.")
def simulate(folder: Path, port: int, waits: float, refuses: bool, loses: bool) -> None:
    """Runs a simulated authority that speaks CMP, until Ctrl-C. What it issues has no legal effect and is soon forgotten."""
    from banli_certificate.authority.cmp.trial import run
    from banli_certificate.authority.simulated import How

    try:
        asyncio.run(run(folder.resolve(), port, How(waits=waits, refuses=refuses, loses=loses), click.echo))
    except OSError as problem:
        raise click.ClickException(f"It cannot be run: {problem.strerror}.") from None
    except KeyboardInterrupt:
        click.echo("It has ended.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--signature", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True), help="r and s, or DER.")
@click.option("--certificate", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True), help="PEM.")
@click.option(
    "--chain", required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="PEM: those above it, the root that you trust last.",
)  # fmt: skip
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]), help="When it was signed (UTC); else now.")
def sm2(file: Path, signature: Path, certificate: Path, chain: Path, at: datetime | None) -> None:
    """Checks an SM2 signature over FILE and the certificates above it. Whether one was revoked is not asked. Needs banli[gm]."""
    from banli_certificate.gm import NoGm, flaw_of, key_of, verified

    try:
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
        above = x509.load_pem_x509_certificates(chain.read_bytes())
    except ValueError:
        raise click.ClickException("The certificates cannot be read as PEM.") from None
    key = key_of(made)
    if key is None:
        raise click.ClickException("This certificate has no SM2 key.")
    try:
        if not verified(key, signature.read_bytes(), file.read_bytes()):
            raise click.ClickException(f"{signature} is no signature of this certificate over {file}.")
        if flaw := flaw_of(made, above, at.replace(tzinfo=UTC) if at is not None else datetime.now(UTC)):
            raise click.ClickException(f"The signature holds, the certificate does not: {flaw}.")
    except NoGm as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(
        f"{file} was signed by {made.subject.rfc4514_string()}, whose certificate holds. Ask its authority about revocation."
    )


async def _on_site(folder: Path | None, work: Callable[[CertificatePlugin], Awaitable[T]]) -> T:
    """Does something with the plugin of a site, its database open."""
    try:
        parts = Parts(open_site(folder))
    except DefinitionError as problem:
        raise click.ClickException(f"The definitions have mistakes:\n{problem}") from None
    plugin = next((one for one in parts.plugins.active if isinstance(one, CertificatePlugin)), None)
    if plugin is None:
        raise click.ClickException("This site does not use banli_certificate. List it under `plugins` in site.yaml.")
    await parts.open(start_plugins=False)
    try:
        return await work(plugin)
    except Unavailable:
        raise click.ClickException("There is no authority yet. Run setup.") from None
    finally:
        await parts.close()


def _name(plugin: CertificatePlugin) -> str:
    return str(plugin.settings.get("name", "Banli"))


def _take_back(handle: int, path: Path) -> None:
    os.close(handle)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(prog_name="python -m banli_certificate")
