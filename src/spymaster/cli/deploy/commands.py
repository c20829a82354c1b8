"""The commands ``deploy systemd`` and ``deploy compose``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spymaster.cli.failures import reported
from spymaster.cli.global_options import Group, PlainCommand

deploy_app = typer.Typer(
    cls=Group,
    help="Print or write what runs a session as a service: units, an image, containers.",
    no_args_is_help=True,
)

_Out = Annotated[
    Path | None,
    typer.Option("--out", help="Folder to write the files into. [default: print them]", show_default=False),
]


@deploy_app.command("systemd", cls=PlainCommand)
def deploy_systemd(
    out: _Out = None,
    program: Annotated[
        str | None, typer.Option(help="Where the program is. [default: this one]", metavar="PATH", show_default=False)
    ] = None,
    user: Annotated[str, typer.Option(help="Who it runs as.")] = "spymaster",
) -> None:
    """Units for systemd: one session, or its parts, each with notify, watchdog and an orderly stop."""
    from spymaster.cli.deploy.bundle import run_systemd

    with reported():
        run_systemd(out, program, user)


@deploy_app.command("compose", cls=PlainCommand)
def deploy_compose(out: _Out = None) -> None:
    """A Dockerfile and a compose file: bus, roles, gateway, S3 store, Prometheus and Grafana."""
    from spymaster.cli.deploy.bundle import run_compose

    with reported():
        run_compose(out)
