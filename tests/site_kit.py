"""A copy of the example site with some of its files changed, and the application living on it, for tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from app_fixtures import Town, open_app
from banli.definitions.entries import entries
from banli.hooks import Plugin
from banli.sites import bundled

DEFINITIONS = bundled() / "definitions"
Open = Callable[..., AbstractAsyncContextManager[Town]]


def dumped(**keys: Any) -> str:
    """The keys as YAML."""
    return yaml.safe_dump(keys, allow_unicode=True)


def with_plugins(*more: str | dict[str, Any]) -> str:
    """For `site`: the plugins of the example site and these, which take the place of those that are there by their name."""
    told = yaml.safe_load((DEFINITIONS / "site.yaml").read_text(encoding="utf-8"))["plugins"]
    new = {found.id for found in entries(more)}
    return dumped(plugins=[*(one for one, found in zip(told, entries(told), strict=True) if found.id not in new), *more])


def two_companies(root: Path) -> Path:
    """A copy of the example site with 8001 and 8002 alone: 8003 follows the manual's flow as it stands and no other."""
    shutil.copytree(DEFINITIONS, root / "definitions")
    shutil.rmtree(root / "definitions" / "companies" / "8003")
    site = root / "definitions" / "site.yaml"
    site.write_text(site.read_text(encoding="utf-8").replace("[8001, 8002, 8003]", "[8001, 8002]"), encoding="utf-8")
    return root


def changed(root: Path, **files: str) -> Path:
    """A copy of the example site. `companies__8001__company` is laid over that file, key by key at the top."""
    two_companies(root)
    for name, text in files.items():
        path = root / "definitions" / f"{name.replace('__', '/')}.yaml"
        told = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dumped(**{**told, **yaml.safe_load(text)}), encoding="utf-8")
    return root


@pytest.fixture
def opened(app_template: Path, tmp_path: Path, clock: Any) -> Open:
    """Opens the example site with some of its files changed, in an environment."""

    @asynccontextmanager
    async def open_changed(
        environment: str = "test", plugins: Mapping[str, type[Plugin]] | None = None, /, **files: str
    ) -> AsyncIterator[Town]:
        root = tmp_path / environment / "site"
        changed(root, **files)
        var = tmp_path / environment / "var"
        shutil.copytree(app_template, var)
        async with open_app(var, clock, root, environment, plugins) as town:
            yield town

    return open_changed
