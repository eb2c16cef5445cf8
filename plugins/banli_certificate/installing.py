"""The step `certificate`: the phone makes its key, the authority certifies it (R-141 to R-150)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from banli.errors import Problem
from banli.hooks import Attendant, Ledger, Place, Reply
from banli.steps import StepKind
from banli_certificate.asking import asked, key_of, owner_of, sent
from banli_certificate.authority import Subject, Waiting
from banli_certificate.desk import noted
from banli_certificate.keys import DeviceKeys, text_of


class CertificateStep(StepKind):
    """Installs a certificate on the client's device. Its result names the certificate; that it is valid is a fact of the client
    (`certificate.valid`), and the step is asked with `when: '!certificate.valid'`."""

    name = "certificate"
    options: ClassVar[Mapping[str, Any]] = {
        "text": {"type": "string", "minLength": 1, "description": "What the client reads above the password."},
    }
    refers: ClassVar[Mapping[str, str]] = {"text": "text"}
    needs = "video"
    lasts = True
    template = "banli_certificate/install"


class Installing(Attendant):
    step = "certificate"
    scripts = ("certificate_install",)

    def __init__(self, keys: DeviceKeys, ledger: Callable[[], Ledger]) -> None:
        self._keys, self._ledger = keys, ledger

    async def page(self, place: Place) -> Mapping[str, Any]:
        await noted(self._ledger(), place)
        held = await self._keys.held(place.client, surely=False)
        return {"kept_as": owner_of(place), "state": held.state, "text": place.options.get("text", "")}

    async def call(self, place: Place, name: str, said: Mapping[str, Any]) -> Reply | None:
        keys, client, key = self._keys, place.client, key_of(said)
        if name == "begin":
            id, nonce = await keys.begin(client)
            return Reply({"key": id, "nonce": sent(nonce)})
        if name == "evaluate":
            return await asked(keys, client, name, said)
        if name == "enrol":
            issued = await keys.enrol(client, key, subject_of(place), text_of(said, "csr"), text_of(said, "proof"))
            if isinstance(issued, str):
                return Reply(problem=Problem("", issued))
            if isinstance(issued, Waiting):
                return Reply({"wait": issued.after})
            return Reply({"certificate": sent(issued.certificate)})
        if name == "done":
            held = await keys.held(client)
            if held.state not in ("valid", "expiring"):
                return Reply(problem=Problem("", "certificate_unknown"))
            return Reply(result={"serial": held.serial, "ends": held.ends.isoformat() if held.ends else ""})
        return None


def subject_of(place: Place) -> Subject:
    """Whose certificate it is, from the record on file: nothing of it comes from the page."""
    return Subject(str(place.record.get("name", "")), place.client[:32], str(place.names.get("company.name") or place.company))
