"""``record``: a replay written down as a live session would be: journal first, then a lake made of it."""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.cli.live.logs import log_limits, sidecar_watch
from spymaster.cli.live.metrics import metrics_served, session_figures
from spymaster.cli.request import Prepared, Request, parse_speed, prepare, refuse_recorded
from spymaster.errors import ExitCode, UserError
from spymaster.interrupts import Interrupted, held
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.progress import SidecarState, read_status
from spymaster.market.instruments import outright_root
from spymaster.physics.engine import SNAPS_PER_BLOCK, Engine
from spymaster.session.headless import RunTotals, drive, report
from spymaster.session.progress import Progress
from spymaster.session.record.recording import JOURNAL_FOLDER, RunRecording, new_run_id, plain_config
from spymaster.session.record.run_log import run_log
from spymaster.session.record.sidecar_watch import SidecarHealth
from spymaster.session.replay.pacing import Pacer
from spymaster.session.sources.replay_source import ReplaySource
from spymaster.signals.headless import HeadlessResult

_TIMEOUT_S = 120.0
"""How long the lake may stand still before we stop waiting for it; it is finished without us then."""

UNSEALED: Final = "if no sidecar is at work there, finish it with: record {} --finish"


class RecordReport(msgspec.Struct, frozen=True):
    """What was recorded. ``complete``: sealed with nothing missing; None where the lake is not finished yet.

    ``records``: written down, which may be a few more than ``replay`` computed when it was interrupted.
    """

    run: str
    out: str
    complete: bool | None
    records: int
    journal_bytes: int
    lost_records: int
    lake_files: int
    replay: HeadlessResult
    problem: str


def run_record(out: Path, request: Request, *, keep_journal: bool, as_json: bool) -> int:
    """Record a source; returns the exit code. Raises UserError."""
    refuse_recorded(request, "record")
    check_new(out)
    speed = parse_speed(request.speed, None)
    with half_done(f"{out}: nothing was recorded"):
        prepared = prepare(request)
        source = ReplaySource(prepared.plan)
        run = _run_info(prepared, source)
        totals = RunTotals(prepared.plan.profile.snap_ms * 1_000_000)
        engine = Engine(snaps_per_block=1 if speed is not None else SNAPS_PER_BLOCK)
    with half_done(f"{out}: {UNSEALED.format(out)}"):
        with held() as hold:
            config = prepared.config
            recording = RunRecording(
                out,
                run,
                clock_ns=source.begins_ns,
                delete_segments=not keep_journal,
                watch=sidecar_watch(config.log),
                may_compile=True,
            )
            stop = hold.take()
        started = time.perf_counter()
        figures = session_figures(None, lambda: recording)
        with run_log(log_limits(config.log)) as log, metrics_served(config.metrics, "record", figures, _say):
            log.begin(recording.journal)
            stop, late = _drive(source, engine, totals, recording, speed, stop)
            result = report(source, engine, totals, time.perf_counter() - started)
            health, late = finish_lake(recording, late)
    light = recording.light
    _print(
        RecordReport(
            run=run.id,
            out=str(out),
            complete=health.complete,
            records=recording.records,
            journal_bytes=light.written_bytes,
            lost_records=light.lost_records,
            lake_files=health.durable_files,
            replay=result,
            problem=str(stop or "") or light.fault or health.fault,
        ),
        prepared.simulated,
        as_json,
        recording.lake_goes_on,
    )
    if (ending := stop or late) is not None:
        return ending.exit_code
    if not health.complete:
        return ExitCode.FAILURE
    return ExitCode.DATA if source.is_torn else os.EX_OK


def _say(line: str) -> None:
    print(f"record: {line}", file=sys.stderr)


def finish_record(out: Path) -> int:
    """Bring a recording's journal into its lake, when both its recorder and its sidecar are gone.

    Returns the exit code. Raises JournalError where there is no journal or another process is at it.
    """
    from spymaster.lake.sidecar.process import finish

    with half_done(f"{out}: not finished; go on with: record {out} --finish"):
        complete = finish(out / JOURNAL_FOLDER)
    status = read_status(out / JOURNAL_FOLDER)
    why = f" ({status.reason})" if status is not None and status.reason else ""
    print(f"{out}: {'complete' if complete else f'finished, NOT COMPLETE{why}'}")
    return os.EX_OK if complete else ExitCode.FAILURE


def check_new(out: Path) -> None:
    """Raise UserError unless there is nothing at ``out`` yet."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    status = read_status(out / JOURNAL_FOLDER)
    unfinished = (out / JOURNAL_FOLDER).is_dir() and (status is None or status.state is not SidecarState.SEALED)
    if unfinished:
        remedy = f"finish it with: record {out} --finish"
        raise UserError(out, "holds a recording that is not finished", remedy, code=ExitCode.USAGE)
    raise UserError(out, "there is something already", "name a new folder", code=ExitCode.USAGE)


def _run_info(prepared: Prepared, source: ReplaySource) -> RunInfo:
    profile, symbol = prepared.plan.profile, source.instrument.symbol
    names = ", ".join(path.name for path in prepared.plan.sources)
    return RunInfo(
        id=new_run_id(time.time_ns()),
        mode="record",
        profile=profile.name,
        symbol=symbol,
        underlying=profile.underlying_symbol or outright_root(symbol) or symbol,
        started_ns=source.begins_ns,
        code_version=version("spymaster-tui"),
        config=plain_config(prepared.config),
        simulated=prepared.simulated,
        note=f"recorded from a replay of {names}",
    )


def _drive(
    source: ReplaySource,
    engine: Engine,
    totals: RunTotals,
    recording: RunRecording,
    speed: float | None,
    stop: Interrupted | None,
) -> tuple[Interrupted | None, Interrupted | None]:
    """Replay into the recording, unless a ``stop`` came before. Whatever happens, the journal is closed.

    Returns what stopped the replay, if anything did, and a signal that came while the journal was being closed.
    """
    progress = Progress(sys.stderr, "record")
    span = max(source.last_ns - source.first_ns, 1)
    told = ""

    def show(_: Engine) -> None:
        nonlocal told
        light = recording.light
        trouble = f"NOT RECORDING: {light.fault}" if light.fault else light.lake_fault
        if trouble and trouble != told:
            print(f"warning: {trouble}", file=sys.stderr)
        told = trouble
        progress.show(
            (totals.last_snap_ns - source.first_ns) / span, f"{light.written_bytes / 1e6:,.0f} MB in the journal"
        )

    def at_change(engine: Engine) -> None:
        totals.count(engine)
        recording.at_change()

    pacer = None if speed is None else Pacer(speed, time.monotonic_ns)
    problem = "stopped by an error"
    try:
        if stop is None:
            drive(source, engine, [totals], pacer=pacer, after_frame=show, tap=recording, at_change=at_change)
        problem = ""
    except Interrupted as interruption:
        stop = interruption
    finally:
        with held() as hold:
            progress.close()
            recording.close(problem=str(stop) if stop is not None else problem)
            late = hold.take()
    return stop, late


def finish_lake(recording: RunRecording, late: Interrupted | None) -> tuple[SidecarHealth, Interrupted | None]:
    """Wait for the lake. A signal, ``late`` or while waiting, ends the waiting; the sidecar goes on by itself."""
    progress = Progress(sys.stderr, "lake")
    whole = max(recording.light.written_bytes, 1)

    def show(health: SidecarHealth) -> None:
        behind = f"{health.behind_bytes / 1e6:,.0f} MB behind"
        progress.show(1.0 - health.behind_bytes / whole, health.fault or behind)

    try:
        if late is None:
            return recording.finish(_TIMEOUT_S, show), None
    except Interrupted as stop:
        late = stop
    finally:
        progress.close()
    return recording.look_now(), late


def _print(recorded: RecordReport, simulated: bool, as_json: bool, lake_goes_on: bool) -> None:
    for line in recorded.replay.problems:
        print(f"warning: {line}", file=sys.stderr)
    if recorded.complete is None:
        who = UNSEALED.format(recorded.out)
        if lake_goes_on:
            who = "the sidecar goes on without this command"
        print(f"warning: the lake is not finished; {who}", file=sys.stderr)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(recorded), indent=2).decode())
        return
    if simulated:
        print("SIMULATED data")
    state = "complete" if recorded.complete else "NOT COMPLETE"
    if recorded.complete is None and not recorded.problem:
        state = "not all in the lake yet"
    lost = f", {recorded.lost_records:,} lost" if recorded.lost_records else ""
    journal = Path(recorded.out) / JOURNAL_FOLDER
    print(f"run      {recorded.run}: {state}{f' ({recorded.problem})' if recorded.problem else ''}")
    print(f"records  {recorded.records:,} recorded{lost}; {recorded.replay.snaps:,} snaps")
    print(f"journal  {recorded.journal_bytes / 1e6:,.1f} MB through {journal}")
    print(f"lake     {recorded.lake_files:,} files in {recorded.out}")
    print(f"hash     {recorded.replay.signal_hash}")
