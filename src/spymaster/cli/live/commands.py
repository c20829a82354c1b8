"""The commands about running sessions: ``live``, ``run``, ``attach``, ``stream`` and ``mcp``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.options import LevelOption, LevelsOption, StampedOption, WarmupOption

_LiveProfile = Annotated[
    str | None, typer.Option("--profile", help="spy or es. [default: spy; es for the demo]", show_default=False)
]
_LiveSymbol = Annotated[
    str | None,
    typer.Option("--symbol", help="The contract, in place of the profile's front month.", show_default=False),
]
_Demo = Annotated[bool, typer.Option("--demo", help="A simulated day, from vendors played on this machine: no key.")]
NatsOption = Annotated[
    bool, typer.Option("--nats", help="Mirror to NATS: the server of [nats] url, else one of our own on this machine.")
]
DaysOption = Annotated[
    int | None,
    typer.Option(
        "--days",
        help="End after so many trade dates, each recorded into a folder of its own. [default: go on]",
        show_default=False,
    ),
]
GatewayOption = Annotated[
    bool, typer.Option("--gateway", help="Serve signals and frames over HTTP: docs gateway says how.")
]
ListenOption = Annotated[
    str, typer.Option("--listen", help="HOST:PORT of the gateway. [default: 127.0.0.1:8000]", show_default=False)
]
_Speed = Annotated[str, typer.Option(help="Of the demo, or of --source: event seconds per second, 0.25 to 64.")]


def live(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A new folder for its recording. [default: one of the user's data folder]", show_default=False
        ),
    ] = None,
    demo: _Demo = False,
    profile: _LiveProfile = None,
    symbol: _LiveSymbol = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    days: DaysOption = None,
    speed: _Speed = "",
    nats: NatsOption = False,
    theme: Annotated[str | None, typer.Option(help="A theme's name.", show_default=False)] = None,
    gateway: GatewayOption = False,
    listen: ListenOption = "",
) -> None:
    """Watch the market live on the cockpit, recording it. q stops and seals."""
    from spymaster.cli.live.request import LiveRequest, default_out
    from spymaster.cli.live.screen import run_live_screen

    with reported():
        request = LiveRequest(
            *(out or default_out(demo=demo), context.obj.config, profile, symbol, tuple(level or ()), levels),
            *(demo, speed, tuple(warmup or ()), bars_stamped, days),
            nats=nats,
            gateway=gateway,
            listen=listen,
        )
        code = run_live_screen(
            request, theme, colour=context.obj.color, mouse=context.obj.mouse, is_kept=out is not None or not demo
        )
        raise typer.Exit(code)


def stream(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            help="A recording to replay, or the URL of a gateway or a NATS server. [default: what is on the bus]",
            show_default=False,
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The NATS server, in place of [nats] url.", show_default=False)
    ] = None,
    alerts: Annotated[bool, typer.Option("--alerts", help="Alerts alone.")] = False,
    profile: _LiveProfile = None,
    speed: Annotated[str, typer.Option(help="Of a replay: event seconds per second. [default: max]")] = "",
) -> None:
    """Print signals and alerts as JSON lines: of a running session over NATS or a gateway, or of a replay."""
    from spymaster.cli.live.stream import StreamRequest, run_stream

    with reported():
        asked = StreamRequest(source, context.obj.config, url, profile, speed, alerts)
        raise typer.Exit(run_stream(asked))


def run(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="A new folder for its recording.", metavar="OUT")],
    demo: _Demo = False,
    profile: _LiveProfile = None,
    symbol: _LiveSymbol = None,
    level: LevelOption = None,
    levels: LevelsOption = None,
    warmup: WarmupOption = None,
    bars_stamped: StampedOption = "start",
    days: DaysOption = None,
    speed: _Speed = "",
    nats: NatsOption = False,
    role: Annotated[
        str | None,
        typer.Option(help="One part of a session on the bus: ingest, core, lake or gateway.", show_default=False),
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="Of ingest: a recording in place of the market.", show_default=False)
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End and seal the session that records into OUT.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    gateway: GatewayOption = False,
    listen: ListenOption = "",
) -> None:
    """Live without a screen: record the market, and Bronze and Gold of it, until it is stopped."""
    from spymaster.cli.live.request import LiveRequest
    from spymaster.cli.live.work import run_live, stop_live

    with reported():
        if stop:
            raise typer.Exit(stop_live(out))
        if role is not None or source is not None:
            from spymaster.cli.live.roles import RoleRequest, check_role, run_role

            check_role(role or "", source)
            if role != "ingest" or source is not None:
                asked = RoleRequest(role or "", out, context.obj.config, profile, source, speed, listen)
                raise typer.Exit(run_role(asked, as_json=as_json))
        request = LiveRequest(
            *(out, context.obj.config, profile, symbol, tuple(level or ()), levels),
            *(demo, speed, tuple(warmup or ()), bars_stamped, days),
            nats=nats,
            ingest=role is not None,
            gateway=gateway,
            listen=listen,
        )
        raise typer.Exit(run_live(request, as_json=as_json))


def attach(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            help="A session's folder or socket, a gateway's or a NATS server's URL. [default: the one on this machine]",
            metavar="TARGET",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[str | None, typer.Option(help="A theme's name.", show_default=False)] = None,
) -> None:
    """The cockpit on a running session: it only looks, and the session takes no notice. q leaves."""
    from spymaster.cli.live.attach import run_attach

    with reported():
        raise typer.Exit(
            run_attach(context.obj.config, target, theme, colour=context.obj.color, mouse=context.obj.mouse)
        )


def mcp(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            help="A session's folder or socket, or a gateway's URL. [default: the one on this machine]",
            metavar="TARGET",
            show_default=False,
        ),
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(
            help="The lake to query. [default: the session's, else [lake] path]", metavar="ROOT", show_default=False
        ),
    ] = None,
) -> None:
    """Answer programs about a running session and its lake, read-only: an MCP server over stdin and stdout."""
    from spymaster.cli.live.programs import run_mcp

    with reported():
        raise typer.Exit(run_mcp(context.obj.config, target, lake))
