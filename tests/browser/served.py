"""The product in a process of its own, for browsers: all parts real, with a clock that is moved and a captcha that is told.

Started by `house.py` as `python served.py FOLDER PORT`. A line of JSON on standard input is a question, a line on standard
output its answer: `{"ask": "captcha", "with": {}}` gives `{"got": "30254"}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyotp

from banli.app import create_app
from banli.beginnings import Elsewhere
from banli.cli import with_var
from banli.clients import Visit
from banli.counters import Colleague
from banli.definitions.edition import seal
from banli.engine import commands
from banli.evidence.collecting import Evidence, gather
from banli.following import follow
from banli.hooks import CaptchaMaker
from banli.renewal import Renewal
from banli.serving import run
from banli.sites import open_site
from banli.staff import make_demo_staff
from banli.web.retelling import retelling
from banli.web.watch import set_up_logging
from banli_captcha import CaptchaPlugin
from lean_kit import lean
from town import Town, photo

BUSINESS = "basic_info_change"


class GoingClock:
    """Goes on as clocks do, and can be put forward."""

    def __init__(self, start: datetime) -> None:
        self.ahead = start - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, seconds: float) -> datetime:
        self.ahead += timedelta(seconds=seconds)
        return self()


class Told:
    """A captcha maker that keeps in mind what it has drawn last."""

    def __init__(self, maker: CaptchaMaker) -> None:
        self.maker, self.last = maker, ""

    def draw(self) -> tuple[str, bytes]:
        self.last, picture = self.maker.draw()
        return self.last, picture

    def speak(self, answer: str, language: str) -> bytes:
        return self.maker.speak(answer, language)


class ToldCaptcha(CaptchaPlugin):
    """The captcha of the product; only a test in the same process can hear the answer."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told = Told(self._maker)

    def captcha(self) -> CaptchaMaker:
        return self.told


class House:
    """What a test may ask of the server beside its pages."""

    def __init__(self, parts: Any, clock: GoingClock) -> None:
        self.parts, self.clock = parts, clock
        self.town = Town(
            parts.store, clock, parts.plugins, parts.editions, parts.caseload, parts.clients, parts.cases, parts.deliveries
        )
        self.simulator = parts.plugins.directory
        self.outbox = parts.plugins.sms

    async def captcha(self) -> str:
        """What stands in the picture that was drawn last."""
        return str(next(p for p in self.parts.plugins.active if p.name == "banli_captcha").told.last)

    async def sms(self, phone: str) -> str:
        """The code in the last message to this number, or ""."""
        messages = await self.outbox.messages(phone)
        return messages[0].code if messages else ""

    async def now(self) -> str:
        return self.clock().isoformat()

    async def forward(self, seconds: float) -> str:
        return self.clock.forward(seconds).isoformat()

    async def enter(self, company: str, id_number: str) -> str:
        """The session of a client who has logged in."""
        return str((await self.town.enter(id_number, company)).session.token)

    async def sign_in(self, company: str, login: str) -> str:
        """The session of somebody at the desk."""
        row = await self.parts.store.staff_by_login(company, login)
        session = await self.parts.store.new_session(
            "staff", company, row.id, {"active": self.clock().isoformat()}, lasts=timedelta(hours=12)
        )
        return str(session.token)

    async def practising(self, company: str, login: str, number: str) -> str:
        """The practising certificate of this agent has this number; their name."""
        row = await self.parts.store.staff_by_login(company, login)
        agents = next(p for p in self.parts.plugins.active if p.name == "banli_video").agents
        who = Colleague(f"staff:{row.id}", row.name, (company,))
        await agents.come(who)
        await agents.appoint(who.actor, company, number, None)
        return str(row.name)

    async def account(self, company: str, login: str) -> dict[str, str]:
        """Password and present code of a sample account."""
        accounts = await make_demo_staff(self.parts.staff, [company])
        found = next(a for a in accounts if a.login == login)
        step = int(self.clock().timestamp()) // 30
        return {"password": found.password, "code": pyotp.TOTP(found.totp_secret).generate_otp(step)}

    async def record(self, company: str, id_number: str) -> dict[str, Any]:
        """What the core system has on file."""
        return dict((await self.simulator.find(company, id_number)).record)

    async def effects(self, company: str, ref: str) -> list[dict[str, Any]]:
        """The changes that have reached the core system."""
        found = await self.simulator.effects(company, ref)
        return [{**asdict(effect), "pictures": list(effect.pictures)} for effect in found]

    async def switch(self, **how: Any) -> None:
        """How the core system behaves from now on."""
        await self.simulator.switch(**how)

    async def hold(self, company: str, ref: str, **account: Any) -> None:
        """The core system's account of this client is in this state from now on, until `fresh`."""
        row = (json.dumps(account), company, ref)
        await self.simulator.book.write(
            lambda book: book.execute("UPDATE accounts SET account = ? WHERE company = ? AND ref = ?", row)
        )

    async def fresh(self, company: str, id_number: str) -> None:
        """The client has nothing open, and on file is what was there at first."""
        await self.simulator.switch(outage=False, latency=(0, 0), refuse_next=0, lose_next=False)
        visit = await self._visit(company, id_number)
        held = await self.parts.store.open_case(company, visit.client)
        if held is not None:
            await self._end(held.number)
        await self.simulator.restore(company, visit.ref)

    async def walk(self, company: str, id_number: str, section: str, to: str) -> str:
        """A new case of this client, at the step `to` (or `submitted`); its number."""
        visit = await self._visit(company, id_number)
        number = await self.town.start(visit, BUSINESS)
        answers: Sequence[tuple[str, dict[str, str]]] = {
            "phone": [("contact_phone", {"contact_phone": "0371-65951299"})],
            "identity": [("id_validity", {"id_validity__from": "2021-08-21", "id_validity__to": "2041-08-21"})],
            "other": [("other_info", {"email": "neu@example.com"})],
        }[section]
        if to == "overview":
            return number
        await self._went(self.town.say(visit, number, "overview", edit=section))
        if to == "photos":
            return number
        if section == "identity":
            for slot in ("id_front", "id_back"):
                await self.town.album.add(visit, number, "photos", slot, photo())
        await self._went(self.town.say(visit, number, "photos", certificate_safety="true"))
        for step, said in answers:
            if to == step:
                return number
            await self._went(self.town.say(visit, number, step, **said))
        if to != "agreements":
            await self._went(self.town.sign(visit, number))
        return number

    async def send_back(self, number: str, reasons: list[str], remark: str) -> str:
        """A reviewer has taken the case and returned it."""
        return await self._decide(number, commands.Return(actor="staff:nobody", reasons=tuple(reasons), remark=remark))

    async def approve(self, number: str) -> str:
        """As many reviewers as it needs have agreed."""
        state = ""
        for reviewer in ("staff:first", "staff:second"):
            if state not in ("", "submitted"):
                break
            state = await self._decide(number, commands.Approve(actor=reviewer))
        return state

    async def state(self, number: str) -> str:
        return str((await self.parts.caseload.find(number=number)).case.state)

    async def propose(self, company: str, login: str, title: str) -> str:
        """Somebody has proposed the company's business with another title, as `banli publish` with four eyes does. What the
        files say is in force before."""
        releases, store = self.parts.releases, self.parts.store
        changes = await releases.changes([(company, BUSINESS)])
        await releases.publish(changes, {company: "operator"})
        bundle = self.parts.library.bundle(company, BUSINESS)
        bundle["business"] = {**bundle["business"], "title": title}
        name, _ = seal(bundle)
        await store.put_edition(name, company, BUSINESS, bundle)
        change = await releases.change(company, BUSINESS, name)
        row = await store.staff_by_login(company, login)
        proposed = await releases.publish([replace(change, four_eyes=True)], {company: f"staff:{row.id}"}, None, "")
        return str(proposed[0].id)

    async def publish_files(self, company: str) -> None:
        """What the files say is in force again."""
        releases = self.parts.releases
        await releases.publish(await releases.changes([(company, BUSINESS)]), {company: "operator"})

    async def read(self, number: str) -> None:
        """The client has read every agreement of the list."""
        held = await self.parts.caseload.find(number=number)
        visit = await self._visit(held.case.company, str(held.case.record["id_number"]))
        look = await self.parts.cases.look(visit, number, "agreements")
        bound = look.standing.bound
        for row, _ in bound.kind.rows(bound.step, look.held.issue.book, look.standing.names):
            await self.town.read(visit, number, row)

    async def revoke(self, company: str, id_number: str, reason: str = "staff") -> str:
        """The company's staff have ended the client's certificate; its serial."""
        keys = next(p for p in self.parts.plugins.active if p.name == "banli_certificate").keys
        visit = await self._visit(company, id_number)
        serial = (await keys.held(visit.client)).serial
        await keys.forget(visit.client, reason)
        return str(serial)

    async def signatures(self, number: str) -> list[dict[str, str]]:
        """What was signed in this case."""
        result = (await self.parts.caseload.find(number=number)).case.results.get("agreements")
        return list(result.data.get("signatures", ())) if result is not None else []

    async def evidence(self, number: str, out: str) -> int:
        """Writes what proves the signatures of a case into a file, as `banli evidence` does; how many there are."""
        made = await gather(self.parts.caseload, number, retelling(self.parts), "test")
        assert isinstance(made, Evidence), made
        Path(out).write_bytes(made.packed())
        return made.signatures

    async def papers(self, number: str) -> list[dict[str, Any]]:
        """The signed PDFs of the case, as far as they are made."""
        held, found = await self.parts.caseload.find(number=number), []
        for one in held.case.results["agreements"].data["signatures"]:
            paper = await self.parts.bindery.paper(held, one["pdf"]["digest"]) if one.get("pdf") else None
            if paper is not None:
                found.append({"row": one["row"], "sealed": paper.sealed, "content": b64encode(paper.content).decode()})
        return found

    async def kept(self, number: str, step: str) -> dict[str, list[str]]:
        """What of a page that was not answered is kept."""
        case = (await self.parts.caseload.find(number=number)).case
        return {name: list(texts) for name, texts in (case.drafts.get(step) or {}).items()}

    async def happened(self, number: str) -> list[str]:
        """The kinds of events of the case."""
        case = (await self.parts.caseload.find(number=number)).case
        return [event.kind for event in await self.parts.store.events(case.id)]

    async def noted(self, number: str, kind: str) -> list[dict[str, Any]]:
        """What the events of this kind say."""
        case = (await self.parts.caseload.find(number=number)).case
        return [dict(event.data) for event in await self.parts.store.events(case.id) if event.kind == kind]

    async def passwords_last(self, seconds: float) -> None:
        """Those of the relay hold for so long beyond what the site says: it reads the machine's clock, which may be ahead."""
        video = next(plugin for plugin in self.parts.plugins.active if plugin.name == "banli_video")
        video.ice._lifetime += timedelta(seconds=seconds)

    async def copied(self, number: str) -> list[float]:
        """Of the newest call of this case, how many seconds of each side the site's recorder has put away."""
        video = next(plugin for plugin in self.parts.plugins.active if plugin.name == "banli_video")
        call, *_ = await video.calls.of((await self.parts.caseload.find(number=number)).case.id)
        wanted = await video.copies.get(call.id)
        return sorted(wanted.seconds.values()) if wanted is not None else []

    async def broken(self, number: str) -> list[int]:
        """Events of the case whose chain does not hold."""
        return list(await self.parts.store.verify_chain((await self.parts.caseload.find(number=number)).case.id))

    async def _visit(self, company: str, id_number: str) -> Visit:
        return await self.town.enter(id_number, company)

    @staticmethod
    async def _went(answered: Any) -> None:
        went = await answered
        assert isinstance(went, Elsewhere), went

    async def _decide(self, number: str, command: Any) -> str:
        """Takes the case and decides it."""
        taken = commands.Claim(actor=command.actor, lease_until=self.clock() + timedelta(minutes=30))
        for told in (taken, command):
            held = await self.parts.caseload.find(number=number)
            decision = self.parts.caseload.decide(held, told)
            assert not decision.problems, decision.problems
            await self.parts.caseload.keep(held, decision)
        return str(decision.case.state)

    async def _end(self, number: str) -> None:
        state = await self.state(number)
        if state in ("open", "returned"):
            held = await self.parts.caseload.find(number=number)
            await self.parts.caseload.keep(held, self.parts.caseload.decide(held, commands.Abandon(actor="client")))
        elif state in ("submitted", "in_review"):
            held = await self.parts.caseload.find(number=number)
            reviewer = held.case.reviewer if state == "in_review" else "staff:nobody"
            await self._decide(number, commands.Reject(actor=reviewer, reasons=("at_the_counter",)))
        else:
            for _ in range(40):
                self.clock.forward(30)
                await self.town.work()
                if await self.state(number) not in ("approved", "delivering"):
                    return
            raise AssertionError(f"{number} does not end: {await self.state(number)}")


async def _listen(house: House) -> None:
    """Answers questions until the input ends."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        asked = json.loads(line)
        try:
            _say({"got": await getattr(house, asked["ask"])(**asked["with"])})
        except Exception:
            _say({"failed": traceback.format_exc()})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def main(folder: Path, port: int, root: Path | None = None) -> None:
    """`root` is the folder of a site that is followed while somebody edits it; without it the example site as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    set_up_logging((folder / "server.log").open("a", encoding="utf-8", buffering=1))
    # A Wednesday morning in China, so that both companies are open.
    clock = GoingClock(datetime(2026, 11, 25, 1, 30, tzinfo=UTC))
    site = with_var(open_site(root, demo=True), folder)
    renewal = Renewal(site, str(port)) if root is not None else None
    plugins = {**lean(site), "banli_captcha": ToldCaptcha}
    app = create_app(renewal.first() if renewal is not None else site, clock=clock, available=plugins)
    if renewal is not None:
        follow(app, renewal, lambda line: print(line, file=sys.stderr, flush=True))
    parts = app.parts  # type: ignore[attr-defined]
    late = float(os.environ.get("BANLI_LATE_SCRIPTS", "0"))
    if late:

        @app.after_request
        async def late_scripts(response: Any) -> Any:
            if response.mimetype == "text/javascript":
                await asyncio.sleep(late)
                response.headers["Cache-Control"] = "no-store"
            return response

    @app.while_serving
    async def answering() -> AsyncGenerator[None, None]:
        await make_demo_staff(parts.staff, parts.library.company_ids)
        house = House(parts, clock)
        listening = asyncio.create_task(_listen(house))
        _say({"got": "ready"})
        yield
        listening.cancel()

    run(lambda: app, "127.0.0.1", port)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), *map(Path, sys.argv[3:]))
    except BaseException:
        # What has failed to start may still hold threads that would keep the process alive.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
