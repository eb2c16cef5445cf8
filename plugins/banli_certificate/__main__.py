"""Sets up the embedded authority of a site: `python -m banli_certificate setup --root-key FILE`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from banli.errors import DefinitionError
from banli.parts import Parts
from banli.sites import open_site
from banli_certificate.plugin import CertificatePlugin

SHORTEST = 12
EXISTS = "This site has an authority already. A second one would make all certificates of the first worthless."


@click.group()
def main() -> None:
    """The embedded certificate authority."""


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
        made = asyncio.run(_set_up(site))
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


async def _set_up(folder: Path | None) -> bytes | None:
    try:
        parts = Parts(open_site(folder))
    except DefinitionError as problem:
        raise click.ClickException(f"The definitions have mistakes:\n{problem}") from None
    plugin = next((one for one in parts.plugins.active if isinstance(one, CertificatePlugin)), None)
    if plugin is None:
        raise click.ClickException("This site does not use banli_certificate. List it under `plugins` in site.yaml.")
    await parts.open(start_plugins=False)
    try:
        return await plugin.authority.set_up(str(plugin.settings.get("name", "Banli")))
    finally:
        await parts.close()


def _take_back(handle: int, path: Path) -> None:
    os.close(handle)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(prog_name="python -m banli_certificate")
