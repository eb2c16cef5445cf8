"""Photographs a drawn sheet: where it lies, how the phone is held, the light, what goes wrong; with the true corners."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .cards import SCALE, Pixels, Sheet, grey, rounded, sheet
from .grounds import GROUNDS, PER_MM, SIDE, ground

Corners = NDArray[np.float32]
FLAWS = ("blurred", "dark", "glare", "cut_off", "too_small", "low_contrast", "covered", "no_card", "copy", "screen")


@dataclass(frozen=True)
class Scene:
    """What is photographed and how. Angles in degrees, `fill` is the card's long side to the picture's long side."""

    kind: str = "front"
    ground: str = "wood"
    seed: int = 0
    size: tuple[int, int] = (1600, 1200)
    turn: float = 0.0
    tilt: float = 0.0
    fill: float = 0.62
    sleeve: bool = False
    finger: bool = False
    second: bool = False
    spoilt: str = ""
    light: float = 1.0
    slope: float = 0.1
    blur: float = 0.0
    shake: float = 0.0
    noise: float = 2.0
    quality: int = 88
    shadow: float = 0.25


@dataclass(frozen=True)
class Photo:
    """A photo (BGR) with the corners of the card in it, in the card's own order: upper left, upper right, lower right,
    lower left as printed. No corners where there is no card."""

    pixels: Pixels
    corners: Corners | None
    scene: Scene

    @property
    def jpeg(self) -> bytes:
        return cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, self.scene.quality])[1].tobytes()


def good(seed: int, ground_kind: str, kind: str, hard: str = "") -> Scene:
    """A scene that a client may well take. `hard`: "" plain, "B" tilted and turned, "C" cluttered, "E" badly lit."""
    chance = np.random.default_rng((seed, 7, GROUNDS.index(ground_kind), kind == "back"))
    size = [(1600, 1200), (1200, 1600), (2000, 1500), (1920, 1080)][int(chance.integers(0, 4))]
    # An upright phone holds a card that lies across only smaller, or turned by a quarter.
    quarter = int(chance.choice([0, 0, 1, 2, 3]))
    upright_phone = size[1] > size[0]
    across = quarter % 2 == (1 if upright_phone else 0)
    fill = chance.uniform(0.5, 0.78) if across else chance.uniform(0.42, 0.62)
    scene = Scene(
        kind, ground_kind, seed, size, quarter * 90 + chance.normal(0, 4), abs(chance.normal(0, 8)), fill,
        noise=chance.uniform(0.5, 3.5), quality=int(chance.integers(72, 95)), light=chance.uniform(0.82, 1.05),
        slope=chance.uniform(0, 0.18), shadow=chance.uniform(0.08, 0.45), blur=chance.uniform(0, 0.8),
    )  # fmt: skip
    if hard == "B":
        scene = replace(scene, tilt=chance.uniform(15, 35), turn=chance.uniform(0, 360), fill=chance.uniform(0.42, 0.58))
    if hard == "C":
        which = chance.integers(0, 4)
        scene = replace(scene, finger=which in (0, 3), second=which in (1, 3), sleeve=which == 2, fill=chance.uniform(0.42, 0.6))
    if hard == "E":
        scene = replace(scene, light=chance.uniform(0.5, 0.8), slope=chance.uniform(0.3, 0.55), noise=chance.uniform(4, 9))
    return scene


def spoilt(seed: int, ground_kind: str, kind: str, flaw: str) -> Scene:
    """A good scene with one thing wrong, clearly on the wrong side of what can be used."""
    scene = good(seed, ground_kind, kind)
    chance = np.random.default_rng((seed, 11))
    changes: dict[str, dict[str, object]] = {
        "blurred": {"blur": chance.uniform(4.5, 7) * max(scene.size) / 1600}
        if chance.random() < 0.6
        else {"shake": chance.uniform(18, 30) * max(scene.size) / 1600},
        "dark": {"light": chance.uniform(0.1, 0.2)},
        "too_small": {"fill": chance.uniform(0.1, 0.2)},
        "low_contrast": {"light": 0.62, "slope": 0.0},
    }
    return replace(scene, spoilt=flaw, **changes.get(flaw, {}))  # type: ignore[arg-type]


def take(scene: Scene) -> Photo:
    """The photo. The same scene gives the same photo."""
    chance = np.random.default_rng((scene.seed, 3, sum(map(ord, scene.kind + scene.ground + scene.spoilt))))
    what = sheet(scene.kind, scene.seed % 12)
    bare, canvas, lay = _lie(what, scene, chance)
    view = _camera(scene, what, chance, lay)
    # The bare ground goes on where the laid one ends, so that nothing is seen twice.
    seen = cv2.warpPerspective(bare, view, scene.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    cv2.warpPerspective(canvas, view, scene.size, seen, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    corners = None
    if scene.spoilt != "no_card":
        box = np.array([[0, 0], [what.wide, 0], [what.wide, what.high], [0, what.high]], np.float32)[None]
        corners = cv2.perspectiveTransform(cv2.perspectiveTransform(box, lay.astype(np.float64)), view)[0].astype(np.float32)
    if corners is not None and (scene.finger or scene.spoilt == "covered"):
        _finger(seen, corners, chance, scene.spoilt == "covered")
    return Photo(_exposed(seen, corners, scene, chance), corners, scene)


def _lie(what: Sheet, scene: Scene, chance: np.random.Generator) -> tuple[Pixels, Pixels, NDArray[np.float64]]:
    """The ground bare, the ground with all that lies on it, and the map from millimetres of the sheet to its pixels."""
    bare = ground(scene.ground, chance)
    canvas = bare.copy()
    lay = _placed(SIDE / 2, SIDE / 2, np.radians(chance.normal(0, 3)), what)
    if scene.spoilt == "no_card":
        return bare, canvas, lay
    if scene.spoilt == "low_contrast":
        canvas[:] = np.median(what.pixels[: 4 * SCALE].reshape(-1, 3), axis=0).astype(np.uint8)
        canvas[:] = np.clip(canvas + chance.normal(0, 1, canvas.shape), 0, 255).astype(np.uint8)
        bare = canvas.copy()
    if scene.second:
        below = sheet("front" if chance.random() < 0.5 else "back", 30 + scene.seed % 5)
        aside = chance.choice([-1, 1], 2) * chance.uniform((18, 10), (45, 28)) * PER_MM
        _put(canvas, below, _placed(SIDE / 2 + aside[0], SIDE / 2 + aside[1], np.radians(chance.uniform(-35, 35)), below), 0.3)
    shadow = 0.0 if scene.spoilt == "low_contrast" else scene.shadow
    if scene.spoilt in ("copy", "screen"):
        _frame(canvas, scene.spoilt, what, lay)
        shadow = 0.0
    pixels = what.pixels
    if scene.spoilt == "copy":
        pixels = grey(pixels)
    if scene.spoilt == "screen":
        pixels = _raster(pixels, chance)
    _put(canvas, replace(what, pixels=pixels), lay, shadow)
    if scene.sleeve:
        _sleeve(canvas, what, lay, chance)
    return bare, canvas, lay


def _placed(x: float, y: float, angle: float, what: Sheet) -> NDArray[np.float64]:
    """Millimetres of the sheet to pixels of the ground, with its middle at `x`, `y`."""
    c, s = np.cos(angle) * PER_MM, np.sin(angle) * PER_MM
    return np.array([[c, -s, x - c * what.wide / 2 + s * what.high / 2],
                     [s, c, y - s * what.wide / 2 - c * what.high / 2], [0, 0, 1]])  # fmt: skip


def _put(canvas: Pixels, what: Sheet, lay: NDArray[np.float64], shadow: float) -> None:
    scale = what.pixels.shape[1] / what.wide
    # Pixel middles: the first pixel of the sheet lies half a pixel inside of its edge.
    to_mm = np.array([[1 / scale, 0, 0.5 / scale], [0, 1 / scale, 0.5 / scale], [0, 0, 1]])
    place = lay @ to_mm
    low = np.floor(
        cv2.perspectiveTransform(np.array([[[0, 0], [what.wide, 0], [what.wide, what.high], [0, what.high]]], np.float64), lay)[0]
    )
    x0, y0 = np.maximum(low.min(axis=0).astype(int) - 60, 0)
    x1, y1 = np.minimum(low.max(axis=0).astype(int) + 60, SIDE)
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    size = (int(x1 - x0), int(y1 - y0))
    smooth = cv2.GaussianBlur(what.pixels, (0, 0), 0.7)
    own = cv2.warpPerspective(smooth, shift @ place, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(
        np.float32
    )
    alpha = (
        cv2.warpPerspective(cv2.GaussianBlur(what.mask, (0, 0), 0.7), shift @ place, size, flags=cv2.INTER_LINEAR).astype(
            np.float32
        )[..., None]
        / 255
    )
    part = canvas[y0:y1, x0:x1].astype(np.float32)
    if shadow:
        dropped = cv2.GaussianBlur(alpha[..., 0], (0, 0), 7)
        dropped = np.roll(dropped, (5, 3), (0, 1))
        close = cv2.GaussianBlur(alpha[..., 0], (0, 0), 2)
        part *= (1 - shadow * 0.6 * dropped - shadow * 0.4 * close)[..., None]
    canvas[y0:y1, x0:x1] = np.clip(part * (1 - alpha) + own * alpha, 0, 255).astype(np.uint8)


def _frame(canvas: Pixels, spoilt: str, what: Sheet, lay: NDArray[np.float64]) -> None:
    """The sheet of the copy, or the screen around the picture."""
    by = 22.0
    box = np.array([[[-by, -by], [what.wide + by, -by], [what.wide + by, what.high + by], [-by, what.high + by]]], np.float64)
    shape = cv2.perspectiveTransform(box, lay)[0].astype(np.int32)
    cv2.fillConvexPoly(canvas, shape, (236, 236, 236) if spoilt == "copy" else (26, 24, 24))


def _raster(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Rows and columns of a screen, coarse enough to be seen as a fine grid or as moiré, and its bluish white."""
    made = pixels.astype(np.float32) * np.array((1.06, 1.0, 0.94), np.float32)
    pitch = chance.uniform(4.0, 5.5)
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    for channel, phase in enumerate((4.19, 2.09, 0.0)):
        made[..., channel] *= 0.84 + 0.22 * np.sin(x * 6.283 / pitch + phase)
    made *= (0.9 + 0.12 * np.sin(y * 6.283 / pitch))[..., None]
    return np.clip(made, 0, 255).astype(np.uint8)


def _sleeve(canvas: Pixels, what: Sheet, lay: NDArray[np.float64], chance: np.random.Generator) -> None:
    """Clear plastic around and over the card: a haze, seams that shine, one soft streak."""
    more = chance.uniform(2.5, 5)
    mask = rounded(what.wide + 2 * more, what.high + 2 * more, 2)
    haze = Sheet(np.full((*mask.shape, 3), 240, np.uint8), mask, what.wide + 2 * more, what.high + 2 * more, "sleeve")
    shift = lay @ np.array([[1, 0, -more], [0, 1, -more], [0, 0, 1]], np.float64)
    inner = np.zeros_like(mask)
    inner[14:-14, 14:-14] = mask[14:-14, 14:-14]
    strong = np.clip(mask * 0.08 + (mask - inner) * 0.22, 0, 255).astype(np.uint8)
    _put(canvas, replace(haze, mask=strong), shift, 0.0)


def _camera(scene: Scene, what: Sheet, chance: np.random.Generator, lay: NDArray[np.float64]) -> NDArray[np.float64]:
    """From pixels of the ground to pixels of the photo: a pinhole held at an angle."""
    wide, high = scene.size
    focal = chance.uniform(0.72, 1.2) * max(wide, high)
    around, tilt = chance.uniform(0, 2 * np.pi), np.radians(scene.tilt)
    axis = np.array([np.cos(around), np.sin(around), 0]) * tilt
    turn = cv2.Rodrigues(np.array([0, 0, np.radians(scene.turn)]))[0]
    rotation = cv2.Rodrigues(axis)[0] @ turn
    far = focal * 85.6 * PER_MM * (what.wide / 85.6) / (scene.fill * max(wide, high))
    aim = np.array([wide / 2, high / 2]) + chance.uniform(-0.03, 0.03, 2) * (wide, high)
    if scene.spoilt == "cut_off":
        aim = aim + _aside(scene, chance, what, far, focal)
    inner = np.array([[focal, 0, aim[0]], [0, focal, aim[1]], [0, 0, 1]])
    middle = np.array([[1, 0, -SIDE / 2], [0, 1, -SIDE / 2], [0, 0, 1]], np.float64)
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], np.array([0, 0, far])])
    view = inner @ plane @ middle
    if scene.spoilt == "cut_off":
        return view
    return _kept_inside(view, what, lay, scene)


def _aside(scene: Scene, chance: np.random.Generator, what: Sheet, far: float, focal: float) -> NDArray[np.float64]:
    """So far that between a tenth and a quarter of the card is outside."""
    turn = abs(np.sin(np.radians(scene.turn))) > 0.7
    long, short = what.wide * PER_MM * focal / far, what.high * PER_MM * focal / far
    across, along = (short, long) if turn else (long, short)
    part = chance.uniform(0.1, 0.25)
    if chance.random() < 0.5:
        return np.array([chance.choice([-1, 1]) * (scene.size[0] / 2 - across / 2 + across * part), 0.0])
    return np.array([0.0, chance.choice([-1, 1]) * (scene.size[1] / 2 - along / 2 + along * part)])


def _kept_inside(view: NDArray[np.float64], what: Sheet, lay: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    """The same view from a little farther away where the card would not be wholly in the picture."""
    wide, high = scene.size
    box = np.array([[[0, 0], [what.wide, 0], [what.wide, what.high], [0, what.high]]], np.float64)
    corners = cv2.perspectiveTransform(cv2.perspectiveTransform(box, lay), view)[0]
    low, top = corners.min(axis=0), corners.max(axis=0)
    edge = 0.03 * max(wide, high)
    shrink = min(1.0, (wide - 2 * edge) / (top[0] - low[0]), (high - 2 * edge) / (top[1] - low[1]))
    middle = (low + top) / 2
    to = np.clip(middle, edge + (top - low) * shrink / 2, np.array([wide, high]) - edge - (top - low) * shrink / 2)
    return np.array([[shrink, 0, to[0] - shrink * middle[0]], [0, shrink, to[1] - shrink * middle[1]], [0, 0, 1]]) @ view


def _finger(seen: Pixels, corners: Corners, chance: np.random.Generator, much: bool) -> None:
    """A fingertip over a corner, or over what is printed."""
    long = float(np.linalg.norm(corners[1] - corners[0]))
    middle = corners.mean(axis=0)
    which = corners[int(chance.integers(0, 4))]
    along = (which - middle) / np.linalg.norm(which - middle)
    if much:
        # Two fingers over the number, or over the lines below the title: from below, past their upper edge.
        tip = corners[3] * 0.45 + corners[2] * 0.55 + (corners[0] - corners[3]) * 0.26
        along = (corners[3] - corners[0]) / np.linalg.norm(corners[3] - corners[0])
        across = np.array((-along[1], along[0]))
        tips = [tip - across * long * 0.09, tip + across * long * 0.09]
    else:
        tips = [which - along * long * 0.035]
    skin = np.array(chance.uniform((110, 140, 185), (160, 190, 235)))
    layer = seen.copy()
    for tip in tips:
        r = long * (0.1 if much else 0.085)
        base = tip + along * long * 0.9
        cv2.line(layer, _at(tip + along * r), _at(base), skin.tolist(), round(2 * r), cv2.LINE_AA)
        cv2.circle(layer, _at(tip + along * r), round(r), skin.tolist(), -1, cv2.LINE_AA)
        cv2.circle(layer, _at(tip + along * r * 0.7), round(r * 0.55), (skin * 1.06).clip(0, 255).tolist(), -1, cv2.LINE_AA)
    seen[:] = layer


def _at(point: NDArray[np.floating]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _exposed(seen: Pixels, corners: Corners | None, scene: Scene, chance: np.random.Generator) -> Pixels:
    """Light that falls off to one side, a lamp mirrored in the card, focus, the shaking hand, the sensor."""
    wide, high = scene.size
    made = seen.astype(np.float32)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    angle = chance.uniform(0, 2 * np.pi)
    fall = ((x / wide - 0.5) * np.cos(angle) + (y / high - 0.5) * np.sin(angle)) * scene.slope * 1.4
    made *= (scene.light * (1 + fall - scene.slope * 0.2))[..., None]
    if scene.spoilt == "glare" and corners is not None:
        long = float(np.linalg.norm(corners[1] - corners[0]))
        a, b = chance.uniform(0.25, 0.6), chance.uniform(0.3, 0.75)
        spot = corners[0] + (corners[1] - corners[0]) * a + (corners[3] - corners[0]) * b
        r = long * chance.uniform(0.1, 0.16)
        near = np.exp(-((((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * r * r)) ** 1.5))
        made += (near * 330)[..., None]
    if scene.blur > 0.3:
        made = cv2.GaussianBlur(made, (0, 0), scene.blur)
    if scene.shake:
        length = round(scene.shake)
        kernel = np.zeros((length, length), np.float32)
        at = chance.uniform(0, np.pi)
        c = (length - 1) / 2
        cv2.line(
            kernel,
            _at(np.array((c - c * np.cos(at), c - c * np.sin(at)))),
            _at(np.array((c + c * np.cos(at), c + c * np.sin(at)))),
            1.0,
        )
        made = cv2.filter2D(made, -1, kernel / kernel.sum())
    made += chance.normal(0, scene.noise, (high, wide, 1)).astype(np.float32)
    made += chance.normal(0, scene.noise * 0.4, (high, wide, 3)).astype(np.float32)
    return np.clip(made, 0, 255).astype(np.uint8)
