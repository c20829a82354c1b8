"""INT, TERM and HUP end a program in order: as an exception, when nothing must be torn apart, and only once."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from spymaster.atomic_output import AtomicOutput, write_whole
from spymaster.event_loop import run_in_loop
from spymaster.interrupts import Interrupted, ended_by_signals, held, raise_put_off, taken_back

OLD = "as it was"


class Careless:
    """Its finalizer meets a signal: nothing can be raised from there."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


class Wrapping:
    """Python 3.11 makes a RuntimeError of whatever is raised here."""

    def __set_name__(self, owner: type, name: str) -> None:
        signal.raise_signal(signal.SIGTERM)


def ending_of(program: Callable[[], None]) -> Interrupted:
    """Run something as a program; the interruption it ends with."""
    with taken_back(), pytest.raises(Interrupted) as ending, ended_by_signals():
        program()
    return ending.value


def test_what_is_held_is_done_before_the_program_ends(tmp_path: Path) -> None:
    reached = []

    def program() -> None:
        with held():
            signal.raise_signal(signal.SIGTERM)
            write_whole(tmp_path / "out", b"new")
        reached.append("what comes after")

    assert ending_of(program).exit_code == 128 + signal.SIGTERM
    assert (tmp_path / "out").read_bytes() == b"new"
    assert not reached


def test_a_signal_inside_two_holds_waits_for_the_outer_one() -> None:
    reached = []

    def program() -> None:
        with held():
            with held():
                signal.raise_signal(signal.SIGINT)
            reached.append("between the two")
        reached.append("what comes after")

    ending_of(program)
    assert reached == ["between the two"]


def test_a_signal_while_a_file_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.write_text(OLD)

    def program() -> None:
        with AtomicOutput(place) as output:
            output.file.write(b"half")
            signal.raise_signal(signal.SIGINT)

    ending_of(program)
    assert [path.read_text() for path in tmp_path.iterdir()] == [OLD]


def test_a_signal_that_is_taken_is_the_taker_s_to_deal_with() -> None:
    with taken_back(), ended_by_signals(), held() as hold:
        os.kill(os.getpid(), signal.SIGHUP)
        stop = hold.take()
    assert str(stop) == "ended by SIGHUP"


def test_a_signal_that_came_where_nothing_can_be_raised_comes_again(capfd: pytest.CaptureFixture[str]) -> None:
    reached = []

    def program() -> None:
        careless = Careless()
        del careless
        time.sleep(60.0)
        reached.append("what comes after")

    ending_of(program)
    assert not reached
    assert capfd.readouterr().err == "ended by SIGTERM\n"


def test_a_signal_that_another_error_was_made_of_is_still_one(capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        type("Built", (), {"field": Wrapping()})

    ending_of(program)
    assert capfd.readouterr().err == "ended by SIGTERM\n"


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> Callable[[], ModuleType]:
    """Something that imports a module of these lines, which may send a signal with ``strike()``."""
    text = "import signal\ndef strike():\n    signal.raise_signal(signal.SIGTERM)\n"
    (folder / "struck_module.py").write_text(text + "\n".join(lines))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "struck_module", raising=False)
    return lambda: importlib.import_module("struck_module")


def test_a_signal_during_an_import_waits_for_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported(tmp_path, monkeypatch, "strike()", "is_whole = True")
    reached = []

    def program() -> None:
        reached.append(module().is_whole)
        time.sleep(60.0)
        reached.append("what comes after")

    assert ending_of(program).signal is signal.SIGTERM
    assert reached == [True]


def test_a_signal_during_imports_ends_the_program_before_it_does_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = imported(tmp_path, monkeypatch, "strike()")
    reached = []

    def program() -> None:
        module()
        raise_put_off()
        reached.append("what comes after")

    assert ending_of(program).signal is signal.SIGTERM
    assert reached == []


def test_a_program_that_fails_before_the_signal_comes_again_ended_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = imported(tmp_path, monkeypatch, "strike()")

    def program() -> None:
        module()
        raise SystemExit(3)

    assert ending_of(program).exit_code == 128 + signal.SIGTERM


def test_an_import_that_passes_over_every_error_does_not_lose_a_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    module = imported(tmp_path, monkeypatch, "try:", "    strike()", "except BaseException:", "    pass")

    def program() -> None:
        module()

    assert ending_of(program).signal is signal.SIGTERM
    assert capfd.readouterr().err == "ended by SIGTERM\n"


@pytest.mark.parametrize("code", [None, 0])
def test_a_signal_that_somebody_swallowed_is_still_how_the_program_ended(
    code: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    def program() -> None:
        with contextlib.suppress(SystemExit):
            signal.raise_signal(signal.SIGHUP)
        raise SystemExit(code)

    assert ending_of(program).signal is signal.SIGHUP
    assert capfd.readouterr().err == "ended by SIGHUP\n"


def test_an_error_that_is_none_of_it_stays_what_it_is() -> None:
    with taken_back(), pytest.raises(ZeroDivisionError), ended_by_signals():
        _ = 1 / 0


def test_what_was_ignored_before_stays_ignored() -> None:
    with taken_back():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with ended_by_signals():
            signal.raise_signal(signal.SIGHUP)


def test_without_signals_taken_over_there_is_nothing_to_hold() -> None:
    with held() as hold:
        assert hold.take() is None


def test_an_event_loop_is_made_whole_before_a_signal_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    made, loops = asyncio.new_event_loop, []

    def signalled() -> asyncio.AbstractEventLoop:
        signal.raise_signal(signal.SIGTERM)
        loops.append(made())
        return loops[-1]

    async def never() -> None:
        raise AssertionError("the program was to end before")

    monkeypatch.setattr("asyncio.events.new_event_loop", signalled)
    with pytest.raises(Interrupted), ended_by_signals():
        run_in_loop(never)
    assert [loop.is_closed() for loop in loops] == [True]


def test_what_runs_in_an_event_loop_is_what_is_given_back() -> None:
    async def answer() -> str:
        return "the answer"

    assert run_in_loop(answer) == "the answer"
