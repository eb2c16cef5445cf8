"""Clients photograph their cards in many ways; they get an upright, whole card back, or are told what is wrong."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from banli_imaging.develop import Developed, develop, upright
from banli_imaging.geometry import CARD_HIGH, CARD_RATIO, CARD_WIDE, box, lost, overlap, shapes
from banli_imaging.intake import Refused, decode
from banli_imaging.judge import FLAWS, Limits, judge, measure
from banli_imaging.locate import locate
from banli_imaging.signature import crop

from .photos import Photo, Scene, good, spoilt, take

cv2.setNumThreads(1)


def painted(photo: Photo, colour: tuple[int, int, int], *parts: tuple[float, float, float, float]) -> np.ndarray:
    """The photo's pixels (BGR) with parts of the card in one colour: left, top, right, bottom in millimetres."""
    assert photo.corners is not None
    seen = photo.pixels.copy()
    for left, top, right, bottom in parts:
        corners = box(right - left, bottom - top) + np.array([left, top])
        cv2.fillConvexPoly(seen, seen_at(photo, corners).astype(np.int32), colour, cv2.LINE_AA)
    return seen


def seen_at(photo: Photo, points: np.ndarray) -> np.ndarray:
    """Where points of the card (millimetres) are in the photo: (n, 2)."""
    assert photo.corners is not None
    view = cv2.getPerspectiveTransform(box(CARD_WIDE, CARD_HIGH).astype(np.float32), photo.corners.astype(np.float32))
    return np.asarray(cv2.perspectiveTransform(points[None].astype(np.float32), view)[0])


def off(photo: Photo) -> float:
    """By how much the corner that is found worst is off, to the card's long side."""
    found = locate(photo.pixels)
    assert found is not None
    assert photo.corners is not None
    assert found.side == photo.scene.kind
    return float(np.linalg.norm(found.quad - photo.corners, axis=1).max() / np.linalg.norm(photo.corners[1] - photo.corners[0]))


@pytest.mark.parametrize("ground", ["wood", "cloth", "dark", "white"])
@pytest.mark.parametrize("kind", ["front", "back"])
def test_a_card_is_found_to_a_hundredth_of_its_length(ground: str, kind: str) -> None:
    """R-069, R-070: also white on white, and in the order of its own corners, so the side and the turn are known."""
    photo = take(good(4, ground, kind))
    assert off(photo) < 0.01
    assert judge(photo.pixels, locate(photo.pixels)) == ()


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 37])
def test_it_does_not_matter_how_the_phone_was_held(turn: int) -> None:
    """R-070."""
    assert off(take(Scene("back", "wood", 3, turn=turn, tilt=12))) < 0.01


def test_a_tilt_of_35_degrees_is_taken_away() -> None:
    photo = take(Scene("front", "cloth", 8, turn=20, tilt=35, fill=0.5))
    assert off(photo) < 0.01
    assert photo.corners is not None
    ratio, angle = shapes(photo.corners[None].astype(np.float64), photo.scene.size)
    assert (abs(ratio[0] / CARD_RATIO - 1) < 0.1, angle[0] < 0.1) == (True, True)


@pytest.mark.parametrize("change", [{"finger": True}, {"second": True}, {"sleeve": True}])
def test_a_finger_a_sleeve_and_another_card_below_do_not_mislead(change: dict[str, bool]) -> None:
    assert off(take(Scene("front", "wood", 5, fill=0.55, **change))) < 0.01  # type: ignore[arg-type]


def test_no_part_of_the_card_is_cut_off_where_card_and_ground_look_alike() -> None:
    """R-071: what clients complain of."""
    for ground in ("white", "ruled", "pattern", "print", "gingham", "marble"):
        photo = take(good(1, ground, "front"))
        found = locate(photo.pixels)
        assert found is not None
        assert photo.corners is not None
        assert overlap(found.quad, photo.corners) > 0.9
        assert lost(found.quad, photo.corners) < 0.01


@pytest.mark.parametrize("flaw", ["blurred", "dark", "glare", "cut_off", "too_small", "covered", "no_card", "copy", "screen"])
def test_what_is_wrong_is_said_by_name(flaw: str) -> None:
    """R-064."""
    photo = take(spoilt(12, "wood", "front", flaw) if flaw == "cut_off" else spoilt(10, "dark", "front", flaw))
    said = judge(photo.pixels, locate(photo.pixels))
    assert [one.code for one in said][:1] == [flaw]
    assert said[0].warning == (flaw in ("copy", "screen"))


def test_too_little_contrast_to_the_ground_is_said() -> None:
    """R-071: the client is told to choose another ground."""
    photo = take(spoilt(0, "white", "back", "low_contrast"))
    assert "low_contrast" in [one.code for one in judge(photo.pixels, locate(photo.pixels))]


def test_a_company_sets_its_own_limits() -> None:
    photo = take(Scene("front", "wood", 5))
    found = locate(photo.pixels)
    size = measure(photo.pixels, found)["too_small"]
    (flaw,) = judge(photo.pixels, found, Limits.of({"too_small": 2000}))
    assert (flaw.code, flaw.measured, flaw.limit) == ("too_small", size, 2000.0)
    assert judge(photo.pixels, found, Limits.of({"too_small": 400, "unheard_of": 1})) == ()
    assert set(measure(photo.pixels, found)) == set(FLAWS)


def test_the_upright_card_has_the_shape_of_a_card_and_a_millimetre_around_it() -> None:
    made = develop(take(Scene("back", "wood", 3, turn=180)).jpeg)
    assert made.card is not None
    with Image.open(io.BytesIO(made.card)) as card:
        wide, high = card.size
        assert abs(wide / high - (CARD_WIDE + 2) / (CARD_HIGH + 2)) < 0.005
        pixels = np.asarray(card)
    # The red of the emblem is in the upper left quarter, and nowhere else.
    red = pixels[..., 0].astype(int) - pixels[..., 1] > 90
    assert red[: high // 2, : wide // 2].sum() > 0.98 * red.sum() > 1000


def test_the_whole_photo_and_the_corners_are_kept_so_that_a_crop_can_be_made_anew() -> None:
    """R-071: a crop can be undone; nothing is cut away for ever."""
    content = take(Scene("front", "wood", 5)).jpeg
    made = develop(content)
    assert isinstance(made, Developed)
    assert made.quad is not None
    assert (made.side, made.flaws, made.confidence > 0.8) == ("front", (), True)
    photo = decode(made.photo)
    assert (photo.shape[1], photo.shape[0]) == made.size == (1600, 1200)
    again = cv2.imdecode(np.frombuffer(upright(photo, made.quad), np.uint8), cv2.IMREAD_COLOR)
    assert made.card is not None
    first = cv2.imdecode(np.frombuffer(made.card, np.uint8), cv2.IMREAD_COLOR)
    assert again.shape == first.shape
    assert np.abs(again.astype(int) - first).mean() < 3
    whole = decode(upright(photo, box(*made.size)))
    assert abs(whole.shape[1] / whole.shape[0] - (CARD_WIDE + 2) / (CARD_HIGH + 2)) < 0.01


def test_a_photo_that_says_how_it_was_held_comes_out_upright_and_says_no_more() -> None:
    """EXIF turns, then is gone, and with it the place."""
    photo = take(Scene("front", "wood", 5))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "样本相机"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0)})
    out = io.BytesIO()
    held = Image.fromarray(photo.pixels[..., ::-1]).transpose(Image.Transpose.ROTATE_90)
    held.save(out, "JPEG", exif=exif, quality=92)
    made = develop(out.getvalue())
    assert (made.size, made.side, made.flaws) == ((1600, 1200), "front", ())
    for content in (made.photo, made.card or b""):
        with Image.open(io.BytesIO(content)) as kept:
            assert (dict(kept.getexif()), set(kept.info)) == ({}, {"jfif", "jfif_version", "jfif_unit", "jfif_density"})


@pytest.mark.parametrize("seed", range(6))
def test_a_signature_is_cut_out_with_all_its_ink(seed: int) -> None:
    """R-062."""
    photo = take(Scene("signature", ("wood", "dark", "cloth")[seed % 3], seed, turn=seed * 3, fill=0.7))
    signed = crop(photo.pixels)
    assert signed is not None
    assert photo.corners is not None
    # The strokes lie between a tenth and nine tenths of the sheet; what is cut out has them all and leaves the table.
    inner = cv2.perspectiveTransform(
        np.array([[[0.16, 0.31], [0.5, 0.5], [0.8, 0.69]]], np.float32),
        cv2.getPerspectiveTransform(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), photo.corners),
    )[0]
    ink = photo.pixels.min(axis=2) < 0.45 * np.percentile(photo.pixels.min(axis=2), 95)
    sheet = cv2.fillConvexPoly(
        np.zeros(ink.shape, np.uint8),
        (photo.corners.mean(axis=0) + (photo.corners - photo.corners.mean(axis=0)) * 0.94).astype(int),
        1,
    )
    ys, xs = np.nonzero(ink & (sheet > 0))
    inside = (xs >= signed.quad[0, 0]) & (xs <= signed.quad[2, 0]) & (ys >= signed.quad[0, 1]) & (ys <= signed.quad[2, 1])
    assert inside.mean() > 0.995
    assert len(inner) == 3


def test_an_empty_sheet_is_no_signature() -> None:
    sheet = np.full((900, 1200, 3), 240, np.uint8)
    assert crop(sheet) is None
    made = develop(cv2.imencode(".png", sheet)[1].tobytes(), "signature")
    assert ([flaw.code for flaw in made.flaws], made.card) == (["no_signature"], None)


def test_a_blank_picture_has_no_card() -> None:
    blank = np.full((900, 1200, 3), 200, np.uint8)
    assert [flaw.code for flaw in judge(blank, locate(blank))] == ["no_card"]


def test_the_side_that_is_not_in_the_photo_follows_from_the_other_three() -> None:
    """The client is told that the card is cut off, and the corners lie where the card would go on."""
    photo = take(spoilt(12, "wood", "front", "cut_off"))
    found = locate(photo.pixels)
    assert found is not None
    assert photo.corners is not None
    assert overlap(found.quad, photo.corners) > 0.85
    assert [one.code for one in judge(photo.pixels, found)][:1] == ["cut_off"]


def test_somebody_in_pale_clothes_is_on_a_card_too() -> None:
    """R-070: shoulders are most of a portrait's ink, and the print that is looked for must not need them."""
    photo = take(Scene("front", "wood", 5))
    plain, pale = (locate(pixels) for pixels in (photo.pixels, painted(photo, (225, 225, 228), (56, 30, 80, 40))))
    assert plain is not None
    assert pale is not None
    assert (pale.side, plain.layout - pale.layout < 0.15) == ("front", True)


def test_the_white_ground_of_a_portrait_is_no_mirrored_lamp() -> None:
    """R-064: it has none of the paper's tint, and in a bright photo it is white."""
    photo = take(Scene("front", "wood", 5))
    seen = painted(photo, (252, 252, 252), (56.5, 8, 60.5, 33), (74, 8, 78.5, 33))
    assert judge(seen, locate(seen)) == ()


def test_a_lamp_that_the_phone_has_darkened_is_glare_still() -> None:
    """R-064: phones take light back from what is too bright, so that nothing in the photo is white."""
    photo = take(Scene("back", "dark", 5))
    lit = painted(replace(photo, pixels=np.zeros_like(photo.pixels)), (1, 1, 1), (26, 6, 80, 34))
    light = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), 8)
    seen = photo.pixels * 0.9 * (1 - light) + 240 * light
    made = develop(cv2.imencode(".jpg", seen.astype(np.uint8))[1].tobytes(), words=False)
    assert made.flaws[0].code == "glare"


@pytest.mark.parametrize("ground", ["wood", "white"])
def test_print_that_lies_a_few_millimetres_elsewhere_does_not_draw_the_sides_along(ground: str) -> None:
    """R-071: no two prints are alike; sides that are seen are where the card ends."""
    photo = take(Scene("back", ground, 5))
    inner = box(80, 47) + np.array([3, 4])
    squeezed = inner + np.array([[0, 4], [0, 4], [0, 0], [0, 0]])
    before, after = (seen_at(photo, part).astype(np.float32) for part in (inner, squeezed))
    over = cv2.fillConvexPoly(np.zeros(photo.pixels.shape[:2], np.uint8), after.astype(np.int32), 1)[..., None]
    wide, high = photo.scene.size
    warped = cv2.warpPerspective(photo.pixels, cv2.getPerspectiveTransform(before, after), (wide, high))
    assert off(replace(photo, pixels=np.where(over, warped, photo.pixels))) < 0.01


def test_what_hides_a_side_is_said_before_that_this_side_is_not_seen() -> None:
    """R-064: a paper over a corner, where a company wants clear sides; another ground would not help."""
    photo = take(Scene("front", "white", 5))
    seen = painted(photo, (236, 236, 236), (40, 26, 100, 70))
    codes = [flaw.code for flaw in judge(seen, locate(seen), Limits(low_contrast=90))]
    assert codes == ["covered", "low_contrast"]


def test_light_that_falls_off_is_no_glare_and_a_mirrored_lamp_is() -> None:
    plain = Scene("front", "wood", 5, slope=0.5, light=0.9)
    measured = [measure(photo.pixels, locate(photo.pixels)) for photo in (take(plain), take(replace(plain, spoilt="glare")))]
    assert [one["glare"] > Limits().glare for one in measured] == [False, True]


def test_paper_that_is_lit_beside_a_shadow_is_no_glare() -> None:
    """R-064: the phone's own shadow lies over all but a strip of the card, which is white."""
    photo = take(Scene("back", "dark", 5, slope=0.0, noise=1.0))
    assert photo.corners is not None
    along = (photo.corners[1] - photo.corners[0]) / np.linalg.norm(photo.corners[1] - photo.corners[0])
    ends = photo.corners[0] + (photo.corners[1] - photo.corners[0]) * 0.05
    y, x = np.mgrid[0 : photo.pixels.shape[0], 0 : photo.pixels.shape[1]]
    past = (x - ends[0]) * along[0] + (y - ends[1]) * along[1]
    seen = np.clip(photo.pixels * (1.35 - 0.6 / (1 + np.exp(-past / 3)))[..., None], 0, 255).astype(np.uint8)
    assert judge(seen, locate(seen)) == ()


def test_a_copy_in_coloured_light_is_a_copy_still_and_a_card_is_none() -> None:
    """R-064: paper takes the colour of the lamp, ink does not."""
    for spoilt_by, said in (("copy", ["copy"]), ("", [])):
        seen = np.clip(take(Scene("front", "wood", 6, spoilt=spoilt_by)).pixels * np.array((0.72, 0.9, 1.08)), 0, 255)
        assert [flaw.code for flaw in judge(seen.astype(np.uint8), locate(seen.astype(np.uint8)))] == said


@pytest.mark.parametrize("why", ["covered", "glare"])
def test_what_hides_most_of_a_card_is_named_before_that_no_card_is_recognised(why: str) -> None:
    """R-064: a hand over the print or a lamp in it; whoever reads "no card" would not know what to do."""
    photo = take(Scene("back", "dark", 5, fill=0.5))
    assert photo.corners is not None
    a, b, c, d = photo.corners.astype(float)
    long = float(np.linalg.norm(b - a))
    seen = photo.pixels.astype(np.float32)
    if why == "glare":
        y, x = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]]
        middle = a * 0.55 + c * 0.45
        seen += (np.clip(1.6 - np.hypot(x - middle[0], y - middle[1]) / (0.2 * long), 0, 1) * 400)[..., None]
    else:
        for finger in (0.12, 0.31, 0.50, 0.69):
            tip = a + (b - a) * finger + (d - a) * 0.25
            far = tip + (d - a) * 2.5
            cv2.line(seen, tuple(np.int32(tip)), tuple(np.int32(far)), (120, 150, 200), round(0.17 * long), cv2.LINE_AA)
    made = develop(cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8))[1].tobytes(), words=False)
    assert made.flaws[0].code == why
    assert not made.flaws[0].warning


def test_what_is_no_picture_is_refused_with_its_reason() -> None:
    """R-072."""
    for content, code in (
        (b"", "file_empty"),
        (b"GIF89a", "file_type"),
        (b"\xff\xd8\xff", "file_broken"),
        (bytes(13 << 20), "file_too_large"),
    ):
        with pytest.raises(Refused) as refused:
            decode(content)
        assert refused.value.code == code
