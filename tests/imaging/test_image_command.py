"""Whoever tries photos from the command line gets the card, what was found, and a clear sentence where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from banli.cli import main
from banli_imaging.geometry import overlap

from .photos import Scene, spoilt, take

PHOTO = take(Scene("front", "wood", 5, turn=180))


@pytest.fixture
def crop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))

    def call(content: bytes, *more: str) -> Result:
        (tmp_path / "photo.jpg").write_bytes(content)
        return CliRunner().invoke(
            main, ["image", "crop", str(tmp_path / "photo.jpg"), str(tmp_path / "card.jpg"), *more], catch_exceptions=False
        )

    return call


def test_a_card_is_cut_out_upright_and_told_of(crop, tmp_path: Path) -> None:
    """R-069, R-070."""
    said = crop(PHOTO.jpeg, "--json")
    found = json.loads(said.stdout)
    assert PHOTO.corners is not None
    assert overlap(np.array(found.pop("quad")), PHOTO.corners) > 0.98
    card = cv2.imread(str(tmp_path / "card.jpg"))
    assert found == {"size": [1600, 1200], "turn": 180, "side": "front", "view": [card.shape[1], card.shape[0]], "flaws": []}
    assert said.exit_code == 0


def test_without_json_it_is_a_sentence(crop, tmp_path: Path) -> None:
    said = crop(PHOTO.jpeg, "--slot", "front")
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith(f"{tmp_path / 'card.jpg'}: the front of a card, ")
    assert said.stdout.endswith("turned by 180 degrees in the photo.\n")


def test_what_refuses_a_photo_is_said_and_the_card_is_there_to_be_looked_at(crop, tmp_path: Path) -> None:
    said = crop(PHOTO.jpeg, "--slot", "back", "--json")
    (flaw,) = json.loads(said.stdout)["flaws"]
    assert (flaw["code"], flaw["refuse"], flaw["measured"] > flaw["limit"]) == ("imaging_other_side", True, True)
    assert (said.exit_code, (tmp_path / "card.jpg").is_file()) == (1, True)
    said = crop(take(spoilt(10, "dark", "front", "blurred")).jpeg, "--force")
    assert said.exit_code == 1
    assert said.stderr.startswith("refused: The photo is blurred. ")


def test_where_no_card_is_nothing_is_written(crop, tmp_path: Path) -> None:
    said = crop(cv2.imencode(".png", np.full((900, 1200, 3), 200, np.uint8))[1].tobytes())
    assert (said.exit_code, said.stdout, (tmp_path / "card.jpg").exists()) == (1, "", False)
    first, second = said.stderr.splitlines()
    assert first == "Nothing was cut out, and no file was written."
    assert second.startswith("refused: No ID card can be found in the photo. ")


def test_what_is_no_picture_is_answered_with_a_sentence(crop, tmp_path: Path) -> None:
    """R-072."""
    said = crop(b"GIF89a")
    sentence = "Please choose a picture in JPEG, PNG or WebP format. (file_type)"
    assert (said.exit_code, said.stderr) == (1, f"Error: {tmp_path / 'photo.jpg'}: {sentence}\n")


def test_no_file_is_written_over_by_accident(crop, tmp_path: Path) -> None:
    (tmp_path / "card.jpg").write_bytes(b"mine")
    said = crop(PHOTO.jpeg)
    assert (said.exit_code, (tmp_path / "card.jpg").read_bytes()) == (1, b"mine")
    assert said.stderr.endswith("card.jpg is there already. Name another file, or say --force.\n")
    assert crop(PHOTO.jpeg, "--force").exit_code == 0
    assert cv2.imread(str(tmp_path / "card.jpg")) is not None


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(PHOTO.jpeg)
    # As on a machine where OpenCV is not installed: nothing of that name is found.
    without = (
        "import sys, importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'cv2' else found(name, *more)\n"
        "from banli.cli import main; main(sys.argv[1:])"
    )
    words = ["image", "crop", str(tmp_path / "photo.jpg"), str(tmp_path / "card.jpg")]
    said = subprocess.run([sys.executable, "-c", without, *words], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert said.returncode == 1
    assert "cv2 cannot be imported" in said.stderr
    assert "Install the extra 'banli[imaging]'" in said.stderr
    assert not (tmp_path / "card.jpg").exists()
