"""The bus of a session, as the configuration and the command line ask for it."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Callable
from pathlib import Path

import platformdirs

from spymaster.bus.nats.asking import plain_name
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import secrets_of
from spymaster.config.structs import Nats
from spymaster.errors import ExitCode, UserError
from spymaster.journal.mirror_plan import EMBEDDED, BusAddress, MirrorPlan, StreamLimits


def bus_address(nats: Nats, *, wanted: bool) -> BusAddress | None:
    """The server of ``[nats]``; where it names none and one is ``wanted`` all the same, one of our own. None for none.

    Raises UserError where it could never be reached: a file or a package is missing.
    """
    if not (nats.url or wanted):
        return None
    files = [("credentials", nats.credentials), ("tls_ca", nats.tls_ca)]
    files += [("tls_cert", nats.tls_cert), ("tls_key", nats.tls_key)]
    found: dict[str, str] = {}
    for key, name in files:
        path = Path(name).expanduser()
        if name and not path.is_file():
            raise UserError(f"[nats] {key} = {name}", "there is no such file", "name one", code=ExitCode.USAGE)
        found[key] = str(path.absolute()) if name else ""
    if (found["credentials"] or secrets_of().credentials) and importlib.util.find_spec("nkeys") is None:
        problem = "a .creds file needs the package nkeys, which is not installed"
        raise UserError("[nats] credentials", problem, "install it with: pip install 'spymaster-tui[nats]'")
    folder = Path(platformdirs.user_state_dir("spymaster-tui")) / "nats"
    return BusAddress(nats.url or EMBEDDED, str(folder), nats.port, **found)


def connector(address: BusAddress, urls: tuple[str, ...], what: str) -> Callable[[], Connection]:
    """Makes connections to a server. ``what``: whose, for who looks at the server."""
    return lambda: Connection(address, urls, secrets_of(), name=f"spymaster {what}")


def host_name() -> str:
    """What a session of this process is called on a bus."""
    return plain_name(f"{platform.node().partition('.')[0]}-{os.getpid()}")


def mirror_plan(
    nats: Nats, address: BusAddress | None, symbol: str, *, mode: str = "LIVE", market: bool | None = None
) -> MirrorPlan | None:
    """What the mirror of a run of ``symbol`` is told, None without a bus. ``market``: whether everything, None for
    what the configuration says; ``mode``: what the run is."""
    if address is None:
        return None
    limits = StreamLimits(nats.keep_hours, nats.replicas, round(nats.max_gb * 1e9))
    everything = nats.mirror == "everything" if market is None else market
    return MirrorPlan(address, symbol, everything, limits, round(nats.pace_mb_s * 1e6), mode=mode)
