"""The examples of plugins/README.md work: a core system and a carrier of an integrator's own, from the page into a site."""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from jinja2 import Environment, nodes

from banli import testing
from banli.errors import Problem
from banli.hooks import Home, Outcome, Unavailable, Undeliverable
from banli.parts import system_clock
from banli.plugins import MissingPart, activate

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "plugins/README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
JIA = "410105199508130039"


class Other(BaseHTTPRequestHandler):
    """A core system and a carrier, as the page imagines them."""

    client: ClassVar[dict[str, Any]]
    seen: ClassVar[dict[str, str]]
    says: ClassVar[int | str]

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        asked = dict(parse_qsl(at.query))
        if at.path == "/clients" and (asked["company"], asked["id"]) == ("8001", JIA):
            self.answer(200, {"ref": "c1", "accounts": ["futures"], "record": {**self.client, "id_front": "there"}})
        elif at.path == "/clients/c1/photos/id_front":
            self.answer(200, None)
        else:
            self.answer(200 if at.path == "/ping" else 404, {})

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/sms":
            known = self.seen.setdefault(said["id"], f"message-{len(self.seen)}")
            self.answer(200, {"code": self.says or "OK", "message": known})
            return
        if not self.path.startswith("/clients/c1/"):
            self.answer(404, {})
            return
        if self.headers["Idempotency-Key"] not in self.seen and not self.says:
            self.seen[self.headers["Idempotency-Key"]] = "done"
            assert all(base64.b64decode(photo) for photo in said["photos"].values())
            merged = {**self.client, **said["set"]}
            type(self).client = {name: value for name, value in merged.items() if value is not None}
        self.answer(int(self.says or 200), {})

    def answer(self, status: int, told: Any) -> None:
        content = b"\x89PNG" if told is None else json.dumps(told).encode()
        if isinstance(self.says, int) and self.says >= 500:
            status = self.says
        self.send_response(status)
        self.send_header("Content-Type", "image/png" if told is None else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test looks at the answers."""


@pytest.fixture
def other() -> Iterator[tuple[type[Other], str]]:
    Other.client, Other.seen, Other.says = {"name": "样本甲", "id_number": JIA, "email": "a@acme.example"}, {}, ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield Other, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The modules that the page shows, as they stand there, by what they are called."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = {}
    for block in BLOCKS:
        if found := re.search(r"^    name = \"(acme_core|acme_sms)\"$", block, re.MULTILINE):
            (tmp_path / f"{found[1]}.py").write_text(block, encoding="utf-8")
            made[found[1]] = import_module(found[1])
    assert sorted(made) == ["acme_core", "acme_sms"]
    yield made
    for name in made:
        del sys.modules[name]


def home(tmp_path: Path) -> Home:
    return Home(tmp_path, system_clock, True, tmp_path)


def test_every_example_in_python_can_be_run() -> None:
    assert len(BLOCKS) >= 5
    for block in BLOCKS:
        names: dict[str, Any] = {"__name__": "example"}
        if "from acme_" not in block:
            exec(compile(block, "plugins/README.md", "exec"), names)


def test_the_page_and_the_script_of_the_step_are_right() -> None:
    (template,) = re.findall(r"^```html\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    named = {node.template.value for node in Environment().parse(template).find_all(nodes.Extends)}
    assert [(ROOT / "themes/plain/templates" / name).is_file() for name in named] == [True]
    (script,) = re.findall(r"^```js\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert re.findall(r'from "\./(.+)";', script) == ["call.js"]
    assert (ROOT / "platform/banli/web/assets/call.js").is_file()
    assert set(re.findall(r'getElementById\("(\w+)"\)', script)) <= set(re.findall(r'id="(\w+)"', template))


def test_every_conformance_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(check_(?:directory|sms_gateway|mail_gateway|captcha|imaging))`", PAGE))
    assert named == {name for name in vars(testing) if name.startswith("check_")}


def test_the_version_that_an_integrator_asks_for_is_this_one() -> None:
    major, minor, *_ = version("banli").split(".")
    assert f"banli>={major}.{minor},<{major}.{int(minor) + 1}" in PAGE


async def test_the_core_system_of_the_page_keeps_what_the_platform_relies_on(
    package: dict[str, ModuleType], other: tuple[type[Other], str]
) -> None:
    """The page's own test, against a server of ours."""
    core = package["acme_core"].AcmeDirectory(other[1], "token")
    client = testing.KnownClient("8001", JIA, {"email": ("one@acme.example", "two@acme.example")}, photo="id_front")
    await testing.check_directory(core, client)


@pytest.mark.parametrize(
    ("says", "came"), [(409, Outcome(Outcome.LATER, "acme_busy")), (422, Outcome(Outcome.REFUSED, "acme_422"))]
)
async def test_a_busy_system_is_asked_again_and_a_refusal_is_a_refusal(
    package: dict[str, ModuleType], other: tuple[type[Other], str], says: int, came: Outcome
) -> None:
    other[0].says = says
    assert await package["acme_core"].AcmeDirectory(other[1], "token").update("8001", "c1", {"email": "x"}, {}, "k") == came


async def test_an_outage_is_unavailable_and_the_operator_reads_it(
    package: dict[str, ModuleType], other: tuple[type[Other], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"acme_core": {"url": other[1]}}
    made = activate(said, {"acme_core": package["acme_core"].AcmeCore}, {"acme_core": home(tmp_path)})
    assert list(made.actions) == ["directory.update"]
    with pytest.raises(MissingPart, match="set the environment variable ACME_CORE_TOKEN"):
        await made.start()
    monkeypatch.setenv("ACME_CORE_TOKEN", "token")
    made = activate(said, {"acme_core": package["acme_core"].AcmeCore}, {"acme_core": home(tmp_path)})
    await made.start()
    assert await made.active[0].check() == ""
    other[0].says = 503
    with pytest.raises(Unavailable, match="acme_http_503"):
        await made.directory.find("8001", JIA)
    assert await made.active[0].check() == "The core system does not answer (acme_http_503)."


async def test_the_carrier_of_the_page_keeps_it_too_and_tells_later_from_never(
    package: dict[str, ModuleType], other: tuple[type[Other], str]
) -> None:
    gateway = package["acme_sms"].AcmeGateway(f"{other[1]}/sms", b"secret")
    await testing.check_sms_gateway(gateway, "13900010001", "a test")
    other[0].says = "QUOTA"
    with pytest.raises(Unavailable, match="acme_quota"):
        await gateway.send("13900010001", "a test")
    other[0].says = "BLACK_LIST"
    with pytest.raises(Undeliverable, match="acme_black_list"):
        await gateway.send("13900010001", "a test")


async def test_imaging_that_keeps_where_a_photo_was_taken_does_not_pass() -> None:
    import io

    from PIL import Image

    from banli.hooks import Developed, Picture, Wish

    class Careless:
        async def develop(self, content: bytes, wish: Wish) -> Developed | Problem:
            return Developed(Picture(content, "image/jpeg"), None) if content else Problem("", "file_empty")

    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "a phone"
    Image.new("RGB", (400, 300)).save(out, "JPEG", exif=exif)
    with pytest.raises(AssertionError, match="What is kept has no EXIF"):
        await testing.check_imaging(Careless(), {"id_front": out.getvalue()})
