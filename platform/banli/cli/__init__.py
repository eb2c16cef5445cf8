"""The command line: `banli COMMAND`. One module for each sort of user. A command imports what it needs when it runs: the others
start without waiting for it."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from banli import __version__
from banli.cli import authors, differences, evidence, exchange, images, operators, publishing, running, scenarios, staff
from banli.cli.base import with_var
from banli.errors import DefinitionError

__all__ = ["main", "with_var"]


class _Sentences(click.Group):
    """What cannot go on is told in one sentence; the process ends although threads may be left behind."""

    def invoke(self, ctx: click.Context) -> Any:
        from banli.plugins import MissingPart

        try:
            return super().invoke(ctx)
        except (DefinitionError, MissingPart, OSError) as problem:
            told = str(problem)
        except Exception as problem:
            if not type(problem).__module__.startswith(("banli.store", "asyncpg", "tortoise", "sqlite3")):
                raise
            told = f"{type(problem).__name__}: {problem}"
        click.echo(f"Error: {told}", err=True)
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(1)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="banli")
def main() -> None:
    """Forms and step flows from YAML."""


for module in (running, authors, operators, staff, publishing, differences, scenarios, exchange, evidence, images):
    for command in module.COMMANDS:
        main.add_command(command)
