"""The networks that find and read lines of print: files of the package rapidocr, run by onnxruntime. Nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"

FINDS, READS = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
"""Finds lines; reads one line of 48 pixels height. Both lie inside of the wheel of rapidocr 3.10."""
NEEDS = ("onnxruntime", "rapidocr")


class Missing(Exception):
    """Nothing can be read here; the text says what is to be installed."""


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """Both networks, loaded, and what the second one's classes mean: class 0 is nothing, then one character each."""

    finds: Any
    reads: Any
    characters: tuple[str, ...]


def missing() -> str:
    """What is not installed, in words; "" when everything is there. Imports nothing and loads nothing."""
    absent = [name for name in NEEDS if find_spec(name) is None]
    if absent:
        return f"{' and '.join(absent)} cannot be imported: nothing is read on cards. Install the extra 'banli[ocr]'."
    absent = [name for name in (FINDS, READS) if not (_folder() / name).is_file()]
    if absent:
        return f"The package rapidocr has no {' and '.join(absent)}: nothing is read on cards. Install 'rapidocr>=3.10,<3.11'."
    return ""


@cache
def models() -> Models:
    """Loads them with the first card that is read: 0.2 s and about 200 MB. Raises `Missing`."""
    if why := missing():
        raise Missing(why)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    finds, reads = (
        onnxruntime.InferenceSession(str(_folder() / name), options, providers=["CPUExecutionProvider"])
        for name in (FINDS, READS)
    )
    characters = reads.get_modelmeta().custom_metadata_map["character"].split("\n")
    return Models(finds, reads, ("", *characters, " "))


def run(session: Any, batch: Floats) -> Floats:
    """One network over pictures (n, 3, high, wide) with values from -1 to 1."""
    found: Floats = session.run(None, {"x": batch})[0]
    return found


def _folder() -> Path:
    """Where the files lie, without importing the package (which would import much more)."""
    spec = find_spec("rapidocr")
    return Path(next(iter(spec.submodule_search_locations or ()), "")) / "models" if spec is not None else Path()
