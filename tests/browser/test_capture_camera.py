"""A client takes photos in the page: through the frame of the camera, with hints, or writes the signature on the screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import launch
from faults import FAULTS, MILD, PATIENT
from house import Served
from on_phone import Phone
from people import JIA
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from site_kit import changed, with_plugins

sys.path.insert(0, str(Path(__file__).parents[1]))

from imaging.photos import Scene, take

SITE = with_plugins({"banli_imaging": {"read": False, "seconds": 60}})
FORM = "layout: [{signature: {draw: true}}]"
FRONT, BACK, NAME = "身份证正面", "身份证反面", "签名照"
UPRIGHT = (1080, 1440)
STEADY = Scene("front", "dark", 5, UPRIGHT, fill=0.52, light=0.85)
"""A card that lies across, as wide as the frame."""
SPOILT = {
    "dark": (replace(STEADY, light=0.12), "光线太暗"),
    "glare": (replace(STEADY, spoilt="glare"), "有反光"),
    "too_small": (replace(STEADY, fill=0.2), "请靠近一些"),
    "covered": (replace(STEADY, spoilt="covered"), ""),
    "cut_off": (replace(STEADY, spoilt="cut_off"), ""),
    "low_contrast": (replace(STEADY, ground="white", light=0.62, slope=0.0, spoilt="low_contrast"), ""),
    "no_card": (replace(STEADY, spoilt="no_card"), ""),
}
"""What is before the camera, and the hint."""
TAKEN = {
    "B": replace(STEADY, ground="cloth", tilt=22, turn=12, fill=0.5),
    "C": replace(STEADY, ground="wood", finger=True, second=True, fill=0.5),
    "D": replace(STEADY, ground="white", light=0.9),
    "E": replace(STEADY, ground="wood", light=0.6, slope=0.4, noise=6),
    "copy": replace(STEADY, spoilt="copy"),
    "screen": replace(STEADY, spoilt="screen"),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands before the camera. It is opened anew with each camera, so a test can change it."""
    return tmp_path_factory.mktemp("film") / "seen.mjpeg"


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """Of a module, with a camera that shows the film."""
    shown(film, STEADY)
    with sync_playwright() as playwright:
        opened = launch(playwright.chromium, f"--use-file-for-fake-video-capture={film}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example site, where photos are looked at and signatures may be written on the screen."""
    folder = tmp_path_factory.mktemp("capture")
    made = Served(folder, site=changed(folder / "site", site=SITE, companies__8001__forms__id_photos=FORM))
    yield made
    made.close()


def shown(film: Path, *scenes: Scene, moves: int = 0) -> None:
    """The camera sees these scenes, one after the other for ever; with `moves` it shakes by about so many pixels."""
    pictures = [take(scene).pixels for scene in scenes]
    if moves:
        # Seven places, so that no even step of whoever looks now and then always finds the same one.
        places = [moves * n // 2 for n in (0, 2, 5, 1, 4, 6, 3)]
        pictures = [np.roll(picture, (by, by), (0, 1)) for picture in pictures for by in places]
    frames = [cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes() for picture in pictures]
    film.write_bytes(b"".join(frames))


def opened(phone: Phone, slot: str) -> Locator:
    """The camera, for this photo."""
    phone.slot(slot).locator("input[capture]").dispatch_event("click")
    dialog = phone.page.get_by_role("dialog", name="拍照")
    expect(dialog.get_by_role("button", name="拍摄")).to_be_enabled()
    return dialog


def at_photos(phone: Phone) -> str:
    number = phone.at(JIA, "phone", "photos")
    phone.tap_if_there("我知道了")
    return number


def test_a_card_in_the_frame_is_shot_and_comes_out_upright(phone: Phone, film: Path) -> None:
    """R-060, R-069: the frame has the shape of a card, the hint turns good, and one tap is all it takes."""
    at_photos(phone)
    shown(film, STEADY)
    dialog = opened(phone, FRONT)
    cut = dialog.locator("[data-cut]")
    box = cut.bounding_box()
    assert box is not None and abs(box["width"] / box["height"] - 85.6 / 54) < 0.02
    expect(dialog.get_by_role("status")).to_have_text("很好，请按下拍摄按钮。")
    phone.shot("in the frame")
    assert (phone.too_wide(), phone.flaws()) == ([], {})
    dialog.get_by_role("button", name="拍摄").click()
    expect(dialog).to_be_hidden()
    picture = phone.slot(FRONT).locator("[data-frame] img.shot")
    expect(phone.slot(FRONT).get_by_role("button", name="旋转")).to_be_visible(timeout=PATIENT)
    expect(picture).to_have_js_property("complete", True)
    assert 1.5 < picture.evaluate("image => image.naturalWidth / image.naturalHeight") < 1.65
    assert picture.evaluate("image => image.naturalWidth") > 700
    phone.shot("shot")


def test_before_the_shot_one_hint_says_what_to_do_and_after_it_a_sentence_what_was_wrong(phone: Phone, film: Path) -> None:
    """R-064: whoever shoots all the same reads why the photo cannot be used, as of a file. What no hint sees is found then."""
    phone.console.expected = ["422"]
    at_photos(phone)
    before = phone.slot(FRONT).locator("[data-frame] img.shot").get_attribute("src")
    for flaw, (scene, hint) in SPOILT.items():
        shown(film, scene)
        dialog = opened(phone, FRONT)
        if hint:
            expect(dialog.get_by_role("status")).to_contain_text(hint)
            phone.shot(flaw)
        dialog.get_by_role("button", name="拍摄").click()
        expect(phone.slot(FRONT).locator(".error")).to_have_text(FAULTS[flaw], timeout=PATIENT)
        expect(phone.slot(FRONT).locator("[data-help] svg")).to_be_visible()
    assert phone.slot(FRONT).locator("[data-frame] img.shot").get_attribute("src") == before
    opened(phone, FRONT)
    phone.page.keyboard.press("Escape")
    expect(phone.page.get_by_role("dialog", name="拍照")).to_be_hidden()
    expect(phone.slot(FRONT).locator("input[capture]")).to_be_focused()


def test_cards_of_every_class_are_shot_and_copies_are_taken_with_a_warning(phone: Phone, film: Path) -> None:
    """R-069; tilted, cluttered, pale on pale and badly lit; and what may be sent back (R-064)."""
    at_photos(phone)
    picture = phone.slot(FRONT).locator("[data-frame] img.shot")
    for name, scene in TAKEN.items():
        before = picture.get_attribute("src")
        shown(film, scene)
        opened(phone, FRONT).get_by_role("button", name="拍摄").click()
        expect(picture).not_to_have_attribute("src", before or "", timeout=PATIENT)
        expect(phone.slot(FRONT).locator("[data-flaws]")).to_have_text(MILD.get(name, ""))
        expect(phone.slot(FRONT).locator(".error")).to_have_text("")
        expect(picture).to_have_js_property("complete", True)
        assert 1.5 < picture.evaluate("image => image.naturalWidth / image.naturalHeight") < 1.65, name


def test_a_shaking_hand_is_asked_to_hold_still(phone: Phone, film: Path) -> None:
    at_photos(phone)
    shown(film, STEADY, moves=60)
    dialog = opened(phone, BACK)
    expect(dialog.get_by_role("status")).to_have_text("请拿稳手机。")
    dialog.get_by_role("button", name="取消").click()
    expect(dialog).to_be_hidden()


def test_a_shot_that_cannot_be_used_is_told_and_taken_anew(phone: Phone, film: Path) -> None:
    """R-064, R-072: a blurred one, of which the hint tells; then the front in the back's place, put right with one tap."""
    phone.console.expected = ["422"]
    at_photos(phone)
    shown(film, replace(STEADY, blur=7.0))
    dialog = opened(phone, FRONT)
    expect(dialog.get_by_role("status")).to_have_text("画面还不清晰，请稍等或拿远一点。", timeout=PATIENT)
    phone.shot("not sharp")
    dialog.get_by_role("button", name="拍摄").click()
    expect(phone.slot(FRONT).locator(".error")).to_have_text(FAULTS["blurred"], timeout=PATIENT)
    expect(phone.slot(FRONT).locator("[data-help] svg")).to_be_visible()
    phone.shot("blurred")
    shown(film, STEADY)
    opened(phone, BACK).get_by_role("button", name="拍摄").click()
    expect(phone.slot(BACK).locator(".error")).to_have_text("这是身份证的另一面。请上传此处要求的一面。", timeout=PATIENT)
    phone.tap("这是另一面，放到另一面的位置")
    expect(phone.slot(FRONT).get_by_role("button", name="旋转")).to_be_visible(timeout=PATIENT)
    expect(phone.slot(FRONT).locator(".error")).to_have_text("")
    expect(phone.slot(BACK).locator(".error")).to_have_text("")
    phone.shot("put right")
    assert (phone.too_wide(), phone.flaws()) == ([], {})


def test_a_refused_camera_says_so_and_leaves_the_other_ways(phone: Phone) -> None:
    """R-061: the phone's own camera and the album."""
    phone.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    at_photos(phone)
    with phone.page.expect_file_chooser() as chosen:
        phone.slot(FRONT).get_by_text("重新上传").click()
    assert not chosen.value.is_multiple()
    expect(phone.slot(FRONT)).to_contain_text("浏览器没有使用摄像头的权限")
    phone.shot("refused")
    with phone.page.expect_file_chooser():
        phone.slot(BACK).get_by_text("重新上传").click()
    with phone.page.expect_file_chooser():
        phone.slot(BACK).get_by_text("从相册选择").click()
    assert (phone.too_wide(), phone.flaws()) == ([], {})


def test_a_signature_is_written_on_the_screen(phone: Phone) -> None:
    """R-062: where the company allows it; a stroke can be taken back."""
    at_photos(phone)
    before = phone.slot(NAME).locator("[data-frame] img.shot").get_attribute("src")
    expect(phone.slot(FRONT).get_by_role("button", name="屏幕手写")).to_have_count(0)
    phone.slot(NAME).get_by_role("button", name="屏幕手写").click()
    dialog = phone.page.get_by_role("dialog", name="手写签名")
    done = dialog.get_by_role("button", name="使用此签名")
    expect(done).to_be_disabled()
    box = dialog.locator("canvas").bounding_box()
    assert box is not None

    def stroke(*points: tuple[float, float]) -> None:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        phone.page.mouse.move(*places[0])
        phone.page.mouse.down()
        for place in places[1:]:
            phone.page.mouse.move(*place, steps=5)
        phone.page.mouse.up()

    stroke((0.2, 0.3), (0.45, 0.3))
    stroke((0.32, 0.15), (0.3, 0.5), (0.2, 0.8))
    stroke((0.32, 0.45), (0.45, 0.8))
    stroke((0.05, 0.95), (0.95, 0.05))
    dialog.get_by_role("button", name="撤销一笔").click()
    stroke((0.6, 0.2), (0.85, 0.25), (0.7, 0.5), (0.9, 0.75))
    phone.shot("written")
    assert (phone.too_wide(), phone.flaws()) == ([], {})
    done.click()
    expect(dialog).to_be_hidden()
    expect(phone.slot(NAME).locator("[data-frame] img.shot")).not_to_have_attribute("src", before or "", timeout=PATIENT)
    expect(phone.slot(NAME).locator(".said")).to_have_text("上传成功")
    phone.slot(NAME).scroll_into_view_if_needed()
    phone.shot("signed")
