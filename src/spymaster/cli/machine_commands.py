"""The commands about the machine the program runs on: ``warmup``, ``bench`` and ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported


def warmup(
    into: Annotated[
        Path | None, typer.Option(help="A folder to compile into, for an image.", show_default=False)
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option("--from", help="A wheel to take the compiled engine from.", show_default=False)
    ] = None,
) -> None:
    """Compile the kernels now, so that nothing waits for them later."""
    from spymaster.cli.warmup import run_take, run_warmup

    with reported():
        raise typer.Exit(run_warmup(into) if wheel is None else run_take(wheel))


def bench(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Depth to measure with; generated when left out.", show_default=False)
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are reported.", min=1, max=99)] = 7,
    records: Annotated[
        int | None,
        typer.Option(
            help="Size of the measured file, records: a million, two with peers.", min=10_000, show_default=False
        ),
    ] = None,
    pace: Annotated[
        float, typer.Option(help="Pace of the measured file, records a second of event time.", min=1.0, max=100_000.0)
    ] = 236.0,
    seconds: Annotated[
        float, typer.Option(help="How long a live session is put under load.", min=1.0, max=3600.0)
    ] = 10.0,
    only: Annotated[list[str] | None, typer.Option(help="Only these rows; repeatable.", show_default=False)] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another checkout, measured in turn row by row.", show_default=False)
    ] = None,
    peers_python: Annotated[
        str | None, typer.Option(help="Interpreter that has the peers of --only peers.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the program against floors measured in the same run."""
    from spymaster.cli.bench import BenchFile, run_against, run_bench

    with reported():
        file = BenchFile(tuple(sources or ()), records, pace)
        rows = tuple(only or ())
        if against is not None:
            run_against(against, file, rounds, rows, as_json, seconds)
        else:
            run_bench(file, rounds, rows, as_json, seconds, peers_python)


def doctor(
    context: typer.Context,
    feeds: Annotated[
        bool, typer.Option("--feeds", help="Connect to the vendor too: key, entitlements, clock.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at terminal, engine, disk, calendar and keys: what is wrong, and what to do."""
    from spymaster.cli.doctor import run_doctor
    from spymaster.config.loader import load_config

    with reported():
        raise typer.Exit(run_doctor(load_config(context.obj.config), feeds=feeds, as_json=as_json))
