"""The command ``record``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.live.commands import DaysOption
from spymaster.cli.options import DateOption, PublisherOption, StampedOption, SymbolOption, WarmupOption
from spymaster.errors import ExitCode, UserError

_Out = Annotated[Path, typer.Argument(help="A new folder for the recording.", metavar="OUT")]
_Source = Annotated[
    list[Path] | None,
    typer.Option(
        "--source",
        help="What to record: a recording, .dbn or .dbn.zst files; repeatable. [default: the market, live]",
        show_default=False,
    ),
]
_Profile = Annotated[str | None, typer.Option(help="spy or es. [default: the source's]", show_default=False)]
_Level = Annotated[list[str] | None, typer.Option(help="A level of your own, a price; repeatable.")]
_Levels = Annotated[
    str | None, typer.Option(help="A file of levels, or the name of an imported set.", show_default=False)
]
_Speed = Annotated[str, typer.Option(help="Event seconds per second, 0.25 to 64, or max.")]
_Keep = Annotated[
    bool, typer.Option("--keep-journal/--drop-journal", help="Whether the journal stays once the lake has it all.")
]
_Finish = Annotated[bool, typer.Option("--finish", help="Finish the lake of a recording in OUT that was killed.")]
_Demo = Annotated[bool, typer.Option("--demo", help="Live: a simulated day, from vendors played on this machine.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def record(
    context: typer.Context,
    out: _Out,
    source: _Source = None,
    profile: _Profile = None,
    symbol: SymbolOption = None,
    publisher: PublisherOption = None,
    date: DateOption = None,
    level: _Level = None,
    levels: _Levels = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    days: DaysOption = None,
    speed: _Speed = "max",
    keep_journal: _Keep = True,
    finish: _Finish = False,
    demo: _Demo = False,
    as_json: _Json = False,
) -> None:
    """Record a source, or the market live, without a screen: a journal, and Bronze and Gold made of it."""
    from spymaster.cli.record import finish_record, run_record
    from spymaster.cli.request import Request

    with reported():
        if finish:
            raise typer.Exit(finish_record(out))
        if not source:
            from spymaster.cli.live.request import LiveRequest
            from spymaster.cli.live.work import run_live

            own = "" if speed == "max" else speed
            asked = LiveRequest(
                *(out, context.obj.config, profile, symbol, tuple(level or ()), levels),
                *(demo, own, tuple(warmup or ()), bars_stamped, days),
            )
            raise typer.Exit(run_live(asked, as_json=as_json, keep_journal=keep_journal))
        if demo:
            raise UserError("--demo", "plays a day of its own", "leave out --source or --demo", code=ExitCode.USAGE)
        if days is not None:
            raise UserError(f"--days {days}", "a source has its own end", "leave it out", code=ExitCode.USAGE)
        request = Request(
            sources=tuple(source or ()),
            config=context.obj.config,
            profile=profile,
            symbol=symbol,
            level=tuple(level or ()),
            levels=levels,
            warmup=tuple(warmup or ()),
            bars_stamped=bars_stamped,
            speed=speed,
            publisher=publisher,
            date=date,
        )
        raise typer.Exit(run_record(out, request, keep_journal=keep_journal, as_json=as_json))
