"""One live session: put together, lived with a screen or without, ended in order, said in a few lines."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from spymaster.cli.failures import half_done
from spymaster.cli.live.report import print_report, report_of
from spymaster.cli.record import UNSEALED, check_new, finish_lake
from spymaster.cli.request import parse_speed
from spymaster.config.loader import load_config
from spymaster.config.profiles import Profile
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.source import QUIET_S, LiveFeeds
from spymaster.feeds.live.supervision import Clock, SystemClock
from spymaster.interrupts import Interrupted, held
from spymaster.lake.run_manifest import RunInfo
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.market.instruments import outright_root
from spymaster.resources import bundled_recording
from spymaster.session.levels.sets import levels_named
from spymaster.session.levels.user import levels_from_flags, unique_levels
from spymaster.session.live.databento_day import DatabentoDay
from spymaster.session.live.keys import databento_key, refusal
from spymaster.session.live.owner import ask_to_end, lock_of, owned
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import RunRecording, new_run_id, plain_config
from spymaster.session.sources.forms import manifests_of

_DEMO_PROFILE: Final = "es"
_DEMO_ENDS_S: Final = 0.5
"""So long after the demo's last moment its session ends: what was sent by then has arrived."""
_TELL_S: Final = 0.2
_STOP_S: Final = 120.0


class LiveRequest(msgspec.Struct, frozen=True):
    """What was asked of a live session. ``out``: where it is recorded; ``speed``: of a demo, event seconds a second."""

    out: Path
    config: Path | None
    profile: str | None
    symbol: str | None
    level: tuple[str, ...] = ()
    levels: str | None = None
    demo: bool = False
    speed: str = ""


class Opened(msgspec.Struct, frozen=True):
    """A vendor that can be read: the day's feeds as one source, their clock, and when they are over."""

    source: LiveFeeds
    day: DatabentoDay
    clock: Clock
    is_over: Callable[[], bool]
    variable: str


Show = Callable[[LiveSession, Config], None]
"""Stays until the session ends or is to be ended. Raises Interrupted where a signal asked for it."""


def run_live(request: LiveRequest, *, as_json: bool, keep_journal: bool = True, show: Show | None = None) -> int:
    """Live and record a session; returns the exit code. Raises UserError."""
    out = request.out
    config = load_config(request.config)
    profile = config.profile(request.profile or (_DEMO_PROFILE if request.demo else None) or "spy")
    if request.demo and profile.name != _DEMO_PROFILE:
        problem = f"the demo's day has no {profile.underlying_symbol}"
        raise UserError(f"--profile {profile.name}", problem, "leave it out", code=ExitCode.USAGE)
    levels = _levels(request, profile)
    stop: Interrupted | None = None
    with contextlib.ExitStack() as stack:
        stack.enter_context(_locked("out", str(out.absolute()), str(out), out))
        check_new(out)
        opened = stack.enter_context(_opened(request, config, profile, levels))

        def begin(frame: ConfigFrame) -> RunRecording:
            run = _run_info(request, config, profile, frame, opened.clock.wall_ns())
            return RunRecording(out, run, clock_ns=opened.clock.wall_ns(), delete_segments=not keep_journal)

        session = LiveSession(
            opened.source,
            begin,
            profile=profile,
            simulated=request.demo,
            draws=show is not None,
            is_over=opened.is_over,
        )
        with half_done(f"{out}: {UNSEALED.format(out)}"):
            try:
                session.start()
                (show or _wait)(session, config)
            except Interrupted as interruption:
                stop = interruption
            finally:
                with held() as hold:
                    session.stop()
                    late = hold.take()
            if session.recording is None:
                return _nothing(session, stop or late, opened.variable)
            health, late = finish_lake(session.recording, late)
        print_report(
            report_of(session, out, health, str(stop or "")), opened.day.problems, as_json, simulated=request.demo
        )
    if (ending := stop or late) is not None:
        return ending.exit_code
    return ExitCode.OK if health.complete and not session.failure else ExitCode.FAILURE


def stop_live(out: Path) -> int:
    """Have the session that records into ``out`` stop and seal; returns the exit code. Raises UserError."""
    owner = ask_to_end(lock_of(_locks(), "out", str(out.absolute())), _STOP_S)
    if owner is None:
        problem = "no live session records into it"
        raise UserError(out, problem, "name the folder that a live session was given", code=ExitCode.USAGE)
    print(f"{out}: process {owner.pid} has ended and sealed it")
    return ExitCode.OK


def default_out(*, demo: bool) -> Path:
    """A new folder for a session that was given none: a demo's is temporary."""
    if demo:
        return Path(tempfile.mkdtemp(prefix="spymaster-demo-"))
    return Path(platformdirs.user_data_dir("spymaster-tui")) / "live" / new_run_id(time.time_ns())


def forget(out: Path) -> None:
    """Delete the temporary folder of a demo."""
    shutil.rmtree(out, ignore_errors=True)


def _wait(session: LiveSession, _config: Config) -> None:
    """Without a screen: say what is wrong when it changes, until the session ends."""
    told = ""
    while not session.ended.wait(_TELL_S):
        light = session.recording.light if session.recording is not None else None
        fault = f"NOT RECORDING: {light.fault}" if light is not None and light.fault else ""
        message = fault or session.message
        # a wait that counts down is not told anew each second
        if message.partition("; next try")[0] != told.partition("; next try")[0]:
            print(f"live: {message or 'all is well'}", file=sys.stderr)
            told = message


def _nothing(session: LiveSession, stop: Interrupted | None, variable: str) -> int:
    """Nothing came, so nothing was recorded: why. Raises UserError, or what stopped it."""
    if session.failure:
        raise UserError("live", session.failure, "nothing was recorded; try again")
    if session.refused:
        raise refusal(session.refused, variable)
    print("live: ended before anything came; nothing was recorded", file=sys.stderr)
    if stop is not None:
        raise stop
    return ExitCode.OK


def _levels(request: LiveRequest, profile: Profile) -> tuple[UserLevel, ...]:
    levels = list(levels_named(request.levels, profile.name)) if request.levels is not None else []
    if request.demo:
        levels += [level for manifest in manifests_of(bundled_recording()) for level in manifest.user_levels]
    return tuple(unique_levels([*levels, *levels_from_flags(request.level)]))


def _locks() -> Path:
    return Path(platformdirs.user_state_dir("spymaster-tui")) / "live"


def _locked(kind: str, what: str, words: str, out: Path) -> contextlib.AbstractContextManager[None]:
    return owned(lock_of(_locks(), kind, what), words, out)


@contextlib.contextmanager
def _opened(request: LiveRequest, config: Config, profile: Profile, levels: tuple[UserLevel, ...]) -> Iterator[Opened]:
    """The vendor, or the one that is played on this machine. Raises UserError."""
    dataset = config.live.equity_dataset
    if not request.demo:
        if parse_speed(request.speed, None) is not None:
            raise UserError(f"--speed {request.speed}", "the market has its own", "leave it out", code=ExitCode.USAGE)
        key = databento_key()
        with _locked("key", key.secret, key.name, request.out):
            clock: Clock = SystemClock()
            address = Address(key.secret)
            day = DatabentoDay(
                profile, address, clock, equity_dataset=dataset, symbol=request.symbol, user_levels=levels
            )
            yield Opened(day.source(quiet_s=QUIET_S), day, clock, lambda: False, key.name)
        return
    from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
    from spymaster.loopback.databento.reel import reels_of
    from spymaster.loopback.pace import PlayedClock

    speed = parse_speed(request.speed, 1.0)
    if speed is None:
        raise UserError("--speed max", "a live market has a time of its own", "give a number", code=ExitCode.USAGE)
    reels = reels_of([bundled_recording()])
    end_ns = max(reel.end_ns for reel in reels)
    with DatabentoGateway(reels, speed=speed) as gateway:
        clock = PlayedClock(gateway.pace)
        address = Address(DEMO_KEY, gateway.host, gateway.port)
        day = DatabentoDay(profile, address, clock, equity_dataset=dataset, symbol=request.symbol, user_levels=levels)
        over_s: list[float] = []

        def is_over() -> bool:
            if clock.wall_ns() > end_ns and not over_s:
                over_s.append(time.monotonic())
            return bool(over_s) and time.monotonic() - over_s[0] > _DEMO_ENDS_S

        yield Opened(day.source(quiet_s=QUIET_S / speed), day, clock, is_over, "the demo")


def _run_info(request: LiveRequest, config: Config, profile: Profile, frame: ConfigFrame, now_ns: int) -> RunInfo:
    symbol = frame.instrument.symbol
    return RunInfo(
        id=new_run_id(time.time_ns()),
        mode="live",
        profile=profile.name,
        symbol=symbol,
        underlying=profile.underlying_symbol or outright_root(symbol) or symbol,
        started_ns=now_ns,
        code_version=version("spymaster-tui"),
        config=plain_config(config),
        simulated=request.demo,
        note="lived on vendors played on this machine" if request.demo else "lived on Databento",
    )
