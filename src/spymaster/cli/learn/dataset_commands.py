"""The ``dataset`` commands: what models learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Command, Group, PlainCommand
from spymaster.cli.learn.commands import MarketOption, MinutesOption, SeedsOption, WorldsOption

dataset_app = typer.Typer(
    cls=Group,
    help="Data sets to learn from: attempts at levels, what was known of each, and what came of it.",
    no_args_is_help=True,
)

_SetArgument = Annotated[Path, typer.Argument(metavar="DS", help="Folder of a data set.")]
_LakeOption = Annotated[
    str | None, typer.Option("--lake", help="The lake's root. [default: [lake] path]", show_default=False)
]
_AgainstOption = Annotated[
    Path | None, typer.Option(help="The data set before it: which features have moved since.", show_default=False)
]


@dataset_app.command("build", cls=Command)
def dataset_build(
    context: typer.Context,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SOURCE...",
            help="Recordings, journals, lakes (all runs), DBN files or their folders; or --worlds.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write the data set into.")],
    workers: Annotated[int, typer.Option(help="Runs at a time; the result is the same.", min=1, max=64)] = 1,
    all_hours: Annotated[
        bool, typer.Option("--all-hours", help="Keep attempts outside 09:30-16:00 in New York too.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="es or spy. [default: the recording's]", show_default=False)
    ] = None,
    worlds: WorldsOption = 0,
    seeds_from: SeedsOption = "",
    minutes: MinutesOption = 60.0,
    market: MarketOption = "both",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Live through recordings and write a row for each attempt and decision. Stopped, it goes on where it was."""
    from spymaster.cli.learn.dataset import asked_for, run_build

    with reported():
        asked = asked_for(
            tuple(sources or ()),
            context.obj.config,
            profile,
            worlds=worlds,
            seeds_from=seeds_from,
            minutes=minutes,
            market=market,
        )
        run_build(asked, out, workers=workers, all_hours=all_hours, as_json=as_json)


@dataset_app.command("validate", cls=PlainCommand)
def dataset_validate(
    folder: _SetArgument,
    against: _AgainstOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check rows, order, balance, leaks and drift; exit code 3 where nothing may be learnt from the set."""
    from spymaster.cli.learn.dataset import run_validate

    with reported():
        raise typer.Exit(run_validate(folder, against, as_json))


@dataset_app.command("promote", cls=Command)
def dataset_promote(
    context: typer.Context,
    folder: _SetArgument,
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")],
    lake: _LakeOption = None,
) -> None:
    """Keep a data set that passes its checks in a lake, as the next version of NAME. Versions are never changed."""
    from spymaster.cli.learn.dataset import run_promote

    with reported():
        run_promote(folder, name, context.obj.config, lake)


@dataset_app.command("card", cls=PlainCommand)
def dataset_card(
    folder: _SetArgument,
    out: Annotated[str, typer.Option("--out", help="File to write, or - for stdout.")] = "-",
) -> None:
    """Print what a data set is in Markdown: from where, how much, what came, what was left out."""
    from spymaster.cli.learn.dataset import run_card

    with reported():
        run_card(folder, out)


@dataset_app.command("list", cls=Command)
def dataset_list(
    context: typer.Context,
    root: Annotated[
        str | None,
        typer.Argument(help="A lake, or a folder of data sets. [default: [lake] path]", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The data sets of a lake by name and version, or those in a folder."""
    from spymaster.cli.learn.dataset import run_list

    with reported():
        run_list(context.obj.config, root, as_json)
