"""The command of an alert: a process of its own group, without a shell, given little time and no secrets."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from spymaster.alerts.standing import RuleAlert

WAITING: Final = 64
"""As many alerts may wait for their command; further ones are dropped and counted."""
_PASSED_ON: Final = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY")
_PASSED_ON_TOO: Final = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XAUTHORITY", "PULSE_SERVER", "TMUX", "STY")
"""What of the environment a command is given: enough to reach a desktop, a sound server or a multiplexer, no keys."""

_log = logging.getLogger("spymaster.alerts")


class CommandCounts(NamedTuple):
    """How the command has fared. ``last_failure``: why it failed last, empty where it never did."""

    ran: int = 0
    failed: int = 0
    dropped: int = 0
    last_failure: str = ""


class CommandPlan(NamedTuple):
    """What is run. ``argv`` empty: nothing; ``limit_s``: how long it may take."""

    argv: tuple[str, ...]
    limit_s: float


class CommandRunner:
    """Runs the command for alerts, ``at_once`` of them at a time; ``submit`` returns at once and never raises.

    ``plan`` is asked at each run, so that a changed configuration takes effect. ``told`` is called after each;
    ``timer``: calls something after a time.
    """

    def __init__(
        self,
        plan: Callable[[], CommandPlan],
        at_once: int,
        environment: Mapping[str, str],
        told: Callable[[], None] = lambda: None,
        timer: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer,
    ) -> None:
        self._plan = plan
        self._told = told
        self._timer = timer
        self._environment = {
            name: value
            for name, value in environment.items()
            if name in _PASSED_ON or name in _PASSED_ON_TOO or name.startswith("LC_")
        }
        self._waiting: queue.Queue[RuleAlert | None] = queue.Queue()
        self._lock = threading.Lock()
        self._counts = CommandCounts()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_closed = False
        self._at_once = at_once
        self._threads: list[threading.Thread] = []

    @property
    def counts(self) -> CommandCounts:
        """How it has fared so far."""
        return self._counts

    def submit(self, alert: RuleAlert) -> None:
        """Have the command run for an alert, now or when there is room for it."""
        with self._lock:
            if self._is_closed:
                return
            if self._waiting.qsize() >= WAITING:
                self._counts = self._counts._replace(dropped=self._counts.dropped + 1)
                return
            if len(self._threads) < self._at_once:
                thread = threading.Thread(target=self._work, name="alert command", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._waiting.put(alert)

    def close(self) -> None:
        """Kill what runs and forget what waits."""
        with self._lock:
            self._is_closed = True
            for process in self._running:
                _kill_group(process)
            threads = tuple(self._threads)
        for _ in threads:
            self._waiting.put(None)
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while (alert := self._waiting.get()) is not None:
            if not self._is_closed:
                self._run(alert, self._plan())

    def _run(self, alert: RuleAlert, plan: CommandPlan) -> None:
        if not plan.argv:
            return
        why = ""
        try:
            why = self._outcome(plan, msgspec.json.encode(alert) + b"\n", variables(alert))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
        with self._lock:
            if self._is_closed:
                return
            counts = self._counts._replace(ran=self._counts.ran + 1)
            if why:
                said = f"{_shown(plan.argv[0])}: {why}"
                counts = counts._replace(failed=counts.failed + 1, last_failure=said)
                _log.warning("the command of alert %s failed: %s", alert.id, said)
            self._counts = counts
        self._told()

    def _outcome(self, plan: CommandPlan, given: bytes, variables: Mapping[str, str]) -> str:
        """Run it to its end; why it failed, empty where it did not. Raises OSError where it cannot be started."""
        with self._lock:
            if self._is_closed:
                return ""
            process = subprocess.Popen(
                plan.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**self._environment, **variables},
                start_new_session=True,
            )
            self._running.add(process)
        limit = _Limit(process, plan.limit_s, self._timer)
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext():
                # far less than a pipe holds: this waits for nobody
                if process.stdin is not None:
                    process.stdin.write(given)
            _await_end(process)
        finally:
            limit.stop()
            with self._lock:
                _kill_group(process)
                self._running.discard(process)
            status = process.wait()
        if limit.was_hit:
            return f"killed after {plan.limit_s:g} s"
        return "" if status == 0 else f"killed by signal {-status}" if status < 0 else f"ended with status {status}"


class _Limit:
    """Kills a process and its group when its time is over."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limit_s: float,
        timer: Callable[[float, Callable[[], None]], threading.Timer],
    ) -> None:
        self._process = process
        self.was_hit = False
        self._timer = timer(limit_s, self._hit)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Do not kill any more."""
        self._timer.cancel()
        self._timer.join()

    def _hit(self) -> None:
        self.was_hit = True
        _kill_group(self._process)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has ended, without letting its number go to another process: its group is still to be killed."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


def variables(alert: RuleAlert) -> dict[str, str]:
    """The alert as variables of the environment, for commands that read no JSON."""
    return {
        "SPYMASTER_ALERT_ID": alert.id,
        "SPYMASTER_ALERT_RULE": alert.rule,
        "SPYMASTER_ALERT_LEVEL": alert.level_id,
        "SPYMASTER_ALERT_KIND": alert.kind,
        "SPYMASTER_ALERT_PRICE": f"{alert.price:g}",
        "SPYMASTER_ALERT_SIGNAL": alert.signal,
        "SPYMASTER_ALERT_STATE": alert.state,
        "SPYMASTER_ALERT_SCORE": "" if alert.score is None else f"{alert.score:.0f}",
        "SPYMASTER_ALERT_SAYS": alert.says,
        "SPYMASTER_ALERT_TIME_NS": str(alert.t_ns),
    }


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it left running in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _shown(word: str) -> str:
    return "".join(char if char.isprintable() else " " for char in word)


__all__: Sequence[str] = ("WAITING", "CommandCounts", "CommandPlan", "CommandRunner", "variables")
