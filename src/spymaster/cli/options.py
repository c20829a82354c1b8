"""Options that several commands share, as Typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file laid over the user's own.", show_default=False)
]
Sources = Annotated[
    list[Path],
    typer.Argument(
        help="A recording, .dbn or .dbn.zst files or a folder of them, a journal, or a lake (a folder or s3://BUCKET/PREFIX).",
        metavar="SOURCE...",
    ),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="spy or es. [default: the recording's, else spy]", show_default=False)
]
SymbolOption = Annotated[
    str | None,
    typer.Option("--symbol", help="The contract, in place of the profile's product.", show_default=False),
]
PublisherOption = Annotated[
    int | None,
    typer.Option("--publisher", help="Whose records of it, where several publish it.", show_default=False),
]
LevelOption = Annotated[
    list[str] | None, typer.Option("--level", help="A level of your own, a price; repeatable.", show_default=False)
]
LevelsOption = Annotated[
    str | None,
    typer.Option(
        "--levels",
        help="A file of levels (CSV or lines 'name price'), or the name of an imported set.",
        metavar="NAME|FILE",
        show_default=False,
    ),
]
WarmupOption = Annotated[
    list[str] | None,
    typer.Option(
        "--warmup",
        help="Minute bars, or an earlier recording, from before the source; repeatable. SPY=PATH for the share's.",
        metavar="PATH",
        show_default=False,
    ),
]
StampedOption = Annotated[
    str, typer.Option("--bars-stamped", help="Which end of its minute a bar's time is: start or end.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", help="csv, jsonl, parquet, arrow or duckdb. [default: from the ending]", show_default=False
    ),
]
OutOption = Annotated[str, typer.Option("--out", help="File to write, or - for stdout.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Only from this TIME on (ISO, or HH:MM[:SS] ET).", show_default=False)
]
ToOption = Annotated[str | None, typer.Option("--to", help="Only before this TIME.", show_default=False)]
DateOption = Annotated[
    str | None,
    typer.Option("--date", help="Only this trade date of a folder or a lake (YYYY-MM-DD).", show_default=False),
]
RunOfLakeOption = Annotated[
    str | None,
    typer.Option(
        "--run", help="Of a lake: this run, or how its id begins. [default: newest complete]", show_default=False
    ),
]
KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only levels of this kind, such as ROUND or VWAP; repeatable.", show_default=False),
]
ColorOption = Annotated[str, typer.Option("--color", help="auto, truecolor, 256, 16 or none.")]
MouseOption = Annotated[bool, typer.Option("--mouse/--no-mouse", help="Whether the cockpit listens to the mouse.")]
CompareOption = Annotated[
    Path | None,
    typer.Option("--compare", help="Another configuration: where signals differ.", metavar="FILE", show_default=False),
]
OrderOption = Annotated[
    str | None,
    typer.Option(
        "--order", help="Of a session's own recording: lived, or vendor: with its holes filled.", show_default=False
    ),
]
