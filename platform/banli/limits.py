"""How often somebody may do something that costs others: each limit in one place, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from banli.errors import Problem
from banli.store import Allowed, Store

_A_WHILE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Limit:
    """`times` within a `window` that begins with the first use. `code` names the sentence for one use more."""

    what: str
    times: int
    window: timedelta = _A_WHILE
    code: str = "slow_down"


# Behind one address may stand a whole mobile network, so addresses get more than sessions.
ARRIVING = Limit("arriving", 600)
"""New sessions for one address: each is a row in the database."""
DOOR_ADDRESS, DOOR_SESSION = Limit("door", 60), Limit("door", 20)
"""Captchas answered, to have a code sent or to log in."""
DRAWING_ADDRESS, DRAWING = Limit("drawing", 600), Limit("drawing", 60)
"""Captcha pictures: each costs some milliseconds of a processor."""
SPEAKING = Limit("speaking", 30)
"""Spoken captchas: each starts a program."""
STARTING = Limit("starting", 20, timedelta(days=1), "begun_too_often")
"""Cases begun by one client: each is kept for many years, also when it is given up at once."""
TEXTING = Limit("texting", 20, timedelta(days=1), "codes_too_often")
"""Codes to numbers that one client types: nobody may annoy a whole town with them."""
TYPED_ADDRESS = Limit("typed", 300, timedelta(days=1), "codes_too_often")
"""Codes that one address has sent to numbers typed by people of whom nobody knows who they are: each takes a captcha."""
ASKING = Limit("asking", 30)
"""Questions about one client to other systems: each is a call to the core system."""
CALLING = Limit("calling", 300)
"""What the scripts of plugins' pages ask for one client."""
LOOKING = Limit("looking", 120)
"""Pages of flows that keep nothing: for each the core system is asked for the client's record."""
READING = Limit("reading", 1200)
"""How often the pages of one client tell where reading stopped: each is a line in the database."""
SENDING = Limit("sending", 3000)
"""Parts of uploads of one client: each is a file for a while. How much lies there at once has limits of its own."""
UPLOADING = Limit("uploading", 60)
"""Photos of one client, good ones and bad: each is decoded."""


async def slowed(store: Store, limit: Limit, who: str) -> Problem | None:
    """Counts one use. A problem when there were too many, with the minutes until there may be another."""
    allowed = await store.hit(f"{limit.what}|{who}", limit.times, limit.window)
    if isinstance(allowed, Allowed):
        return None
    return Problem("", limit.code, {"minutes": -(-allowed.seconds // 60)})
