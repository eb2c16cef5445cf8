"""What an author's files are while they are written, and the copies from which the product serves."""

from __future__ import annotations

import os
from pathlib import Path

from banli.watching import Copies, changed, stamps

FOLDERS = ("definitions", "themes")


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_editors_may_leave_what_they_like_beside_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (folder / ".git").mkdir(parents=True)
    for name in ("a.yaml", ".a.yaml.swp", "a.yaml~", "#a.yaml#", "README.md", ".git/config", "a.yaml.bak"):
        (folder / name).write_text("title: a\n")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "gone.yaml").symlink_to(tmp_path / "nothing")
    assert sorted(stamps(tmp_path, FOLDERS)) == ["definitions/a.yaml"]
    assert stamps(tmp_path / "nowhere", FOLDERS) == {}


def test_what_is_served_lies_still_until_the_next_copy_is_kept(tmp_path: Path) -> None:
    site, form = tmp_path / "site", tmp_path / "site/definitions/forms/a.yaml"
    form.parent.mkdir(parents=True)
    form.write_text("title: one\n")
    copies = Copies(site, tmp_path / "copies", FOLDERS)
    served, first = copies.take(stamps(site, FOLDERS))
    copies.keep()
    form.write_text("title: two, broken\n")
    (form.parent / "b.yaml").write_text("title: b\n")
    tried, second = copies.take(stamps(site, FOLDERS))
    assert (served / "definitions/forms/a.yaml").read_text() == "title: one\n"
    assert changed(first, second) == ("definitions/forms/a.yaml", "definitions/forms/b.yaml")
    form.unlink()
    form.mkdir()
    (form / "c.yaml").write_text("title: c\n")
    again, third = copies.take(stamps(site, FOLDERS))
    assert again == tried != served
    assert names(again) == sorted(third) == ["definitions/forms/a.yaml/c.yaml", "definitions/forms/b.yaml"]
    copies.keep()
    last, fourth = copies.take(stamps(site, FOLDERS))
    assert last == served
    assert names(last) == sorted(fourth) == names(again)


def test_a_touched_file_says_the_same(tmp_path: Path) -> None:
    form = tmp_path / "definitions/a.yaml"
    form.parent.mkdir()
    form.write_text("title: one\n")
    copies = Copies(tmp_path, tmp_path / "copies", FOLDERS)
    before, first = stamps(tmp_path, FOLDERS), copies.take(stamps(tmp_path, FOLDERS))[1]
    os.utime(form, ns=(1, 1))
    after, second = stamps(tmp_path, FOLDERS), copies.take(stamps(tmp_path, FOLDERS))[1]
    assert before != after
    assert changed(first, second) == ()
