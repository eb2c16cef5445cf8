"""A machine that has Python and `cryptography` and nothing of ours, to check evidence on; and zips made by hand, for tests."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Content = dict[str, bytes]
LIBRARIES = ("cryptography", "cffi", "pycparser")


@dataclass
class Elsewhere:
    """A machine with Python and `cryptography`, and nothing of ours."""

    folder: Path

    def __post_init__(self) -> None:
        import cryptography

        packages, libraries = Path(cryptography.__file__).parents[1], self.folder / "libraries"
        libraries.mkdir(parents=True)
        for one in packages.iterdir():
            if one.name in LIBRARIES or one.name.startswith("_cffi_backend"):
                (libraries / one.name).symlink_to(one)

    def python(self, code: str, *args: str) -> subprocess.CompletedProcess[str]:
        """`-I` and `-S`: no folder of ours on the path, and no installed package but those."""
        begin = f"import sys, runpy; sys.path.append({str(self.folder / 'libraries')!r})\n"
        call = [sys.executable, "-I", "-S", "-c", begin + code, *args]
        return subprocess.run(call, cwd=self.folder, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)

    def verify(self, content: bytes, root: bytes | None = None) -> tuple[int, str]:
        """Runs the verify.py of the zip over the zip."""
        (self.folder / "case.zip").write_bytes(content)
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            for name in ("verify.py", "verify_chain.py", "verify_pdf.py"):
                (self.folder / name).write_bytes(opened.read(name))
        args = ["case.zip"]
        if root is not None:
            (self.folder / "root.pem").write_bytes(root)
            args += ["--root", "root.pem"]
        run = "sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
        done = self.python(run, *args)
        assert done.stderr == "", done.stderr
        return done.returncode, done.stdout


def packed(content: Content) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packing:
        for name, one in content.items():
            packing.writestr(name, one)
    return buffer.getvalue()


def sealed(content: Content, change: Callable[[dict[str, Any]], None] = lambda told: None) -> Content:
    """Somebody makes the manifest agree with what they have changed: nothing vouches for it but what it names."""
    told = json.loads(content["manifest.json"])
    change(told)
    for one in told["files"]:
        if one["name"] in content:
            one["sha256"] = hashlib.sha256(content[one["name"]]).hexdigest()
    return {**content, "manifest.json": json.dumps(told).encode()}
