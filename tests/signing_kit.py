"""A site whose agreements are signed with certificates, and a client's phone with a key, for tests."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parent / "plugins"))

from phone_kit import Phone as Key

from app_fixtures import JIA, Phone, Town
from banli_certificate.asking import sent
from banli_certificate.keys import text_of
from banli_certificate.pdf.attributes import signed_attributes
from site_kit import DEFINITIONS

SITE = "plugins: [banli_captcha, banli_otp: {gateway: outbox}, banli_directory: {system: simulator}, banli_certificate: {name: 样本}]"


PDF_SITE = SITE.replace("{name: 样本}", "{name: 样本, pdf: {}}")
"""The same, with agreements signed as PDFs."""


def flow(sign: str = "certificate") -> str:
    """The flow of the example site, signed in every company, and without a video call before it."""
    told = yaml.safe_load((DEFINITIONS / "flows" / "basic_info_change.yaml").read_text(encoding="utf-8"))
    told["steps"] = [step for step in told["steps"] if "video" not in step]
    for step in told["steps"]:
        if "certificate" in step:
            step["certificate"].pop("optional", None)
        if "agreements" in step:
            step["agreements"]["sign"] = sign
    return yaml.safe_dump({"steps": told["steps"]}, allow_unicode=True)


def files(site: str = SITE) -> dict[str, str]:
    """What `site_kit.changed` lays over the example site."""
    return {"site": site, "flows__basic_info_change": flow()}


@dataclass
class Pen:
    """A client whose phone has a key: walks the pages, calls what the page's script calls, signs rightly or wrongly."""

    phone: Phone
    key: Key = field(default_factory=Key)
    id: str = ""

    async def call(self, name: str, said: object, at: str = "") -> tuple[int, Any]:
        body = json.dumps(said).encode()
        about = {
            "X-CSRF-Token": self.phone.fields["_csrf"][0], "Content-Type": "application/json", "Content-Length": str(len(body)),
        }  # fmt: skip
        answer = await self.phone.client.post(f"{at or self.phone.at}/call/{name}", data=body, headers=about)
        text = await answer.get_data(as_text=True)
        return answer.status_code, json.loads(text) if "json" in answer.headers["Content-Type"] else text

    async def said(self, name: str, said: object) -> Any:
        """What a call that goes well says."""
        status, told = await self.call(name, said)
        assert status == 200 and "said" in told, told
        return told["said"]

    async def install(self) -> Pen:
        """At the step `certificate`: on to the one after it."""
        assert self.phone.step == "certificate", self.phone.text
        begun = await self.said("begin", {})
        self.id = begun["key"]
        await self.said("evaluate", {"key": self.id, "blinded": sent(self.key.blinded)})
        request = self.key.request()
        proof = self.key.enrol(text_of(begun, "nonce"), request)
        await self.said("enrol", {"key": self.id, "csr": sent(request), "proof": sent(proof)})
        _, told = await self.call("done", {})
        await self.phone.get(told["next"])
        return self

    async def offer(self) -> Any:
        return await self.said("offer", {})

    def signatures(self, offer: Any, key: Key | None = None) -> list[dict[str, str]]:
        by, certificate = key or self.key, text_of(offer, "certificate")
        made = []
        for one in offer["statements"]:
            said = {"row": one["row"], "signature": sent(by.sign(one["content"].encode()))}
            if digest := json.loads(one["content"]).get("pdf"):
                said["pdf"] = sent(by.sign(signed_attributes(bytes.fromhex(digest), certificate)))
            made.append(said)
        return made

    async def hand_over(self, offer: Any, key: Key | None = None) -> tuple[int, Any]:
        return await self.call("signed", {"nonce": offer["nonce"], "signatures": self.signatures(offer, key)})

    async def sign(self) -> Any:
        """All that is to be signed; what was offered."""
        offer = await self.offer()
        if offer["statements"]:
            status, told = await self.hand_over(offer)
            assert status == 200, told
        return offer

    async def agree(self) -> Phone:
        return await self.phone.post(agree="true", _go="next")


async def at_list(town: Town, id_number: str = JIA) -> Pen:
    """On the list of agreements with a certificate just installed and every text read."""
    phone = await town.phone().log_in(id_number)
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    pen = Pen(await phone.post(contact_phone="0371-65951235", _go="next"))
    if phone.step == "certificate":
        await pen.install()
    assert phone.step == "agreements", phone.text
    await phone.read_all()
    return pen
