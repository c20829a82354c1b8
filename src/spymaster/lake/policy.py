"""Letting go of Bronze and Gold by policy, each after its own time. A last copy stays until it was audited."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from spymaster.lake.catalog import BRONZE, GOLD, Lake, LakeRun
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import RunStatus, encode_manifest

UNSEALED: Final = "unsealed"
UNAUDITED: Final = "unaudited"
PROTECTED: Final = (UNSEALED, UNAUDITED)
"""What is said of a run whose last copy stays unless that is told not to matter."""

_DAY_NS: Final = 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Step:
    """One tier of one run whose time is over. ``kept_because``: why it stays all the same, empty where it goes."""

    run: LakeRun
    tier: str
    kept_because: str = ""

    @property
    def files(self) -> int:
        """How many files it has."""
        return len(self.run.files(self.tier))

    @property
    def bytes(self) -> int:
        """Their size."""
        return sum(file.bytes for file in self.run.files(self.tier))


def plan(
    lake: Lake, now_ns: int, *, bronze_days: int = 0, gold_days: int = 0, also: Collection[str] = ()
) -> tuple[Step, ...]:
    """Every tier whose time is over, oldest run first; 0 days is no end. ``also``: of ``PROTECTED``, what may go too.

    The last copy of an unsealed or unaudited run stays: Bronze, where no other sealed run of the lake holds the same
    time; Gold, where besides its own Bronze does not stay, from which it could be made anew.
    """
    steps: list[Step] = []
    going: set[tuple[str, str]] = set()
    for run in lake.runs:
        if run.manifest.run is None:
            continue
        for tier, days in ((BRONZE, bronze_days), (GOLD, gold_days)):
            if days and run.files(tier) and run.manifest.end_ns < now_ns - days * _DAY_NS:
                why = _protection(lake.runs, run, tier, going, also)
                steps.append(Step(run, tier, why))
                if not why:
                    going.add((run.name, tier))
    return tuple(steps)


def carry_out(lake: Lake, steps: Iterable[Step]) -> None:
    """Let go of what a plan says goes. A manifest stops naming files before they go, so that it never names one that is
    not there; what an interruption leaves belongs to no run and is found by ``lake doctor``. Raises OSError."""
    by_run: dict[str, list[Step]] = {}
    for step in steps:
        if not step.kept_because:
            by_run.setdefault(step.run.name, []).append(step)
    for own in by_run.values():
        _let_go(lake, own[0].run, [step.tier for step in own])


def _protection(
    runs: Sequence[LakeRun], run: LakeRun, tier: str, going: Collection[tuple[str, str]], also: Collection[str]
) -> str:
    """Why a tier stays although its time is over; empty where nothing protects it."""
    states = [UNSEALED] if run.run.status is not RunStatus.SEALED else []
    states += [] if run.run.audits else [UNAUDITED]
    states = [state for state in states if state not in also]
    if not states:
        return ""
    if tier == GOLD and run.files(BRONZE) and (run.name, BRONZE) not in going:
        return ""
    staying = [other for other in runs if other.name != run.name and (other.name, tier) not in going]
    if any(_covers(other, run, tier) for other in staying):
        return ""
    return f"the run is {' and '.join(states)}, and there is no other copy"


def _covers(other: LakeRun, run: LakeRun, tier: str) -> bool:
    """Whether another run holds the same time, complete."""
    manifest = other.manifest
    is_complete = other.run.status is RunStatus.SEALED and bool(other.files(tier))
    return is_complete and manifest.start_ns <= run.manifest.start_ns and manifest.end_ns >= run.manifest.end_ns


def _let_go(lake: Lake, run: LakeRun, tiers: Sequence[str]) -> None:
    manifest, own = run.manifest, run.manifest.run
    assert own is not None
    gone = [file for tier in tiers for file in run.files(tier)]
    names = {file.path for file in gone}
    left = tuple(file for file in manifest.files if file.path not in names)
    own = msgspec.structs.replace(own, let_go=tuple(sorted({*own.let_go, *tiers})))
    lake.storage.put(run.name, encode_manifest(msgspec.structs.replace(manifest, files=left, run=own)))
    for file in gone:
        lake.storage.remove(file.path)
