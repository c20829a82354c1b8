"""``doctor``: what it looks at, what it says, and the feeds it tries."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import socket
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spymaster.cli.doctor import findings_on_screen, of_host, of_terminal
from spymaster.cli.doctor_ways import TerminalWay, host_way, terminal_way
from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.plan import Address
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import reels_of
from spymaster.loopback.pace import PlayedClock
from spymaster.resources import bundled_recording
from spymaster.session.live.day import DayPlan, LiveDay
from spymaster.session.live.feed_check import FeedFinding, check_feeds
from spymaster.session.live.vendors import Accounts, roles_of
from spymaster.tui.terminal.link import NARROW_BYTES_PER_S
from spymaster.view.pages.doctor import TerminalSeen
from tests.cli.conftest import COMMAND, Run
from tests.support.pty_terminal import PtyTerminal


def test_it_looks_at_everything_a_session_needs(run: Run) -> None:
    result = run("doctor", "--json")
    found = json.loads(result.stdout)
    assert [one["what"] for one in found if one["what"] != "disk"] == [
        *("terminal", "engine", "calendar", "calendar", "key", "key", "clients")
    ]
    assert result.exit_code == (0 if all(one["is_well"] for one in found) else 1)


def test_the_screen_is_told_the_same_as_the_command(run: Run) -> None:
    by_command = json.loads(run("doctor", "--json").stdout)
    seen = TerminalSeen(120, 40, "truecolour", rtt_s=0.004, bytes_per_s=2e6)
    on_screen = list(findings_on_screen(load_config(), seen))
    assert [one.what for one in on_screen] == ["terminal", "way", "bandwidth"] + [
        one["what"] for one in by_command if one["what"] != "terminal"
    ]
    words = {(one["what"], one["words"]) for one in by_command if one["what"] != "terminal"}
    assert words <= {(one.what, one.words) for one in on_screen}


def test_a_terminal_too_small_or_too_far_needs_a_look_on_the_screen_too() -> None:
    found = findings_on_screen(load_config(), TerminalSeen(60, 20, "none", rtt_s=0.9))
    first = [next(found) for _ in range(3)]
    assert [(one.what, one.is_well) for one in first] == [("terminal", False), ("way", False), ("bandwidth", True)]


def test_a_key_is_named_and_never_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABENTO_API_KEY", "db-neverprinted")
    result = run("doctor")
    assert "DATABENTO_API_KEY is set" in result.stdout
    assert "db-neverprinted" not in result.stdout + result.stderr


def test_feeds_without_a_key_say_which_is_missing(run: Run) -> None:
    result = run("doctor", "--feeds")
    assert result.exit_code == 1
    assert "LOOK feeds      DATABENTO_API_KEY MASSIVE_API_KEY POLYGON_API_KEY none is set, neither" in result.stdout


def checked(*, keys: tuple[str, ...]) -> FeedFinding:
    """What is found of the depth feed at a gateway that takes these keys."""
    pytest.importorskip("databento")
    with DatabentoGateway(reels_of([bundled_recording()]), keys=keys) as gateway:
        clock = PlayedClock(gateway.pace)
        address = Address(DEMO_KEY, gateway.host, gateway.port)
        config = load_config()
        accounts = Accounts(databento=address)
        roles = roles_of(config.live, config.profile("es"), accounts)
        plan = DayPlan(profile=config.profile("es"), roles=roles, accounts=accounts, equity_dataset="EQUS.MINI")
        day = LiveDay(plan, clock)
        (found,) = check_feeds(day.feeds, clock)
    return found


def test_a_feed_that_comes_says_what_it_trades_in() -> None:
    found = checked(keys=(DEMO_KEY,))
    assert found.is_well
    assert "instruments are defined" in found.words


def test_a_feed_whose_key_is_refused_says_so_in_the_vendors_words() -> None:
    found = checked(keys=("db-another",))
    assert not found.is_well
    assert "key not accepted" in found.words


class Answering(threading.Thread):
    """The far end of a terminal: takes so many bytes a second and answers each question when it has come to it."""

    def __init__(self, terminal: int, *, bytes_per_s: float = 1e9, answers: bool = True) -> None:
        super().__init__(daemon=True)
        self._terminal, self._bytes_per_s, self._answers = terminal, bytes_per_s, answers
        self.seen = b""

    def run(self) -> None:
        """Until the terminal is closed."""
        while True:
            try:
                data = os.read(self._terminal, 1024)
            except OSError:
                return
            self.seen += data
            time.sleep(len(data) / self._bytes_per_s)
            if self._answers and b"[6n" in self.seen[-len(data) - 3 :]:
                os.write(self._terminal, b"\x1b[12;40R")
                self.seen = b""


@contextlib.contextmanager
def terminal(**far: Any) -> Iterator[int]:
    outer, inner = pty.openpty()
    end = Answering(outer, **far)
    end.start()
    try:
        yield inner
    finally:
        os.close(inner)
        os.close(outer)


def test_a_terminal_that_answers_is_timed_and_left_as_it_was() -> None:
    with terminal() as inner:
        before = termios.tcgetattr(inner)
        way = terminal_way(inner, inner)
        assert termios.tcgetattr(inner) == before
    assert way.rtt_s is not None
    assert way.rtt_s > 0.0
    assert way.bytes_per_s is not None


def test_a_narrow_way_is_measured_by_what_it_takes() -> None:
    with terminal(bytes_per_s=10_000.0) as inner:
        way = terminal_way(inner, inner, answer_s=60.0)
    assert not way.is_more
    assert way.bytes_per_s is not None
    assert way.bytes_per_s < NARROW_BYTES_PER_S
    bandwidth = list(of_terminal(way))[1]
    assert not bandwidth.is_well
    assert "ssh -C" in bandwidth.remedy


def test_a_terminal_that_never_answers_is_not_waited_for_long_and_said() -> None:
    with terminal(answers=False) as inner:
        way = terminal_way(inner, inner, answer_s=0.05)
    assert way == TerminalWay(None)
    (found,) = of_terminal(way)
    assert not found.is_well
    assert "does not say when it has drawn" in found.words


@pytest.mark.parametrize(
    ("way", "wells"),
    [
        (TerminalWay(0.004, 2e7, is_more=True), [True, True]),
        (TerminalWay(0.5, 2e6), [False, True]),
        (TerminalWay(0.01), [True, False]),
    ],
)
def test_what_is_wrong_with_a_way_is_said_with_a_remedy(way: TerminalWay, wells: list[bool]) -> None:
    found = list(of_terminal(way))
    assert [one.is_well for one in found] == wells
    assert all(bool(one.remedy) is not one.is_well for one in found)


def test_a_host_that_listens_is_so_far_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = of_host("host", host_way("127.0.0.1", server.getsockname()[1]), "nothing")
    assert found.is_well
    assert "ms away" in found.words


def test_a_host_that_refuses_or_has_no_name_is_said_to_be_out_of_reach_and_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refused = of_host("host", host_way("127.0.0.1", port), "open it")
    assert (refused.is_well, refused.remedy) == (False, "open it")
    assert "connection refused" in refused.words
    assert "its name is not known here" in of_host("host", host_way("nobody.invalid", 1), "x").words


def test_a_mirror_is_looked_for_only_where_one_is_configured(run: Run, tmp_path: Path) -> None:
    assert "nats" not in run("doctor").stdout
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (tmp_path / "config.toml").write_text(f'[nats]\nurl = "nats://127.0.0.1:{port}"\n')
    result = run("--config", str(tmp_path / "config.toml"), "doctor")
    assert f"LOOK nats       127.0.0.1:{port} cannot be reached" in result.stdout


def test_in_a_terminal_the_command_says_how_far_away_it_is(tmp_path: Path) -> None:
    with PtyTerminal([*COMMAND, "doctor"], cwd=tmp_path, env={"XDG_CONFIG_HOME": str(tmp_path)}) as shown:
        shown.wait_for("there and back", 60.0)
        shown.wait_for("kB/s to the terminal", 60.0)
