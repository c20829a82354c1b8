"""``attach``: the cockpit on a session that runs elsewhere."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from spymaster.bus.attach.source import SILENCE_S, AttachSource
from spymaster.bus.attach.ways import LostError, SocketWay, WebLines, WebWay
from spymaster.bus.gateway.bind import TOKEN_VARIABLE, is_loopback, token_of
from spymaster.bus.socket.places import runtime_folder, sessions, socket_of
from spymaster.cli.live.target import Target, nats_target
from spymaster.cli.live.vendors import locks
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.session.live.owner import lock_of, owner_of

_SCHEMES: Final = {"http://": "ws://", "https://": "wss://", "ws://": "ws://", "wss://": "wss://"}
_NATS: Final = ("nats://", "tls://")
_OPEN_S: Final = 5.0
_log = logging.getLogger("spymaster.attach")


def run_attach(config: Path | None, target: str | None, theme: str | None, *, colour: str, mouse: bool) -> int:
    """Show a running session until the user leaves; returns the exit code. Raises UserError."""
    settings = load_config(config)
    found = found_target(target, runtime_folder(), config)
    try:
        found.connect().close()
    except LostError as error:
        remedy = f"see that it runs, and that {TOKEN_VARIABLE} is its token"
        raise UserError(found.name, str(error), remedy if "http" in found.name else "see that it runs") from None
    from spymaster.cli.replay.cockpit import app_options

    options = app_options(
        settings, theme, colour=colour, mouse=mouse, notice=f"attached to {found.name}, which takes no notice; q leaves"
    )
    from spymaster.cli.live.rules import alert_watch
    from spymaster.signals.header_parts import PastTests
    from spymaster.tui.run import run_app
    from spymaster.view.state import Attached

    # what the days before were is in the lake of the session's machine
    past = PastTests(note="days before are not sent")
    rules = alert_watch(settings, config, runs_command=False)
    source = AttachSource(found.connect, say=_log.info)

    def attached() -> Attached:
        standing = source.standing
        return Attached(found.name, standing.age_s, standing.lost)

    try:
        rules.start()
        source.start()
        ending = run_app(
            source, dataclasses.replace(options, attached=attached, alerts=rules, past_tests=lambda *_: past)
        )
    finally:
        source.stop()
        rules.stop()
    if source.refused:
        print(f"error: {found.name}: {source.refused}", file=sys.stderr)
        return ExitCode.FAILURE
    return int(ending)


def found_target(target: str | None, folder: Path, config: Path | None = None) -> Target:
    """What was named: a URL, a socket, the folder of a session, or the only session of this user's. ``folder``: where
    the sockets are; ``config``: whose [nats] has certificates and credentials. Raises UserError."""
    if target is None:
        return _only(folder)
    if target.startswith(_NATS):
        return nats_target(target, config)
    if "://" in target:
        return _gateway(target)
    path = Path(target)
    if path.is_socket():
        return _local(path, path.name)
    owner = owner_of(lock_of(locks(), "out", str(path.absolute())))
    if owner is None:
        problem = "no socket, and no session records into it"
        raise UserError(target, problem, "name a running session's folder, its socket or a URL", code=ExitCode.USAGE)
    return _local(socket_of(owner.pid, folder), path.name)


def _only(folder: Path) -> Target:
    there = list(sessions(folder))
    if len(there) == 1:
        return _local(there[0], there[0].stem)
    if not there:
        remedy = "start one with: spymaster-tui live, or run OUT; or name a gateway's URL"
        raise UserError("attach", "no session of yours runs on this machine", remedy)
    names = ", ".join(map(str, there))
    raise UserError("attach", f"{len(there)} sessions run here: {names}", "name one of them", code=ExitCode.USAGE)


def _local(path: Path, name: str) -> Target:
    return Target(name, lambda: SocketWay(path, SILENCE_S))


def _gateway(url: str) -> Target:
    plain, web, token, is_far = gateway_of(url)
    return Target(plain, lambda: WebWay(web, token, _OPEN_S, proxied=is_far))


def lines_of(url: str) -> tuple[str, Callable[[], WebLines]]:
    """A gateway's name for people, and how to connect to its stream. Raises UserError for what is no gateway's URL."""
    plain, web, token, is_far = gateway_of(url)
    return plain, lambda: WebLines(web, token, _OPEN_S, proxied=is_far)


def gateway_of(url: str) -> tuple[str, str, str, bool]:
    """A gateway's URL as it was given, as that of a WebSocket, the token, and whether it is on another machine."""
    scheme = next((scheme for scheme in _SCHEMES if url.startswith(scheme)), None)
    rest = url.removeprefix(scheme or "").rstrip("/")
    if scheme is None or not rest or "@" in rest or "?" in rest:
        remedy = f"give http://HOST:PORT or https://HOST; the token is read from {TOKEN_VARIABLE}"
        # what stands beside an @ or behind a ? may be a secret, and is not repeated
        said = "attach" if "@" in url or "?" in url else url
        raise UserError(said, "no gateway's URL", remedy, code=ExitCode.USAGE)
    token, is_far = token_of(), not is_loopback(urlsplit(f"//{rest}").hostname or "")
    return f"{scheme}{rest}", f"{_SCHEMES[scheme]}{rest}", token, is_far
