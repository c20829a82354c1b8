"""``run --role``: one part of a session each, joined by the bus: ingest brings the market there, core and lake live on
it, gateway serves what core has made. Each can be ended or killed at any moment and started again with the same folder.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.bus.nats.broker import NotStoredError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.embedded import reached
from spymaster.bus.nats.receiver import Receiver, RunOnBus
from spymaster.bus.nats.source import BusSource
from spymaster.bus.nats.streams import ConsumerSpec
from spymaster.bus.serving import BusPlan, Serving
from spymaster.cli.live.bus import bus_address, connector, mirror_plan
from spymaster.cli.live.gateway_role import run_gateway
from spymaster.cli.live.logs import log_limits, sidecar_watch
from spymaster.cli.live.manager import Manager
from spymaster.cli.live.metrics import metrics_served, session_figures
from spymaster.cli.live.report import print_report, report_of
from spymaster.cli.live.work import say
from spymaster.cli.parsing.scoring import session_models
from spymaster.cli.record import check_new, finish_lake
from spymaster.cli.request import Request, parse_speed, prepare
from spymaster.config.loader import load_config
from spymaster.config.structs import Config
from spymaster.errors import ExitCode, UserError
from spymaster.event_loop import run_in_loop
from spymaster.interrupts import Interrupted, held
from spymaster.journal.mirror_plan import BusAddress
from spymaster.lake.run_manifest import RunInfo
from spymaster.market.frames import ConfigFrame
from spymaster.market.instruments import outright_root
from spymaster.market.sessions import SESSION
from spymaster.session.live.bus_run import BusArrivals, BusInlet, lived_before
from spymaster.session.live.played import PlayedArrivals
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import JOURNAL_FOLDER, RunRecording, new_run_id, plain_config
from spymaster.session.record.run_log import RunLog, run_log
from spymaster.session.replay.pacing import Pacer
from spymaster.session.sources.forms import open_source

INGEST: Final = "ingest"
CORE: Final = "core"
LAKE: Final = "lake"
GATEWAY: Final = "gateway"
ROLES: Final = (INGEST, CORE, LAKE, GATEWAY)

_TELL_S: Final = 0.2
_LOOK_S: Final = 0.5
_PACED_CHUNK: Final = 32
"""Records of a batch of a recording that is played in its own time: about what a live feed gives at once."""


class RoleRequest(msgspec.Struct, frozen=True):
    """What was asked for. ``source``: of ingest, a recording in place of the market; ``speed``: its pace;
    ``listen``: of gateway, where."""

    role: str
    out: Path
    config: Path | None
    profile: str | None = None
    source: Path | None = None
    speed: str = ""
    listen: str = ""


def check_role(role: str, source: Path | None) -> None:
    """Raise UserError for a role there is not, and for a source of one that has none."""
    if role not in ROLES:
        raise UserError(
            f"--role {role}", "there is no such role", f"choose from {', '.join(ROLES)}", code=ExitCode.USAGE
        )
    if source is not None and role != INGEST:
        remedy = "leave it out, or choose --role ingest"
        raise UserError(f"--source {source}", f"{role} takes everything from the bus", remedy, code=ExitCode.USAGE)


def run_role(request: RoleRequest, *, as_json: bool) -> int:
    """Be that part until it ends or is ended; returns the exit code. Raises UserError."""
    check_role(request.role, request.source)
    config = load_config(request.config)
    address = bus_address(config.nats, wanted=True)
    assert address is not None
    with reached(address) as urls:
        if request.role == INGEST:
            return _publish(request, address, as_json=as_json)
        if request.role == GATEWAY:
            return run_gateway(config, address, urls, request.listen, name=request.out.name)
        return _follow(request, config, address, urls, as_json=as_json)


def _publish(request: RoleRequest, address: BusAddress, *, as_json: bool) -> int:
    """Ingest of a recording."""
    assert request.source is not None
    check_new(request.out)
    speed = parse_speed("max" if request.speed == "0" else request.speed, 1.0)
    chunk = None if speed is None else _PACED_CHUNK
    prepared = prepare(Request((request.source,), request.config, request.profile, None, chunk=chunk))
    played = PlayedArrivals(open_source(prepared.plan), None if speed is None else Pacer(speed, time.monotonic_ns))
    mode = "SIMULATED" if prepared.simulated else "REPLAY"
    run_id = new_run_id(time.time_ns())

    def begin(frame: ConfigFrame) -> RunRecording:
        run = _run_info(
            RunOnBus(run_id, mode, frame.profile), prepared.config, frame, f"published from {request.source}"
        )
        plan = mirror_plan(prepared.config.nats, address, run.symbol, market=True, mode=mode)
        watch = sidecar_watch(prepared.config.log)
        return RunRecording(request.out, run, clock_ns=0, mirror=plan, watch=watch)

    session = LiveSession(
        played, begin, profile=prepared.plan.profile, simulated=prepared.simulated, draws=False, computes=False
    )
    return _lived(session, prepared.config, INGEST, request.out, lambda: played.is_ended, as_json=as_json)


def _follow(request: RoleRequest, config: Config, address: BusAddress, urls: tuple[str, ...], *, as_json: bool) -> int:
    """Core or lake: one run of the bus, the latest."""
    connect = connector(address, urls, request.role)
    run = run_in_loop(lambda: _latest(connect))
    out = request.out / run.session
    journal = out / JOURNAL_FOLDER
    journal.mkdir(parents=True, exist_ok=True)
    before = lived_before(journal)
    if before.ended:
        print(f"{request.role}: {run.session} is over, and all of it is in {out}")
        return ExitCode.OK
    computes = request.role == CORE
    recording: list[RunRecording] = []
    spec = ConsumerSpec(f"{request.role}-{run.session}")
    bus = BusSource(
        lambda: Receiver(connect(), spec),
        run.session,
        next_frame=before.next_frame,
        settle=lambda: recording[0].sync() if recording else None,
    )
    arrivals = BusArrivals(journal, before, bus)

    def begin(frame: ConfigFrame) -> RunRecording:
        plan = mirror_plan(config.nats, address, frame.instrument.symbol, mode=run.mode, market=False)
        recording.append(
            RunRecording(
                out,
                _run_info(run, config, frame, f"{request.role} of a run on the bus"),
                clock_ns=0,
                mirror=plan if computes else None,
                inlet=lambda writer, *, strikes: BusInlet(writer, before, lambda: arrivals.clock_ns, strikes=strikes),
                watch=sidecar_watch(config.log),
            )
        )
        return recording[0]

    served = BusPlan(run.session, connect) if computes else None
    serving = Serving(on_socket=computes, out=str(out.absolute()), bus=served)
    session = LiveSession(
        arrivals,
        begin,
        profile=config.profile(run.profile),
        simulated=run.mode == "SIMULATED",
        draws=computes,
        computes=computes,
        models=session_models(config, simulated=run.mode == "SIMULATED"),
        goes_on=lambda: not arrivals.is_ended,
        watcher=serving,
    )
    say(f"{request.role} of {run.session} ({run.mode}), from frame {before.next_frame:,} on")
    sys.setswitchinterval(0.0005)
    serving.start(session)
    try:
        return _lived(session, config, request.role, out, lambda: arrivals.is_ended, as_json=as_json)
    finally:
        serving.stop()


async def _latest(connect: Callable[[], Connection]) -> RunOnBus:
    """The run that was mirrored last; waited for where there is none yet."""
    receiver = Receiver(connect(), ConsumerSpec("none"))
    told = ""
    try:
        while True:
            said = "waiting for a run on the bus"
            try:
                run = await receiver.latest_run()
                if run is not None:
                    return run
            except NotStoredError as error:
                said = f"the bus: {error}"
            if said != told:
                say(said)
                told = said
            await asyncio.sleep(_LOOK_S)
    finally:
        await receiver.close()


def _lived(
    session: LiveSession, config: Config, role: str, out: Path, is_ended: Callable[[], bool], *, as_json: bool
) -> int:
    """Live it until it ends or a signal ends it; the report; the exit code."""
    figures = session_figures(session.latest if role == CORE else None, lambda: session.recording)
    with run_log(log_limits(config.log)) as log, metrics_served(config.metrics, role, figures, say):
        return _waited_for(session, log, out, is_ended, as_json=as_json)


def _waited_for(session: LiveSession, log: RunLog, out: Path, is_ended: Callable[[], bool], *, as_json: bool) -> int:
    stop: Interrupted | None = None
    manager = Manager()
    try:
        session.start()
        manager.ready(f"recording into {out}")
        _wait(session, manager, log)
    except Interrupted as interruption:
        stop = interruption
    finally:
        manager.stopping()
        with held() as hold:
            session.stop()
            late = hold.take()
    recording = session.recording
    if recording is None:
        if session.error is not None:
            raise session.error
        if session.failure:
            raise UserError(out, session.failure, "nothing was recorded; try again")
        say("ended before anything came; nothing was recorded")
        return stop.exit_code if stop is not None else ExitCode.OK
    health, late = finish_lake(recording, late)
    report = report_of(session, out, health, str(stop or ""))
    print_report(report, (), as_json, simulated=False)
    if (ending := stop or late) is not None:
        return ending.exit_code
    return ExitCode.OK if is_ended() and report.complete and not report.problem else ExitCode.FAILURE


def _wait(session: LiveSession, manager: Manager, log: RunLog) -> None:
    """Say what is wrong when it changes, until the session ends; in the log too, once there is a journal."""
    told = ""
    is_logged = False
    while not session.ended.wait(_TELL_S):
        recording = session.recording
        if recording is not None and not is_logged:
            log.begin(recording.journal)
            is_logged = True
        message = session.message or (recording.light.bus_fault if recording is not None else "")
        manager.alive(message or "all is well", well=recording is None or not recording.light.fault)
        if message != told:
            say(message or "all is well")
            told = message


def _run_info(run: RunOnBus, config: Config, frame: ConfigFrame, note: str) -> RunInfo:
    symbol = frame.instrument.symbol
    profile = config.profile(frame.profile)
    return RunInfo(
        id=run.session,
        mode="live" if run.mode == "LIVE" else "replay",
        profile=frame.profile,
        symbol=symbol,
        underlying=profile.underlying_symbol or outright_root(symbol) or symbol,
        started_ns=int(np.frombuffer(frame.sessions, SESSION)["open_ns"][-1]),
        code_version=version("spymaster-tui"),
        config=plain_config(config),
        simulated=run.mode == "SIMULATED",
        note=note,
    )
