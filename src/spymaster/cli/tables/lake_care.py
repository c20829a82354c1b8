"""What ``lake doctor`` and ``lake retain`` do: say what is the matter, and let go of what a policy ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from spymaster.cli.failures import half_done
from spymaster.cli.tables.lake import open_lake
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.lake.doctor import examine
from spymaster.lake.policy import PROTECTED, Step, carry_out, plan

_MB: Final = 1_000_000


def run_doctor(config_path: Path | None, root: str | None, as_json: bool) -> int:
    """Print what is the matter, a line each, damage on stdout; returns the exit code. Raises LakeError."""
    lake = open_lake(config_path, root, warn=False)
    found = []
    for complaint in examine(lake):
        found.append(complaint)
        if not as_json:
            print(complaint, file=sys.stdout if complaint.is_damage else sys.stderr)
    damage = sum(complaint.is_damage for complaint in found)
    if as_json:
        report = {"runs": len(lake.runs), "damage": damage, "complaints": found}
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    notes = len(found) - damage
    print(f"{len(lake.runs)} runs: {damage or 'no'} damage, {notes or 'no'} notes", file=sys.stderr)
    return ExitCode.DATA if damage else os.EX_OK


class RetainAsked(msgspec.Struct, frozen=True):
    """What was asked for, as written; None: as configured."""

    root: str | None
    bronze_days: int | None
    gold_days: int | None
    also: tuple[str, ...]
    apply: bool


def run_retain(config_path: Path | None, asked: RetainAsked) -> int:
    """Print what goes and what stays, and let go of it if that is asked for. Raises UserError."""
    for word in asked.also:
        if word not in PROTECTED:
            raise UserError(f"--also {word}", "protects no run", f"use {' or '.join(PROTECTED)}", code=ExitCode.USAGE)
    keep = load_config(config_path).lake
    bronze = keep.keep_bronze_days if asked.bronze_days is None else asked.bronze_days
    gold = keep.keep_gold_days if asked.gold_days is None else asked.gold_days
    if not bronze and not gold:
        remedy = "give --bronze-days or --gold-days, or set [lake] keep_bronze_days and keep_gold_days"
        raise UserError("lake retain", "there is no limit", remedy, code=ExitCode.USAGE)
    lake = open_lake(config_path, asked.root)
    steps = plan(lake, time.time_ns(), bronze_days=bronze, gold_days=gold, also=asked.also)
    for step in steps:
        print(_line(step))
    going = [step for step in steps if not step.kept_because]
    size = f"{sum(step.files for step in going)} files, {sum(step.bytes for step in going) / _MB:,.1f} MB"
    if not asked.apply:
        print(f"{size} would go; nothing was changed, add --apply", file=sys.stderr)
        return os.EX_OK
    with half_done(f"{lake.storage.name}: not all of it is gone; run lake retain again, and lake doctor"):
        carry_out(lake, going)
    print(f"let go: {size}", file=sys.stderr)
    return os.EX_OK


def _line(step: Step) -> str:
    what = f"{step.run.run.id} {step.tier}: {step.files} files, {step.bytes / _MB:,.1f} MB"
    return f"{what}, stays: {step.kept_because}" if step.kept_because else f"{what}, goes"
