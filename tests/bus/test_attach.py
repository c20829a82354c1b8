"""A screen on a Session elsewhere sees what a screen beside it would, whatever happens to the way between them."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from spymaster.bus.attach.heat_mirror import HeatMirror
from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import LostError, SocketWay
from spymaster.bus.serving import Serving
from spymaster.bus.socket.places import own_folder, sessions, socket_of
from spymaster.bus.socket.streams import framed
from spymaster.bus.wire.exchange import LAYOUT, PROTOCOL, Ask, Hello
from spymaster.signals.frame import Command
from spymaster.signals.run_state import empty_heat
from tests.support.bus import attached, same, served, until
from tests.support.moving_source import MovingSource
from tests.support.scripted_source import heat_columns

AGAIN = 0.01


def never_long(event: threading.Event, seconds: float) -> bool:
    """No test waits as long as a user would."""
    return event.wait(min(seconds, AGAIN))


@contextmanager
def screen_on(path: Path, say: Callable[[str], None] = lambda _line: None) -> Iterator[AttachSource]:
    with attached(AttachSource(lambda: SocketWay(path, 5.0), say=say, wait=never_long)) as source:
        yield source


def shows(screen: AttachSource, source: MovingSource) -> bool:
    frame = screen.latest()
    return frame is not None and frame.number == source.number


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A short path: a socket's name may not be long."""
    return own_folder(tmp_path / "run")


def test_an_attached_screen_shows_the_frame_that_is_there_and_those_that_follow(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        for _ in range(5):
            frame = source.step()
            until(lambda: shows(screen, source))
            seen = screen.latest()
            assert seen is not None
            assert same(seen, frame)


def test_it_has_the_whole_heatmap_at_once_and_then_the_new_columns(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        assert same(screen.heat(3600), source.heat(3600))
        for seconds in (1, 3, 40):
            source.step(seconds)
            until(lambda: shows(screen, source))
            assert same(screen.heat(3600), source.heat(3600))


def test_it_follows_a_session_back_in_time(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        source.go_back(100)
        until(lambda: shows(screen, source))
        assert same(screen.heat(3600), source.heat(3600))


def test_bars_and_a_levels_past_come_once_somebody_looks_at_them(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        assert source.histories == []
        until(lambda: len(screen.chart().bars) > 0)
        until(lambda: len(screen.level_history("VWAP", 300).seconds) > 0)
        assert same(screen.chart(), source.chart())
        assert same(screen.level_history("VWAP", 300), source.level_history("VWAP", 300))
        assert set(source.histories) == {"VWAP"}
        assert len(screen.level_history("ROUND_690", 300).seconds) == 0


def test_it_asks_nothing_of_the_session(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        for command in Command:
            screen.send(command)
        source.step()
        until(lambda: shows(screen, source))
    assert source.asked == []


def test_a_screen_that_leaves_out_frames_misses_no_column(folder: Path) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        for _ in range(6):
            source.step()
        until(lambda: shows(screen, source))
        seen = screen.latest()
        assert seen is not None
        assert same(seen.heat, source.heat(8))


def test_many_screens_see_the_same(folder: Path) -> None:
    with served(folder) as (source, serving), contextlib.ExitStack() as screens:
        three = [screens.enter_context(screen_on(serving.path)) for _ in range(3)]
        frame = source.step()
        until(lambda: all(shows(screen, source) for screen in three))
        assert all(same(screen.latest(), frame) for screen in three)


def test_a_screen_that_does_not_read_holds_up_nobody(folder: Path) -> None:
    with (
        served(folder) as (source, serving),
        screen_on(serving.path) as screen,
        socket.socket(socket.AF_UNIX) as frozen,
    ):
        frozen.connect(str(serving.path))
        for _ in range(50):
            # an hour of the heatmap each, and nobody to read it
            frozen.sendall(framed(msgspec.msgpack.encode(Ask())))
        for _ in range(20):
            source.step()
        until(lambda: shows(screen, source))


def test_a_lost_session_is_said_with_its_age_and_the_present_follows_when_it_is_back(folder: Path) -> None:
    said: list[str] = []
    now_s = [100.0]
    path = folder / "here.sock"
    with served(folder) as (source, serving):
        path.symlink_to(serving.path)
        with attached(
            AttachSource(lambda: SocketWay(path, 5.0), say=said.append, now_s=lambda: now_s[0], wait=never_long)
        ) as screen:
            until(lambda: shows(screen, source) and screen.standing.lost == "")
            before = screen.latest()
            serving.stop()
            until(lambda: screen.standing.lost != "")
            now_s[0] = 112.0
            assert screen.standing.age_s == 12.0
            assert screen.latest() is before
            again = Serving(on_socket=True, folder=folder)
            anew = MovingSource(again, seconds=30)
            anew.number = 7
            frame = anew.step()
            again.start(anew)
            try:
                until(lambda: screen.standing.lost == "")
                assert same(screen.latest(), frame)
                assert same(screen.heat(3600), anew.heat(3600))
                assert screen.standing.age_s == 0.0
            finally:
                again.stop()
    assert said[0] == "connected"
    assert said[1].startswith("connection lost: ")
    assert said[2] == "connected"


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_session(folder: Path) -> None:
    with served(folder) as (_, serving):
        assert stat.S_IMODE(serving.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(sessions(folder)) == [serving.path]
    assert list(folder.iterdir()) == []


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    serving = Serving(on_socket=True, folder=tmp_path)
    assert serving.problem.startswith(f"{tmp_path}: others may enter it; ")
    source = MovingSource(serving)
    serving.start(source)
    source.step()
    serving.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_socket_left_by_a_killed_session_is_cleared_away(folder: Path) -> None:
    dead = socket_of(999_999_999, folder)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(dead))
    assert list(sessions(folder)) == []
    assert not dead.exists()


def test_a_name_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    long = own_folder(tmp_path / ("x" * 100))
    assert "too long a name" in Serving(on_socket=True, folder=long).problem


def test_nobody_there_is_said_in_a_word(folder: Path) -> None:
    with pytest.raises(LostError, match="no such file"):
        SocketWay(folder / "nobody.sock", 1.0)


@pytest.mark.parametrize(
    ("greeting", "says"),
    [
        pytest.param(msgspec.msgpack.encode(Hello(PROTOCOL + 1, LAYOUT, "9.9", 1)), "is of version 9.9", id="protocol"),
        pytest.param(msgspec.msgpack.encode(Hello(PROTOCOL, "other", "0.1", 1)), "is of version 0.1", id="layout"),
        pytest.param(b"HTTP/1.1 400", "no Session of this program", id="another program"),
    ],
)
def test_a_session_it_cannot_understand_is_not_tried_again(greeting: bytes, says: str) -> None:
    class Way:
        """A connection to something else."""

        def send(self, message: bytes) -> None:
            """Nothing is sent."""

        def receive(self, timeout_s: float) -> bytes:
            """The greeting."""
            return greeting

        def close(self) -> None:
            """Nothing is held."""

    screen = AttachSource(Way, wait=never_long)
    with attached(screen):
        until(lambda: screen.refused != "")
    assert says in screen.refused
    frame = screen.latest()
    assert frame is not None
    assert frame.header.phase.value == "failed"
    assert says in frame.header.message


def test_a_malformed_question_ends_its_own_connection_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with served(folder) as (source, serving), screen_on(serving.path) as screen:
        until(lambda: shows(screen, source))
        for message in (b"\xc1hunter2", b"hunter2" * 10_000):
            with socket.socket(socket.AF_UNIX) as rude:
                rude.connect(str(serving.path))
                rude.sendall(framed(message))
                rude.settimeout(60.0)
                # with what was not read the system may end it less politely
                with contextlib.suppress(ConnectionError):
                    while rude.recv(65536):
                        pass
        source.step()
        until(lambda: shows(screen, source))
    assert len(caplog.records) == 2
    assert "hunter2" not in caplog.text


def test_the_mirror_keeps_an_hour() -> None:
    mirror = HeatMirror()
    assert (mirror.newest, len(mirror.columns(10))) == (-1, 0)
    mirror.put(heat_columns(3590, 3600))
    for second in range(3591, 3620):
        mirror.put(heat_columns(second, 2))
    assert same(mirror.columns(3600), heat_columns(3619, 3600))
    assert same(mirror.columns(5), heat_columns(3619, 5))
    mirror.put(heat_columns(5000, 8))
    assert same(mirror.columns(3600), heat_columns(5000, 8))
    mirror.put(empty_heat())


def test_attach_needs_no_engine_and_no_vendor() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import spymaster.bus.attach.source, spymaster.tui.run; "
        "print(sorted({'numba', 'databento', 'pyarrow', 'pandas', 'websockets'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True)
    assert done.stdout.strip() == "[]"
