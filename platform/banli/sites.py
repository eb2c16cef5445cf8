"""Where a site's folders are, and the settings that a machine (not an author) decides."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


def bundled() -> Path:
    """The site that ships with Banli: inside the wheel, or the checkout."""
    package = Path(__file__).parent
    inside_wheel = package / "bundled"
    return inside_wheel if inside_wheel.is_dir() else package.parents[1]


@dataclass(frozen=True)
class Site:
    """One installation: what is defined (`root`), what it remembers (`var`), and how it is reached.

    `database` and `blobs` are URLs (`sqlite:///…`, `postgresql://…`; `file:///…`, `s3://…`). `demo` switches on what
    must never run with real clients: sample accounts, the outbox of SMS codes, the switches of the simulators.
    """

    root: Path
    var: Path
    database: str
    blobs: str
    environment: str = "production"
    demo: bool = False
    address: str = ""
    secure_cookies: bool = True
    trusted_proxies: int = 0
    options: dict[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> Path:
        return self.root / "definitions"

    @property
    def themes(self) -> Path:
        """The site's own themes; a site without any has those that ship."""
        own = self.root / "themes"
        return own if own.is_dir() else bundled() / "themes"

    @property
    def keys(self) -> Path:
        return self.var / "keys.json"

    @property
    def cache(self) -> Path:
        return self.var / "cache"


def open_site(root: Path | None = None, *, demo: bool = False) -> Site:
    """The site at `root`, with what the environment says of it. Without `root` and BANLI_SITE: the working folder when it
    is a site, else the one that ships.

    Reads BANLI_SITE, BANLI_VAR, BANLI_DATABASE, BANLI_BLOBS, BANLI_ENVIRONMENT, BANLI_ADDRESS, BANLI_INSECURE_COOKIES
    and BANLI_PROXIES.
    """
    env = os.environ
    here = Path.cwd() if (Path.cwd() / "definitions").is_dir() else bundled()
    folder = (root or Path(env.get("BANLI_SITE") or here)).resolve()
    var = Path(env.get("BANLI_VAR") or folder / "var").resolve()
    return Site(
        root=folder,
        var=var,
        database=env.get("BANLI_DATABASE") or f"sqlite:///{var / 'banli.db'}",
        blobs=env.get("BANLI_BLOBS") or f"file://{var / 'blobs'}",
        environment=env.get("BANLI_ENVIRONMENT") or ("demo" if demo else "production"),
        demo=demo,
        address=env.get("BANLI_ADDRESS", ""),
        secure_cookies=not demo and not env.get("BANLI_INSECURE_COOKIES"),
        trusted_proxies=int(env.get("BANLI_PROXIES") or 0),
    )
