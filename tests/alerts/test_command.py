"""The command of an alert: what it is given, and that it can neither hang nor outlive its time."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spymaster.alerts.command import WAITING, CommandPlan, CommandRunner
from spymaster.alerts.standing import RuleAlert
from tests.support.awaiting import awaited

ALERT = RuleAlert(
    "near:VWAP:7", "near", 7, "VWAP", "VWAP", 687.25, 0.5, "SUPPORT", "WALL", "NEUTRAL", 61.5, "LOW", "it's $(here)"
)
LONG_S = 600.0

Start = Callable[..., CommandRunner]


@pytest.fixture
def start() -> Iterator[Start]:
    """A runner of a shell script: ``start(script, at_once=1, limit_s=600, environment={})``."""
    runners: list[CommandRunner] = []

    def make(
        script: str, at_once: int = 1, limit_s: float = LONG_S, environment: dict[str, str] | None = None
    ) -> CommandRunner:
        plan = CommandPlan(("/bin/sh", "-c", script), limit_s)
        runners.append(CommandRunner(lambda: plan, at_once, {"PATH": os.environ["PATH"], **(environment or {})}))
        return runners[-1]

    yield make
    for runner in runners:
        runner.close()


def test_a_command_is_given_the_alert_as_json(start: Start, tmp_path: Path) -> None:
    runner = start(f"cat > {tmp_path}/given")
    runner.submit(ALERT)
    awaited(lambda: runner.counts.ran == 1)
    given = json.loads((tmp_path / "given").read_text())
    assert (given["rule"], given["level_id"], given["price"], given["says"]) == ("near", "VWAP", 687.25, "it's $(here)")
    assert runner.counts.failed == 0


def test_a_command_is_given_the_alert_in_its_environment_and_no_secret(start: Start, tmp_path: Path) -> None:
    runner = start(f"env > {tmp_path}/given", environment={"DATABENTO_API_KEY": "db-secret", "LANG": "C"})
    runner.submit(ALERT)
    awaited(lambda: runner.counts.ran == 1)
    given = (tmp_path / "given").read_text().splitlines()
    assert "SPYMASTER_ALERT_LEVEL=VWAP" in given
    assert "SPYMASTER_ALERT_SAYS=it's $(here)" in given
    assert "LANG=C" in given
    assert not [line for line in given if "secret" in line]


def test_the_words_of_a_command_are_no_shell_s(tmp_path: Path) -> None:
    plan = CommandPlan(("/usr/bin/env", "touch", f"{tmp_path}/$(echo no); rm -r /"), LONG_S)
    runner = CommandRunner(lambda: plan, 1, {"PATH": os.environ["PATH"]})
    runner.submit(ALERT)
    awaited(lambda: runner.counts.ran == 1)
    runner.close()
    assert list(tmp_path.iterdir()) == []
    assert runner.counts.failed == 1


def test_a_command_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    timers: list[HandTimer] = []

    def timer(after_s: float, do: Callable[[], None]) -> threading.Timer:
        timers.append(HandTimer(after_s, do))
        return timers[-1]

    script = f"sleep 600 & echo $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/child; sleep 600"
    plan = CommandPlan(("/bin/sh", "-c", script), 7.5)
    runner = CommandRunner(lambda: plan, 1, {"PATH": os.environ["PATH"]}, timer=timer)
    runner.submit(ALERT)
    awaited(lambda: (tmp_path / "child").exists())
    assert timers[0].after_s == 7.5
    timers[0].do()
    awaited(lambda: runner.counts.failed == 1)
    runner.close()
    assert runner.counts.last_failure == "/bin/sh: killed after 7.5 s"
    child = int((tmp_path / "child").read_text())
    awaited(lambda: not alive(child))


def test_what_a_command_leaves_behind_ends_with_it(start: Start, tmp_path: Path) -> None:
    runner = start(f"sleep 600 & echo $! > {tmp_path}/child")
    runner.submit(ALERT)
    awaited(lambda: runner.counts.ran == 1)
    child = int((tmp_path / "child").read_text())
    awaited(lambda: not alive(child))
    assert runner.counts.failed == 0


def test_a_command_that_reads_nothing_is_no_failure(start: Start) -> None:
    runner = start("exec 0<&-; exit 0")
    runner.submit(ALERT)
    awaited(lambda: runner.counts.ran == 1)
    assert runner.counts.failed == 0


def test_failures_are_counted_and_told(start: Start) -> None:
    runner = start("exit 3")
    for _ in range(3):
        runner.submit(ALERT)
    awaited(lambda: runner.counts.failed == 3)
    assert runner.counts.last_failure == "/bin/sh: ended with status 3"


def test_a_program_that_is_not_there_is_a_failure() -> None:
    runner = CommandRunner(lambda: CommandPlan(("/nowhere/at/all",), LONG_S), 1, {})
    runner.submit(ALERT)
    awaited(lambda: runner.counts.failed == 1)
    runner.close()
    assert runner.counts.last_failure == "/nowhere/at/all: No such file or directory"


def test_no_more_run_at_once_than_may_and_what_cannot_wait_is_dropped(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    runner = start(f"echo x >> {tmp_path}/began; read line < {gate}", at_once=2)
    began = tmp_path / "began"
    for _ in range(2):
        runner.submit(ALERT)
    awaited(lambda: began.exists() and len(began.read_text()) == 4)
    for _ in range(WAITING + 5):
        runner.submit(ALERT)
    assert len(began.read_text()) == 4
    assert runner.counts.dropped == 5


def test_closing_ends_what_runs_and_what_waits(start: Start, tmp_path: Path) -> None:
    runner = start(f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; sleep 600")
    for _ in range(3):
        runner.submit(ALERT)
    awaited(lambda: (tmp_path / "pid").exists())
    runner.close()
    assert not alive(int((tmp_path / "pid").read_text()))
    assert not [thread for thread in threading.enumerate() if thread.name == "alert command"]
    runner.submit(ALERT)
    assert runner.counts.ran == 0


class HandTimer(threading.Timer):
    """A timer that only a test lets run out."""

    def __init__(self, after_s: float, do: Callable[[], None]) -> None:
        super().__init__(LONG_S, do)
        self.after_s = after_s
        self.do = do


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
