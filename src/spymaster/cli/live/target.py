"""Where to attach, and how a session is found on a NATS server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.bus.attach.nats_way import NatsWay, serving_on
from spymaster.bus.attach.ways import LostError, Way
from spymaster.bus.nats.connection import Connection
from spymaster.cli.live.bus import bus_address, connector
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError

_OPEN_S: Final = 5.0
_FIND_S: Final = 3.0
_URL: Final = re.compile(r"^(?P<server>(?:nats|tls)://[^\s@/?,]+)/?(?P<name>[A-Za-z0-9_-]*)$")


class Target(msgspec.Struct, frozen=True):
    """Where to attach: its name for people, and how to connect."""

    name: str
    connect: Callable[[], Way]


def nats_target(url: str, config: Path | None) -> Target:
    """The session that a server's URL names, ``nats://HOST:PORT/SESSION``, or the only one there. ``config``: whose
    [nats] has certificates and credentials. Raises UserError."""
    found = _URL.match(url)
    if found is None:
        # what stands beside an @ may be a secret, and is not repeated
        said = "attach" if "@" in url or "?" in url else url
        remedy = "give nats://HOST:PORT or nats://HOST:PORT/SESSION; who you are is read from [nats] and NATS_USER"
        raise UserError(said, "no NATS server's URL", remedy, code=ExitCode.USAGE)
    server, name = found["server"], found["name"]
    address = bus_address(load_config(config, overrides={"nats.url": server}).nats, wanted=True)
    assert address is not None
    make = connector(address, (server,), "attach")
    if not name:
        name = _only(server, make)
    return Target(f"{server}/{name}", lambda: NatsWay(make, name, _OPEN_S))


def _only(server: str, make: Callable[[], Connection]) -> str:
    try:
        there = serving_on(make, _FIND_S)
    except LostError as error:
        raise UserError(server, str(error), "see that the server runs, and who may use it") from None
    if not there:
        raise UserError(server, "no session serves frames there", "start one with: spymaster-tui run OUT --nats")
    if len(there) > 1:
        names = ", ".join(f"{server}/{one.name}" for one in there)
        raise UserError(server, f"{len(there)} sessions are there: {names}", "name one of them", code=ExitCode.USAGE)
    return there[0].name
