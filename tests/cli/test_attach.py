"""``attach``: a session looked at from elsewhere goes on as if nobody looked, however the looking ends."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spymaster.bus.socket.places import sessions
from spymaster.tui.options import Ending
from tests.cli.conftest import COMMAND, Run, Spawn, one_line
from tests.support.pty_terminal import PtyTerminal

STARTED_S = 240.0


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, however long that takes."""
    give_up_s = time.monotonic() + STARTED_S
    while not true():
        assert time.monotonic() < give_up_s
        time.sleep(0.05)


def test_without_a_session_attach_says_how_to_start_one(run: Run) -> None:
    result = run("attach")
    assert result.exit_code == 1
    assert "no session of yours runs on this machine; start one with: spymaster-tui live" in one_line(result.stderr)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nowhere", "no socket, and no session records into it"),
        ("ftp://box", "no gateway's URL"),
        ("http://", "no gateway's URL"),
        ("http://hunter2@box", "no gateway's URL"),
        ("http://box/?token=hunter2", "no gateway's URL"),
        ("ftp://box:4222", "no gateway's URL"),
        ("nats://me:hunter2@box:4222", "no NATS server's URL"),
    ],
)
def test_a_target_that_is_none_is_refused_without_repeating_a_secret(run: Run, target: str, says: str) -> None:
    result = run("attach", target)
    assert result.exit_code == 2
    assert says in one_line(result.stderr)
    assert "hunter2" not in result.stderr


def test_a_gateway_that_is_not_there_is_said_in_one_line(run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = run("attach", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 1
    assert "see that it runs, and that SPYMASTER_GATEWAY_TOKEN is its token" in one_line(result.stderr)


@pytest.mark.parametrize("command", ["run", "replay"])
def test_a_gateway_for_everybody_without_a_token_is_refused_before_anything_begins(
    run: Run, tmp_path: Path, small: Path, command: str
) -> None:
    pytest.importorskip("uvicorn")
    what: dict[str, list[str | Path]] = {"run": [tmp_path / "out", "--demo"], "replay": [small]}
    result = run(command, *what[command], "--gateway", "--listen", "0.0.0.0:0")
    assert result.exit_code == 2
    assert "can be reached from other machines, and no token is set" in one_line(result.stderr)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--json", "--screenshot"])
def test_a_gateway_is_not_for_what_ends_at_once(run: Run, tmp_path: Path, small: Path, option: str) -> None:
    asked = ["--headless", "--json"] if option == "--json" else ["--screenshot", tmp_path / "out.svg"]
    result = run("replay", small, "--gateway", *asked)
    assert result.exit_code == 2
    assert f"{option}: asks for something that ends" in one_line(result.stderr)


def test_a_replay_is_served_to_its_end_without_a_screen(small: Path) -> None:
    pytest.importorskip("uvicorn")
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    command = [*COMMAND, "replay", str(small), "--headless", "--gateway", "--listen", "127.0.0.1:0", "--speed", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "open to this machine alone" in line
        port = line.partition("127.0.0.1:")[2].partition(",")[0]
        times = []
        # its thread begins to answer after the line, and until then connections wait
        url = f"ws://127.0.0.1:{port}/ws/stream"
        with (
            connect(url, proxy=None, open_timeout=STARTED_S) as reader,
            contextlib.suppress(ConnectionClosed),
        ):
            while True:
                message = json.loads(reader.recv(STARTED_S))
                if message["subject"] == "levels.signals":
                    times.append(message["data"]["ts_event_ns"])
        assert process.wait(STARTED_S) == 0
    finally:
        process.kill()
        process.wait()
    assert len(times) > 10
    assert len(set(map(int.__sub__, times[1:], times))) == 1


@pytest.fixture
def session(tmp_path: Path, runtime: Path) -> Iterator[tuple[Path, subprocess.Popen[str], Path]]:
    """A demo that is being lived at the market's own pace: its folder, its process, its socket."""
    pytest.importorskip("databento")
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "run", out, "--demo", "--speed", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder = runtime / "spymaster-tui"
    try:
        until(lambda: process.poll() is not None or bool(list(sessions(folder))))
        assert process.poll() is None, process.communicate()
        yield out, process, next(sessions(folder))
    finally:
        process.kill()
        process.wait()


def looking(out: Path, tmp_path: Path) -> PtyTerminal:
    """A screen on a session."""
    return PtyTerminal([*COMMAND, "attach", str(out)], cwd=tmp_path)


@pytest.mark.slow
def test_a_session_whose_screens_come_go_and_are_killed_publishes_what_it_would_have_alone(
    session: tuple[Path, subprocess.Popen[str], Path], tmp_path: Path, spawn: Spawn
) -> None:
    out, process, path = session
    with looking(out, tmp_path) as killed:
        killed.wait_for("ATTACHED", STARTED_S)
        killed.wait_for("ESM6", STARTED_S)
        killed.process.kill()
        assert killed.wait() == -signal.SIGKILL
    with looking(out, tmp_path) as left:
        left.wait_for("ESM6", STARTED_S)
        left.send("q")
        assert left.wait() == Ending.QUIT
        assert left.restored()
    assert process.poll() is None
    assert spawn("run", out, "--stop").returncode == 0
    report = json.loads(process.communicate(timeout=STARTED_S)[0])
    assert (report["complete"], report["problem"]) == (True, "ended by SIGTERM")
    assert not path.exists()
    alone = json.loads(spawn("replay", out, "--headless", "--json").stdout)
    assert alone["signal_hash"] == report["signal_hash"]
    assert alone["snaps"] > 0


@pytest.mark.slow
def test_a_session_that_has_lost_its_terminal_is_looked_at_from_another(tmp_path: Path, spawn: Spawn) -> None:
    pytest.importorskip("databento")
    out = tmp_path / "out"
    command = [*COMMAND, "live", "--demo", "--out", str(out)]
    with PtyTerminal(command, cwd=tmp_path) as terminal:
        terminal.wait_for("ESM6", STARTED_S)
        terminal.signal(signal.SIGHUP)
        with looking(out, tmp_path) as again:
            again.wait_for("ATTACHED", STARTED_S)
            again.wait_for("ESM6", STARTED_S)
            assert spawn("run", out, "--stop").returncode == 0
            assert terminal.wait() == Ending.TERMINATED
            again.wait_for("LOST", STARTED_S)
            again.send("q")
            assert again.wait() == Ending.QUIT
            assert again.restored()


def sshd_program() -> str:
    """Where the system's SSH server is, empty without one."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[list[str]]:
    """How to reach a shell on this machine through its own SSH server."""
    if not sshd_program() or shutil.which("ssh") is None:
        pytest.skip("this system has no SSH server")
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    settings = tmp_path / "sshd_config"
    settings.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/authorized\n"
        f"PidFile {tmp_path}/sshd.pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    server = subprocess.Popen(
        [sshd_program(), "-D", "-e", "-f", str(settings)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    command = [
        *("ssh", "-tt", "-F", "/dev/null", "-p", str(port), "-i", str(tmp_path / "user"), "-o", "LogLevel=ERROR"),
        *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"),
        f"{getpass.getuser()}@127.0.0.1",
    ]
    try:
        until(lambda: server.poll() is not None or subprocess.run([*command, "true"], check=False).returncode == 0)
        if server.poll() is not None:
            pytest.skip("this system does not let its SSH server run here")
        yield command
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_a_session_begun_over_ssh_goes_on_when_the_connection_drops_and_is_there_again(
    ssh: list[str], tmp_path: Path, runtime: Path, spawn: Spawn
) -> None:
    pytest.importorskip("databento")
    out = tmp_path / "out"
    names = ("PATH", "PYTHONPATH", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "SPYMASTER_KERNEL_CACHE")
    there = " ".join(f"{name}='{os.environ[name]}'" for name in names if name in os.environ)
    program = f"cd {tmp_path} && {there} {sys.executable} -c 'from spymaster.cli.entry import main; main()'"
    with PtyTerminal([*ssh, f"{program} live --demo --out {out}"], cwd=tmp_path) as first:
        first.wait_for("ESM6", STARTED_S)
        first.wait_for("REC", STARTED_S)
        # the client is gone without a word, as with a laptop's lid
        first.process.kill()
        first.wait()
    written = sum(path.stat().st_size for path in out.glob("journal/*"))
    until(lambda: sum(path.stat().st_size for path in out.glob("journal/*")) > written)
    with PtyTerminal([*ssh, f"{program} attach {out}"], cwd=tmp_path) as again:
        again.wait_for("ATTACHED", STARTED_S)
        again.wait_for("ESM6", STARTED_S)
        again.send("q")
        assert again.wait() == Ending.QUIT
        assert again.restored()
    assert list(sessions(runtime / "spymaster-tui")) != []
    assert spawn("run", out, "--stop").returncode == 0
    assert spawn("lake", "verify", out).returncode == 0
