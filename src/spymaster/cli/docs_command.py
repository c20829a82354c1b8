"""The command ``docs``."""

from __future__ import annotations

from typing import Annotated

import typer

from spymaster.cli.failures import reported


def docs(
    context: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(help="What to read about. [default: the list of topics]", show_default=False)
    ] = None,
    section: Annotated[
        str | None, typer.Argument(help="One numbered section of it, such as 3.3.", show_default=False)
    ] = None,
) -> None:
    """Read what stands behind the program: its formulas, data, lake, evidence, operation, configuration."""
    from spymaster.cli.docs import show_docs

    with reported():
        show_docs(topic, section, context.obj.color)
