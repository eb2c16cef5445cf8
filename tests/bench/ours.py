"""Our side of the bench: the whole product on the site of `site20`, and clients who have logged in."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from banli.sites import Site
from banli.store import Store
from banli.web.guard import Guard

from .site20 import BUSINESS, COMPANY, PLUGINS, bench_site


async def log_in(site: Site, count: int) -> list[str]:
    """Tokens of so many clients. Logging in by SMS is not part of the journey: the others have no such thing."""
    # The server is not up yet, and nobody has been told of these sessions: no need to wait for the disk.
    store = await Store.open(f"{site.database}?synchronous=OFF", site.blobs, site.keys)
    tokens = []
    for number in range(count):
        client = store.vault.lookup_hash("client", f"{COMPANY}|{number}")
        data = {"ref": f"ref-{number}", "id_number": str(number), "consents": []}
        row = await store.new_session("client", COMPANY, client, data, lasts=timedelta(hours=12))
        tokens.append(row.token)
    await store.close()
    return tokens


def beginning(site: Site, token: str) -> tuple[str, dict[str, list[str]]]:
    """The POST that starts a case, as the button on the menu would send it."""
    return f"/{COMPANY}/start/{BUSINESS}", {"_csrf": [Guard(site).csrf(token)]}


if __name__ == "__main__":
    from banli.app import create_app
    from banli.serving import run
    from banli.web.watch import set_up_logging

    set_up_logging()

    bench = bench_site(Path(sys.argv[1]))
    sys.exit(run(lambda: create_app(bench, available=PLUGINS, apart=True), "127.0.0.1", int(sys.argv[2])))
