"""What the ``dataset`` commands do: prepare the sources, build, check, print."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.cli.failures import half_done
from spymaster.cli.learn.dataset_worlds import WorldRequest, build_world
from spymaster.cli.request import Request, prepare
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.worlds.figure_text import aligned
from spymaster.lake.storage.files import S3_SCHEME
from spymaster.learn.dataset.build import SetBuild
from spymaster.learn.dataset.card import card_text
from spymaster.learn.dataset.findings import Finding, failed
from spymaster.learn.dataset.inputs import RunRequest, runs_of
from spymaster.learn.dataset.promote import promote, promoted_sets, versions
from spymaster.learn.dataset.run_build import STAGES, RunRecord
from spymaster.learn.dataset.set_manifest import SetManifest, read_set_manifest
from spymaster.learn.dataset.validate import validate
from spymaster.learn.world_sessions import MARKETS, world_sessions


class Asked(NamedTuple):
    """What a set is to be made of: recordings that are there, or worlds to be simulated."""

    recordings: Sequence[RunRequest]
    worlds: Sequence[WorldRequest]

    def build(self, build: SetBuild, workers: int) -> Iterator[RunRecord]:
        """All of it, in order."""
        if self.worlds:
            return build.work(build_world, self.worlds, workers)
        return build.runs(self.recordings, workers)

    @property
    def total(self) -> int:
        """How many runs."""
        return len(self.recordings) + len(self.worlds)


def asked_for(
    sources: Sequence[Path],
    config: Path | None,
    profile: str | None,
    *,
    worlds: int,
    seeds_from: str,
    minutes: float,
    market: str,
) -> Asked:
    """Every run of the sources, or so many worlds of each market. Raises UserError."""
    if bool(sources) == bool(worlds):
        remedy = "name recordings, or say how many with --worlds"
        raise UserError("--worlds", "either recordings or worlds are needed, and not both", remedy, code=ExitCode.USAGE)
    if not worlds:
        return Asked(requests_of(sources, config, profile), ())
    if market not in (*MARKETS, "both"):
        remedy = f"there are {', '.join(MARKETS)}, and both"
        raise UserError(f"--market {market}", "there is no such market", remedy, code=ExitCode.USAGE)
    if profile is not None:
        remedy = "leave --profile out"
        raise UserError("--profile", "a simulated world has a profile of its own", remedy, code=ExitCode.USAGE)
    sessions = world_sessions(worlds, seeds_from, minutes, MARKETS if market == "both" else (market,))
    return Asked((), [WorldRequest(session, config) for session in sessions])


def run_build(asked: Asked, out: Path, *, workers: int, all_hours: bool, as_json: bool) -> None:
    """Build, saying of each run what came of it, and of the whole what each stage took. Raises UserError."""
    unfinished = f"{out}: not finished; run the same command again to go on, or delete it"
    with half_done(unfinished), SetBuild(out, all_hours=all_hours) as build:
        records = []
        for number, record in enumerate(asked.build(build, workers), 1):
            print(f"{number} of {asked.total}: {_run_line(record)}", file=sys.stderr)
            for line in record.problems:
                print(f"warning: {record.name}: {line}", file=sys.stderr)
            records.append(record)
        manifest = build.finish(records)
    seconds = {stage: sum(one.seconds[stage] for one in records if not one.was_there) for stage in STAGES}
    if as_json:
        _print_json({"set": manifest, "seconds": seconds})
    else:
        print("\n".join(_built_text(out, manifest, seconds)))


def requests_of(sources: Sequence[Path], config: Path | None, profile: str | None) -> list[RunRequest]:
    """Every run of the sources: each folder is one, files that were named one together. Raises UserError."""
    folders = [(source,) for source in sources if source.is_dir()]
    files = tuple(source for source in sources if not source.is_dir())
    found: list[RunRequest] = []
    for group in [*folders, *([files] if files else [])]:
        prepared = prepare(Request(sources=group, config=config, profile=profile, symbol=None))
        title = prepared.manifests[0].name if len(prepared.manifests) == 1 else group[0].resolve().name.split(".")[0]
        found += runs_of(title, prepared.plan, simulated=prepared.simulated)
    return found


def run_validate(folder: Path, against: Path | None, as_json: bool) -> int:
    """Print what the checks say. Raises UserError where the set cannot be read."""
    findings = validate(folder, against)
    if as_json:
        _print_json(findings)
    else:
        print("\n".join(_finding_lines(findings)))
    return ExitCode.DATA if failed(findings) else ExitCode.OK


def run_promote(folder: Path, name: str, config: Path | None, lake: str | None) -> None:
    """Check against the version before, and keep. Raises UserError."""
    root = _lake_root(config, lake)
    known = versions(root, name)
    findings = validate(folder, known[-1][1] if known else None)
    place = promote(folder, root, name, findings)
    for one in findings:
        if one.grade != "ok":
            print(f"{one.grade}: {one.check}: {one.said}", file=sys.stderr)
    print(place)


def run_card(folder: Path, out: str) -> None:
    """Print the card, made anew from the rows. Raises UserError."""
    text = card_text(folder, read_set_manifest(folder))
    if out == "-":
        print(text, end="")
    else:
        write_whole(out, text.encode())


def run_list(config: Path | None, root: str | None, as_json: bool) -> None:
    """One line each. Raises UserError."""
    where = Path(root) if root is not None else _lake_root(config, None)
    if not where.is_dir():
        raise UserError(where, "is no folder", "name a lake or a folder of data sets", code=ExitCode.USAGE)
    found = list(promoted_sets(where))
    if as_json:
        _print_json([{"path": str(place), "set": manifest} for place, manifest in found])
        return
    if not found:
        print(f"{where}: no data set", file=sys.stderr)
        return
    head = ["name", "id", "rows", "attempts", "dates", "runs"]
    print("\n".join(aligned([head, *(_list_cells(place, manifest) for place, manifest in found)])))


def _lake_root(config: Path | None, lake: str | None) -> Path:
    where = lake or load_config(config).lake.path
    if not where:
        remedy = "give its root with --lake, or set [lake] path in the configuration"
        raise UserError("lake", "none was named", remedy, code=ExitCode.USAGE)
    if where.startswith(S3_SCHEME):
        raise UserError(where, "data sets are kept on this machine", "name a folder with --lake", code=ExitCode.USAGE)
    return Path(where)


def _run_line(record: RunRecord) -> str:
    rows, attempts = sum(part.rows for part in record.parts), sum(part.attempts for part in record.parts)
    dates = len(record.parts)
    there = "already there, " if record.was_there else ""
    return f"{record.name}, {there}{rows:,} rows of {attempts:,} attempts on {dates} date{'s' if dates != 1 else ''}"


def _built_text(out: Path, manifest: SetManifest, seconds: dict[str, float]) -> list[str]:
    kind = "SIMULATED, " if manifest.simulated else ""
    runs = len(manifest.inputs)
    lines = [
        f"{out}: {kind}{manifest.id}, {manifest.rows:,} rows of {manifest.attempts:,} attempts "
        f"out of {runs} run{'s' if runs != 1 else ''}"
    ]
    total = sum(seconds.values())
    rows = [[stage, f"{took:.1f}", f"{took / total:.0%}" if total else "-"] for stage, took in seconds.items()]
    lines += ["", *aligned([["stage", "seconds of a processor", "share"], *rows])]
    if manifest.excluded:
        lines += ["", *aligned([["left out", "count"], *([why, f"{n:,}"] for why, n in manifest.excluded.items())])]
    return lines


def _finding_lines(findings: Sequence[Finding]) -> list[str]:
    width = max(len(one.check) for one in findings)
    grades = Counter(one.grade for one in findings)
    lines = [f"{one.grade.value:8}{one.check:{width}}  {one.said}" for one in findings]
    return [*lines, "", ", ".join(f"{count} {grade.value}" for grade, count in grades.items())]


def _list_cells(place: Path, manifest: SetManifest) -> list[str]:
    dates = len({part.date for part in manifest.parts})
    return [
        manifest.name or place.name,
        manifest.id,
        f"{manifest.rows:,}",
        f"{manifest.attempts:,}",
        f"{dates:,}",
        f"{len(manifest.inputs):,}",
    ]


def _print_json(value: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()
