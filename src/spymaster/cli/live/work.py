"""A live session: put together, lived with a screen or without, ended in order, said in a few lines."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from spymaster.alerts.watch import RuleWatch
from spymaster.bus.nats.embedded import reached
from spymaster.bus.serving import BusPlan, Serving
from spymaster.cli.failures import half_done
from spymaster.cli.live.bus import connector, host_name, mirror_plan
from spymaster.cli.live.gateway import gateway_line
from spymaster.cli.live.logs import log_limits, sidecar_watch
from spymaster.cli.live.manager import Manager
from spymaster.cli.live.metrics import metrics_served, session_figures
from spymaster.cli.live.report import LiveReport, print_report, report_of
from spymaster.cli.live.request import Asked, LiveRequest, following_out, understood
from spymaster.cli.live.rules import alert_watch
from spymaster.cli.live.vendors import Opened, locked, locks, opened
from spymaster.cli.parsing.scoring import session_models
from spymaster.cli.record import UNSEALED, check_new, finish_lake
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.interrupts import Interrupted, held
from spymaster.lake.run_manifest import RunInfo
from spymaster.market.frames import ConfigFrame
from spymaster.market.instruments import outright_root
from spymaster.session.live.day import UNWATCHED_S, Before, DayPlan, LiveDay
from spymaster.session.live.days import Lived, LiveDays
from spymaster.session.live.owner import ask_to_end, lock_of
from spymaster.session.live.promptness import be_prompt
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import RunRecording, new_run_id, plain_config
from spymaster.session.record.run_log import RunLog, run_log
from spymaster.signals.watcher import Watchers

_log = logging.getLogger(__name__)
_TELL_S: Final = 0.2
_STOP_S: Final = 120.0

Show = Callable[[LiveDays, Config, tuple[str, ...]], None]
"""Stays until the sessions end or are to be ended; is told who gives what, a line each. Raises Interrupted where a
signal asked for the end."""


def run_live(
    request: LiveRequest,
    *,
    as_json: bool,
    keep_journal: bool = True,
    show: Show | None = None,
    rules: RuleWatch | None = None,
) -> int:
    """Live and record; returns the exit code. ``rules``: those of the alerts, where a screen knows them already. Raises
    UserError."""
    asked = understood(request)
    rules = rules if rules is not None else alert_watch(asked.config, request.config, is_market=not request.demo)
    stop: Interrupted | None = None
    manager = Manager()
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked("out", str(asked.out.absolute()), str(asked.out), asked.out))
        check_new(asked.out)
        # where it is our own, in this process too: what is missing is said now, and it outlives the last message
        urls = stack.enter_context(reached(asked.bus)) if asked.bus is not None else ()
        served = None
        if asked.bus is not None and not asked.ingest:
            served = BusPlan(host_name(), connector(asked.bus, urls, "frames"))
        serving = Serving(on_socket=True, gateway=asked.gateway, out=str(asked.out.absolute()), bus=served)
        stack.callback(serving.stop)
        stack.callback(rules.stop)
        vendors = stack.enter_context(opened(asked))
        log = stack.enter_context(run_log(log_limits(asked.config.log), aloud=show is None))
        days = LiveDays(_Beginner(vendors, serving, rules, log, keep_journal=keep_journal), days=asked.days, say=say)
        figures = session_figures(None if asked.ingest else days.latest, lambda: days.session.recording)
        stack.enter_context(metrics_served(asked.config.metrics, _role_of(asked, show), figures, say))
        with half_done(f"{asked.out}: {UNSEALED.format(asked.out)}"):
            try:
                rules.start()
                days.start()
                _serve(serving, days, asked)
                manager.ready(f"recording into {asked.out}")
                (show or _watched(manager, rules))(days, asked.config, vendors.lines)
            except Interrupted as interruption:
                stop = interruption
            finally:
                manager.stopping()
                with held() as hold:
                    days.stop()
                    late = hold.take()
            lived = [one for one in days.lived if one.session.recording is not None]
            if not lived:
                return _nothing(days.lived[-1], stop or late)
            report, late = _reports(lived, str(stop or "") or days.failure, late)
        problems = tuple(dict.fromkeys(line for one in lived for line in one.day.problems))
        print_report(report, problems, as_json, simulated=asked.demo)
    if (ending := stop or late) is not None:
        return ending.exit_code
    is_whole = all(one.complete and not one.problem for one in (*report.earlier, report))
    return ExitCode.OK if is_whole else ExitCode.FAILURE


def stop_live(out: Path) -> int:
    """Have the session that records into ``out`` stop and seal; returns the exit code. Raises UserError."""
    owner = ask_to_end(lock_of(locks(), "out", str(out.absolute())), _STOP_S)
    if owner is None:
        problem = "no live session records into it"
        raise UserError(out, problem, "name the folder that a live session was given", code=ExitCode.USAGE)
    print(f"{out}: process {owner.pid} has ended and sealed it")
    return ExitCode.OK


def forget(out: Path) -> None:
    """Delete the temporary folder of a demo."""
    shutil.rmtree(out, ignore_errors=True)


def _serve(serving: Serving, days: LiveDays, asked: Asked) -> None:
    """Let others look and listen from now on."""
    be_prompt()
    serving.start(days)
    if serving.problem:
        say(f"no screen can attach: {serving.problem}")
    if line := gateway_line(serving, asked.gateway):
        say(line)


class _Beginner:
    """Puts the session of a trade date together."""

    def __init__(self, vendors: Opened, serving: Serving, rules: RuleWatch, log: RunLog, *, keep_journal: bool) -> None:
        self._vendors = vendors
        self._log = log
        self._watcher = Watchers(rules, serving)
        self._keep_journal = keep_journal
        self._lived: list[Path] = []

    def __call__(self, over: Lived | None, before: Before | None) -> Lived:
        """The next session; the first where none is over. Raises UserError."""
        vendors = self._vendors
        asked = vendors.asked
        wanted = asked.wanted
        if over is not None:
            # what was lived so far is what the next trade date looks back on
            self._lived.append(over.out)
            wanted = msgspec.structs.replace(wanted, paths=(*wanted.paths, *self._lived))
        plan = DayPlan(
            profile=asked.profile,
            roles=vendors.roles,
            accounts=vendors.accounts,
            equity_dataset=asked.config.live.equity_dataset,
            symbol=asked.symbol,
            user_levels=asked.levels,
            wanted=wanted,
            pace=vendors.pace,
            gather_s=UNWATCHED_S if asked.ingest else None,
        )
        day = LiveDay(plan, vendors.clock, before)
        out = asked.out if over is None else following_out(asked.out, day.date)
        heat, frames = (None, 0) if over is None else over.session.drawn

        mode = "SIMULATED" if asked.demo else "LIVE"

        def begin(frame: ConfigFrame) -> RunRecording:
            run = _run_info(asked, frame, vendors)
            recording = RunRecording(
                out,
                run,
                clock_ns=run.started_ns,
                mirror=mirror_plan(asked.config.nats, asked.bus, run.symbol, mode=mode, market=asked.ingest or None),
                delete_segments=not self._keep_journal,
                watch=sidecar_watch(asked.config.log),
            )
            self._log.begin(recording.journal)
            return recording

        session = LiveSession(
            day.source(quiet_s=vendors.quiet_s),
            begin,
            profile=asked.profile,
            simulated=asked.demo,
            draws=not asked.ingest,
            computes=not asked.ingest,
            models=session_models(asked.config, simulated=asked.demo),
            is_over=lambda: day.is_over or vendors.is_over(),
            follow=day.own_greeks.follow,
            difference=lambda: day.difference,
            heat=heat,
            frames=frames,
            watcher=self._watcher,
        )
        return Lived(day, session, out)


def say(line: str) -> None:
    """A line for whoever watches, and for the log; stdout is for the report."""
    print(f"live: {line}", file=sys.stderr)
    _log.info("%s", line)


def _role_of(asked: Asked, show: Show | None) -> str:
    """What its figures call it."""
    return "ingest" if asked.ingest else "run" if show is None else "live"


def _watched(manager: Manager, rules: RuleWatch) -> Show:
    """Without a screen: say who gives what, and what is wrong when it changes, until the sessions end."""

    def wait(days: LiveDays, _config: Config, lines: tuple[str, ...]) -> None:
        for line in lines:
            say(line)
        told = ""
        while not days.ended.wait(_TELL_S):
            fault = days.light.fault
            message = f"NOT RECORDING: {fault}" if fault else days.message or days.light.bus_fault
            message = message or rules.desk.standing().trouble
            manager.alive(message or "all is well", well=not fault)
            # a wait that counts down is not told anew each second
            if message.partition("; next try")[0] != told.partition("; next try")[0]:
                say(message or "all is well")
                told = message

    return wait


def _reports(lived: list[Lived], stop: str, late: Interrupted | None) -> tuple[LiveReport, Interrupted | None]:
    """One report of all trade dates, once their lakes are finished, and a signal that came while waiting for them."""
    reports = []
    for one in lived:
        assert one.session.recording is not None
        health, late = finish_lake(one.session.recording, late)
        reports.append(report_of(one.session, one.out, health, stop if one is lived[-1] else ""))
    return msgspec.structs.replace(reports[-1], earlier=tuple(reports[:-1])), late


def _nothing(one: Lived, stop: Interrupted | None) -> int:
    """Nothing came, so nothing was recorded: why. Raises UserError, or what stopped it."""
    session = one.session
    if session.error is not None:
        raise session.error
    if session.failure:
        raise UserError("live", session.failure, "nothing was recorded; try again")
    if session.refused:
        raise one.day.refusal(session.refused)
    print("live: ended before anything came; nothing was recorded", file=sys.stderr)
    if stop is not None:
        raise stop
    return ExitCode.OK


def _run_info(asked: Asked, frame: ConfigFrame, vendors: Opened) -> RunInfo:
    symbol = frame.instrument.symbol
    named = " and ".join(sorted(vendor.capitalize() for vendor in vendors.roles.vendors))
    return RunInfo(
        id=new_run_id(time.time_ns()),
        mode="live",
        profile=asked.profile.name,
        symbol=symbol,
        underlying=asked.profile.underlying_symbol or outright_root(symbol) or symbol,
        started_ns=vendors.clock.wall_ns(),
        code_version=version("spymaster-tui"),
        config=plain_config(asked.config),
        simulated=asked.demo,
        note=f"lived on vendors played on this machine: {named}" if asked.demo else f"lived on {named}",
    )
