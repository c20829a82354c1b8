"""What a SOURCE is: DBN files, a folder of them, a recording, a session's own journal, or a lake, also in a bucket."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from spymaster.feeds.choice.discover import DBN_ENDINGS
from spymaster.feeds.dbn.vendor_folder import is_own_manifest
from spymaster.feeds.errors import SourceError
from spymaster.journal.format import segments_in
from spymaster.lake.storage.opening import bucket_url, open_storage
from spymaster.market.frames import ConfigFrame
from spymaster.market.manifest import RecordingManifest, load_manifest
from spymaster.market.params import PARAMS

if TYPE_CHECKING:
    from spymaster.lake.catalog import Lake, LakeRun
    from spymaster.lake.days.choice import Day
    from spymaster.session.sources.recorded import RecordedSource
    from spymaster.session.sources.replay_source import ReplayPlan

_JOURNAL_FOLDER: Final = "journal"
_LAKE_FOLDERS: Final = ("bronze", "runs")


class Form(enum.Enum):
    """How a recording stands on the disk."""

    FILES = "DBN files"
    JOURNAL = "a journal"
    LAKE = "a lake"


def form_of(sources: Sequence[Path]) -> Form:
    """What the sources named are. Raises SourceError for a folder that is none of them, and for a mixture."""
    forms = {_form_of(source) for source in sources}
    if len(forms) > 1 or (len(sources) > 1 and forms != {Form.FILES}):
        odd = next(source for source in sources if _form_of(source) is not Form.FILES)
        raise SourceError(odd, f"{_form_of(odd).value} is replayed alone", "leave the other sources out")
    return forms.pop() if forms else Form.FILES


def manifests_of(source: Path, s3_endpoint: str = "") -> tuple[RecordingManifest, ...]:
    """What a source says about itself: a recording's manifest, or those of the runs in a lake.

    ``s3_endpoint``: see ``open_storage``. Raises ManifestError, LakeError, and OSError where a bucket does not answer.
    """
    if _form_of(source) is Form.FILES:
        return (load_manifest(source),) if is_own_manifest(source) else ()
    from spymaster.lake.catalog import Lake

    is_journal = source.name == _JOURNAL_FOLDER and bucket_url(source) is None
    root = source.parent if is_journal else source
    return tuple(run.manifest for run in Lake(open_storage(root, s3_endpoint=s3_endpoint)).runs)


def open_source(plan: ReplayPlan) -> RecordedSource:
    """The sources of a plan, opened. Raises SourceError, JournalError or LakeError."""
    form = form_of(plan.sources)
    if plan.run is not None and form is not Form.LAKE:
        raise SourceError(plan.sources[0], f"is {form.value}, and only a lake has several runs", "leave --run out")
    if form is Form.FILES:
        from spymaster.session.sources.replay_source import ReplaySource

        return ReplaySource(plan)
    from spymaster.session.sources.recorded_order import bronze_in_recorded_order, journal_in_recorded_order

    (root,) = plan.sources
    if form is Form.JOURNAL:
        source = journal_in_recorded_order(journal_in(root) or root, plan)
        if plan.date is not None:
            _refuse_another_day(root, plan.date, source.first_ns, source.last_ns)
        _refuse_another_contract(root, plan, source.config_frame())
        return source
    from spymaster.lake.catalog import Lake

    lake = Lake(open_storage(root, s3_endpoint=plan.s3_endpoint))
    run = _run_that_counts(lake, plan)
    source = bronze_in_recorded_order(lake, run, plan)
    _refuse_another_contract(lake.storage.name, plan, source.config_frame())
    return source


def open_runs(plan: ReplayPlan) -> Iterator[tuple[str, RecordedSource]]:
    """(name, source) of every run that a plan's sources hold, oldest first: of a lake all of them, or that of the
    plan's date, of others the one.

    Each is opened when its turn comes. Raises SourceError, JournalError or LakeError.
    """
    if form_of(plan.sources) is not Form.LAKE or plan.date is not None:
        yield plan.sources[0].name, open_source(plan)
        return
    from spymaster.lake.catalog import Lake
    from spymaster.session.sources.recorded_order import bronze_in_recorded_order

    (root,) = plan.sources
    lake = Lake(open_storage(root, s3_endpoint=plan.s3_endpoint))
    lake.check_there_is_one()
    for run in lake.runs:
        yield run.run.id, bronze_in_recorded_order(lake, run, plan)


def interval_ns_of(config: ConfigFrame) -> int:
    """Time between two snaps under a CONFIG."""
    return int(np.frombuffer(config.params, PARAMS)["snap_interval_ns"][0])


def _form_of(source: Path) -> Form:
    if bucket_url(source) is not None:
        return Form.LAKE
    if not source.is_dir() or _holds_dbn(source):
        return Form.FILES
    if journal_in(source) is not None:
        return Form.JOURNAL
    if any((source / name).is_dir() for name in _LAKE_FOLDERS):
        return Form.LAKE
    return Form.FILES


def journal_in(folder: Path) -> Path | None:
    """The folder of the journal's segments, from the first of them on."""
    for candidate in (folder, folder / _JOURNAL_FOLDER):
        segments = segments_in(candidate)
        # with its first segments gone the rest of a journal is in the lake beside it
        if segments and (segments[0] == 1 or not any((folder / name).is_dir() for name in _LAKE_FOLDERS)):
            return candidate
    return None


def _holds_dbn(folder: Path) -> bool:
    return any(path.name.endswith(DBN_ENDINGS) for path in folder.iterdir())


def _refuse_another_day(root: Path, date: int, first_ns: int, last_ns: int) -> None:
    """A journal is of one session: raise SourceError where that is not the day asked for."""
    from spymaster.market.calendar_table import date_of
    from spymaster.market.sessions import et_stamp
    from spymaster.session.sources.trade_day import day_ns

    begin_ns, end_ns = day_ns(date)
    if first_ns >= end_ns or last_ns < begin_ns:
        remedy = f"leave --date out; its session goes from {et_stamp(first_ns)} to {et_stamp(last_ns)}"
        raise SourceError(root, f"holds nothing of {date_of(date)}", remedy)


def _refuse_another_contract(root: str | Path, plan: ReplayPlan, config: ConfigFrame) -> None:
    """A session is of one contract: raise SourceError where that is not what was asked for."""
    own = config.instrument
    if plan.symbol is not None and plan.symbol.upper() != own.symbol.upper():
        raise SourceError(root, f"is a session of {own.symbol}, not of {plan.symbol}", "leave --symbol out")
    if plan.publisher not in (None, own.publisher_id):
        problem = f"is a session of publisher {own.publisher_id}, not of {plan.publisher}"
        raise SourceError(root, problem, "leave --publisher out")


def runs_left_out(plan: ReplayPlan) -> tuple[str, ...]:
    """Of a lake that is replayed: which run counts and which others there are, a line each trade date with several."""
    if form_of(plan.sources) is not Form.LAKE or plan.run is not None:
        return ()
    from spymaster.lake.catalog import Lake

    lake = Lake(open_storage(plan.sources[0], s3_endpoint=plan.s3_endpoint))
    return tuple(str(day) for day in _days(lake, plan.date) if day.others)


def _run_that_counts(lake: Lake, plan: ReplayPlan) -> LakeRun:
    """The run of a lake that is replayed: of several on one trade date the one that counts in queries too."""
    from spymaster.market.calendar_table import date_of

    if plan.run is not None:
        return lake.run(plan.run)
    days = _days(lake, plan.date)
    if plan.date is None and len({day.run.name for day in days}) != 1:
        return lake.run()
    if days:
        return days[0].run
    known = sorted({str(run.manifest.start.date()) for run in lake.runs})
    held = ", ".join(known[-8:]) or "nothing"
    raise SourceError(
        lake.storage.name, f"no run on {date_of(plan.date or 0)}", f"name another --date; it holds {held} (UTC)"
    )


def _days(lake: Lake, date: int | None) -> tuple[Day, ...]:
    from spymaster.lake.days.choice import ALL_TIME, days_of
    from spymaster.session.sources.trade_day import day_ns

    return days_of(lake.runs, ALL_TIME if date is None else day_ns(date))
