"""Which days the sources of a plan hold, and what tells the content of each from any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from spymaster.config.profiles import EsProfile
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.choice.discover import discover
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.vendor_folder import is_own_manifest
from spymaster.feeds.errors import SourceError
from spymaster.journal.format import segment_path, segments_in
from spymaster.lake.catalog import BRONZE, Lake, LakeRun
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.calendar_table import date_of
from spymaster.market.instruments import FUTURES_CALENDAR
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus, load_manifest
from spymaster.market.sessions import sessions_between
from spymaster.research.content import ContentIndex, digest_of
from spymaster.research.day import Day
from spymaster.research.plan import Plan
from spymaster.session.sources.forms import Form, form_of, manifests_of, open_source
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.session.sources.trade_day import day_ns, files_of_day

_FILES: Final = "files"
"""The name of the files that a plan names one by one, which are one source together."""


class Found(NamedTuple):
    """The days of a plan by date and name, a line for each thing that was passed over, and one for each source that
    cannot be used."""

    days: tuple[Day, ...]
    notes: tuple[str, ...]
    refused: tuple[str, ...]


def days_of(plan: Plan, index: ContentIndex) -> Found:
    """All days of a plan's sources, within its dates. Raises UserError where there is none."""
    finder = _Finder(plan, index)
    files = tuple(path for path in plan.sources if not path.is_dir())
    days: list[Day] = []
    refused: list[str] = []
    for group in [*((path,) for path in plan.sources if path.is_dir()), *([files] if files else [])]:
        try:
            days += [day for day in finder.of_source(group) if plan.wants(day.date)]
        except UserError as error:
            refused.append(str(error))
    if not days:
        said = [*refused, *finder.notes]
        why = f" ({said[0]})" if said else ""
        raise UserError(plan.path, f"its sources hold no day{why}", "name others, or other dates", code=ExitCode.DATA)
    once = {day.inputs: day for day in reversed(days)}
    for day in days:
        if once[day.inputs] is not day:
            finder.notes.append(f"{day.name}: {date_of(day.date)} is that of {once[day.inputs].name}, and counts once")
    kept = sorted(once.values(), key=lambda day: (day.date, day.name, day.run))
    return Found(tuple(kept), tuple(finder.notes), tuple(refused))


class _Finder:
    """Looks through sources. ``notes``: what was passed over."""

    def __init__(self, plan: Plan, index: ContentIndex) -> None:
        self._plan, self._index = plan, index
        self._warmup = index.of_files((file.name, file) for path in plan.warmup for file in _files_below(path))
        self.notes: list[str] = []

    def of_source(self, paths: tuple[Path, ...]) -> Iterator[Day]:
        form = form_of(paths)
        if form is Form.LAKE:
            yield from self._of_lake(paths[0])
        elif form is Form.JOURNAL:
            yield self._of_journal(paths[0])
        else:
            yield from self._of_files(paths)

    def _day(self, paths: Sequence[Path], date: int, form: Form, content: object, **about: Any) -> Day:
        day = Day(
            name=self._name(paths),
            date=date,
            form=form,
            paths=tuple(map(str, paths)),
            inputs="",
            symbol=self._plan.symbol,
            warmup=tuple(map(str, self._plan.warmup)),
        )
        day = msgspec.structs.replace(day, **about)
        counts = (content, self._warmup, date if day.is_part else 0, msgspec.to_builtins(day.levels), day.symbol or "")
        return msgspec.structs.replace(day, inputs=digest_of(form.value, day.simulated, day.profile, *counts))

    def _name(self, paths: Sequence[Path]) -> str:
        """A source as the plan's reader knows it."""
        if not paths[0].is_dir():
            return _FILES
        folder = self._plan.folder
        return paths[0].relative_to(folder).as_posix() if paths[0].is_relative_to(folder) else str(paths[0])

    def _of_lake(self, root: Path) -> Iterator[Day]:
        lake = Lake(LocalStorage(root))
        lake.check_there_is_one()
        self.notes += lake.problems
        for run in lake.runs:
            if run.run.status is RunStatus.OPEN:
                self.notes.append(f"{root}: run {run.run.id} is still being recorded")
                continue
            yield self._of_run(root, run)

    def _of_run(self, root: Path, run: LakeRun) -> Day:
        manifest = run.manifest
        content = sorted((file.path, file.sha256) for file in run.files(BRONZE))
        date = _dates(manifest.start_ns, manifest.end_ns)[0]
        about = {"run": run.run.id, "profile": manifest.profile, "simulated": manifest.simulated}
        return self._day((root,), date, Form.LAKE, content, **about)

    def _of_journal(self, root: Path) -> Day:
        source = open_source(ReplayPlan(sources=(root,), profile=EsProfile(), as_recorded=True))
        folder = root if segments_in(root) else root / "journal"
        segments = [segment_path(folder, number) for number in segments_in(folder)]
        content = self._index.of_files((path.name, path) for path in segments)
        simulated = any(manifest.simulated for manifest in manifests_of(root))
        about = {"profile": source.config_frame().profile, "simulated": simulated}
        return self._day((root,), _dates(source.first_ns, source.last_ns)[0], Form.JOURNAL, content, **about)

    def _of_files(self, paths: tuple[Path, ...]) -> Iterator[Day]:
        found = discover(paths)
        self.notes += found.skipped
        own = load_manifest(paths[0]) if paths[0].is_dir() and is_own_manifest(paths[0]) else None
        about: dict[str, Any] = {}
        if own is not None:
            about = {"profile": own.profile, "levels": own.user_levels, "simulated": own.simulated}
        bars = [file for file in found.files if file.kind is Kind.BAR]
        records = [file for file in found.files if file.kind is not Kind.BAR]
        dates = sorted({date for file in records if _begins(file) for date in _dates(_begins(file), file.end_ns)})
        is_part = own is None or len(dates) > 1
        for date in dates:
            try:
                files = _of_date(records, date) if is_part else records
            except SourceError as error:
                self.notes.append(str(error))
                continue
            yield self._of_date(paths, date, [*files, *bars], {**about, "is_part": is_part})

    def _of_date(self, named: Sequence[Path], date: int, files: Sequence[DbnFile], about: dict[str, Any]) -> Day:
        content = [
            [file.path.name, self._index.sha256_of(file.path), msgspec.to_builtins(file.notes, str_keys=True)]
            for file in sorted(files, key=lambda file: file.path.name)
        ]
        day = self._day([file.path for file in files], date, Form.FILES, content, **about)
        return msgspec.structs.replace(day, name=self._name(named))


def _begins(file: DbnFile) -> int:
    return file.first_ns or file.header.start_ns


def _of_date(files: Sequence[DbnFile], date: int) -> list[DbnFile]:
    """The files of a trade date. What tells about instruments counts up to its end: a later day changes no earlier."""
    _, end_ns = day_ns(date)
    return [file for file in files_of_day(files, date) if _begins(file) < end_ns]


def _dates(first_ns: int, end_ns: int) -> list[int]:
    """The trade dates (yyyymmdd) with a session between two times, ns; of a time without one the next."""
    last_ns = max(end_ns - 1, first_ns)
    sessions = sessions_between(FUTURES_CALENDAR, first_ns, last_ns)
    within = sessions[(sessions["open_ns"] <= last_ns) & (sessions["close_ns"] > first_ns)]
    if not len(within):
        within = sessions[sessions["open_ns"] > first_ns][:1]
    return [int(date) for date in within["session_date"]]


def _files_below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = [*path.iterdir(), *(file for folder in path.iterdir() if folder.is_dir() for file in folder.iterdir())]
    return sorted(file for file in below if file.is_file() and not file.name.startswith("."))
