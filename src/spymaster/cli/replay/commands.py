"""The command ``replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.live.commands import GatewayOption, ListenOption
from spymaster.cli.options import CompareOption, OrderOption
from spymaster.cli.parsing.source_options import MakeRequest, about_sources


@about_sources
def replay(
    context: typer.Context,
    made: MakeRequest,
    speed: Annotated[str, typer.Option(help="Event seconds per second, 0.25 to 64, or max.")] = "",
    headless: Annotated[bool, typer.Option("--headless", help="No screen: run and report.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --headless: print one JSON object.")] = False,
    chunk: Annotated[int | None, typer.Option(help="Records read at a time.", hidden=True)] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Write the screen at a moment as SVG and exit.", show_default=False)
    ] = None,
    at: Annotated[str | None, typer.Option(help="With --screenshot: the moment.", show_default=False)] = None,
    size: Annotated[
        str | None, typer.Option(help="With --screenshot: columns x rows. [default: 120x40]", show_default=False)
    ] = None,
    screen: Annotated[
        str | None, typer.Option(help="With --screenshot: which screen. [default: cockpit]", show_default=False)
    ] = None,
    theme: Annotated[str | None, typer.Option(help="A theme's name.", show_default=False)] = None,
    compare: CompareOption = None,
    order: OrderOption = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Whether to keep what makes seeking fast.")] = True,
    alerts: Annotated[bool, typer.Option("--alerts", help="Ring, and judge the rules of [alerts], here too.")] = False,
    gateway: GatewayOption = False,
    listen: ListenOption = "",
) -> None:
    """Replay recorded depth and trades on the cockpit, or without a screen."""
    from spymaster.cli.replay.command import moment_asked, run_replay

    with reported():
        request = made(speed=speed, chunk=chunk, theme=theme, order=order, gateway=gateway, listen=listen)
        if compare is not None:
            from spymaster.cli.replay.compare import run_compare

            raise typer.Exit(run_compare(request, compare, as_json))
        moment = moment_asked(screenshot, at, size, screen)
        colour, mouse = context.obj.color, context.obj.mouse
        raise typer.Exit(
            run_replay(
                request,
                headless=headless,
                as_json=as_json,
                moment=moment,
                colour=colour,
                mouse=mouse,
                cached=cache,
                alerts=alerts,
            )
        )
