"""What an audit says: counts by kind of record, where they differ, what that did to signals."""

from __future__ import annotations

import enum

import msgspec

from spymaster.market.manifest import AuditedFile


class What(enum.StrEnum):
    """How a record of one account stands to the other."""

    MISSED = "missed"
    """The vendor has it, the run has not."""
    IN_GAP = "missed in a gap"
    """The same, at a time that the run itself says it has nothing of."""
    LATE = "late"
    """The run has it, fetched later to fill a hole."""
    DOUBLED = "doubled"
    """The run has it more often than the vendor."""
    CHANGED = "changed"
    """Both have it, with other fields."""
    UNKNOWN = "unknown"
    """The run has it, the vendor has not."""


class Difference(msgspec.Struct, frozen=True):
    """One record. ``fields``: those that differ, of a changed one, each as ``name: lived, vendor's``."""

    kind: str
    what: What
    ts_recv_ns: int
    instrument_id: int
    sequence: int
    fields: tuple[str, ...] = ()


class MinuteLine(msgspec.Struct, frozen=True):
    """The differences of one kind in one minute. ``minute_ns``: its beginning; ``counts``: how many of each."""

    kind: str
    minute_ns: int
    counts: dict[str, int]


class KindLine(msgspec.Struct, frozen=True):
    """One kind: records that were ``compared`` (of the vendor's), ``counts`` of differences. ``not_compared``: the
    vendor's of instruments that were not recorded, or of another time; ``only_lived``: recorded ones of instruments or
    times that these files do not hold."""

    kind: str
    compared: int
    counts: dict[str, int]
    not_compared: int = 0
    only_lived: int = 0


class AlertLine(msgspec.Struct, frozen=True):
    """A signal that only one account raises."""

    level_id: str
    signal: str
    raised_ns: int


class SignalsChange(msgspec.Struct, frozen=True):
    """Both accounts played under the run's configuration, snap by snap. ``rows``: of levels, in both; ``differing``:
    of them with other bytes, or in one account alone. ``first``: where, of the first difference. ``lost``: alerts of
    the lived account alone, ``added``: of the vendor's. ``reason``: why they were not played, if they were not."""

    snaps: int = 0
    rows: int = 0
    differing: int = 0
    first: str = ""
    lost: tuple[AlertLine, ...] = ()
    added: tuple[AlertLine, ...] = ()
    reason: str = ""


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. ``left_out``: recorded kinds that no file is of, with their records; ``unlisted``: differences beyond
    those listed; ``problems``: what was wrong with the files."""

    run: str
    files: tuple[AuditedFile, ...]
    kinds: tuple[KindLine, ...]
    minutes: tuple[MinuteLine, ...]
    differences: tuple[Difference, ...]
    unlisted: int
    left_out: dict[str, int]
    signals: SignalsChange
    problems: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Differences of all kinds."""
        return {what.value: sum(line.counts.get(what, 0) for line in self.kinds) for what in What}

    @property
    def verdict(self) -> str:
        """``same``; ``known gaps`` where all that is missing is known or was fetched later; else ``differs``."""
        counts = self.counts
        if not any(counts.values()):
            return "same"
        known = {What.IN_GAP, What.LATE}
        return "differs" if any(count for what, count in counts.items() if what not in known) else "known gaps"
