"""Two configurations over the same records: where their signals differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, Final

import msgspec

from spymaster.errors import ExitCode, UserError
from spymaster.market.frames import ConfigFrame
from spymaster.market.levels import level_id
from spymaster.market.rows import Signal
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.sources.forms import interval_ns_of
from spymaster.session.sources.recorded import RecordedSource
from spymaster.signals.hash import SignalHash
from spymaster.signals.headless import SignalTally
from spymaster.signals.words import SIGNAL_WORDS

_QUIET: Final = int(Signal.NEUTRAL)


class Difference(msgspec.Struct, frozen=True):
    """A level's spell of different signals. ``signal_a``, ``signal_b``: null where it was not published; scores are
    those at the beginning, null where there was none. ``to_ns`` is the first snap at which they agree again."""

    level: str
    from_ns: int
    to_ns: int
    signal_a: str | None
    signal_b: str | None
    score_a: float | None
    score_b: float | None


class Side(msgspec.Struct, frozen=True):
    """What one of the two configurations published."""

    name: str
    snaps: int
    signals: int
    alerts: int
    signal_hash: str


class Comparison(msgspec.Struct, frozen=True):
    """Two runs over the same records, and where their signals differ, by time."""

    a: Side
    b: Side
    snaps_that_differ: int
    differences: tuple[Difference, ...]
    problems: tuple[str, ...]


_Said = Mapping[str, tuple[int, float]]
"""Level id -> (signal, score) at one snap."""


class _Runner:
    """One configuration on its way."""

    def __init__(self, name: str, config: ConfigFrame) -> None:
        self.name = name
        self.engine = Engine()
        self._ids = tuple(level.id for level in config.user_levels)
        self._hash = SignalHash()
        self._tally = SignalTally()
        self._own = config
        self._begun = False
        list(self.engine.feed(config))

    def begin(self, frame: ConfigFrame) -> None:
        """A CONFIG of the source: the first is this one's own; a further one, where the contract changes, is taken
        under this one's configuration."""
        if self._begun:
            own = self._own
            same = {"profile": own.profile, "params": own.params, "user_levels": own.user_levels}
            list(self.engine.feed(msgspec.structs.replace(frame, **same)))
        self._begun = True

    def said(self, blocks: Iterator[SnapBlock]) -> dict[int, _Said]:
        """What is said of every level, by snap."""
        told: dict[int, _Said] = {}
        for block in blocks:
            self._hash.update(block)
            self._tally.update(block)
            for k in range(len(block.snaps)):
                rows = block.rows[k, : int(block.snaps["levels"][k])]
                told[int(block.snaps["t_ns"][k])] = self._of_snap(rows)
        return told

    def side(self) -> Side:
        """The sums."""
        tally = self._tally
        return Side(self.name, tally.snaps, tally.signals, tally.alerts, self._hash.hexdigest())

    def _of_snap(self, rows: Any) -> _Said:
        columns = (rows[name].tolist() for name in ("kind", "price", "user_index", "signal", "score"))
        return {
            level_id(int(kind), price, int(ordinal), self._ids): (int(signal) if signal == signal else _QUIET, score)
            for kind, price, ordinal, signal, score in zip(*columns, strict=True)
        }


def compare(
    source: RecordedSource,
    configs: tuple[ConfigFrame, ConfigFrame],
    names: tuple[str, str],
    after_frame: Callable[[int], None] = lambda t_ns: None,
) -> Comparison:
    """Run both over the source at once. ``after_frame`` is told how far they are, ns. Raises UserError."""
    if interval_ns_of(configs[0]) != interval_ns_of(configs[1]):
        raise UserError(
            "--compare", "snap_ms differs between the two configurations", "give both the same", code=ExitCode.USAGE
        )
    one, other = (_Runner(name, config) for name, config in zip(names, configs, strict=True))
    spells = _Spells()
    with closing(source.frames()) as frames:
        for frame in frames:
            if isinstance(frame, ConfigFrame):
                one.begin(frame)
                other.begin(frame)
                continue
            spells.add_snap(one.said(one.engine.feed(frame)), other.said(other.engine.feed(frame)))
            after_frame(spells.last_ns)
    spells.add_snap(one.said(one.engine.finish()), other.said(other.engine.finish()))
    source.close()
    return Comparison(one.side(), other.side(), spells.snaps, spells.finished(), source.problems)


class _Spells:
    """Follows, snap by snap, on which levels two runs disagree."""

    def __init__(self) -> None:
        self.snaps = 0
        self.last_ns = 0
        self._open: dict[str, Difference] = {}
        self._closed: list[Difference] = []

    def add_snap(self, a: Mapping[int, _Said], b: Mapping[int, _Said]) -> None:
        """Let in the snaps of one frame."""
        for t_ns in sorted(a.keys() & b.keys()):
            self._snap(t_ns, a[t_ns], b[t_ns])
            self.last_ns = t_ns

    def finished(self) -> tuple[Difference, ...]:
        """All spells, by time."""
        self._close(self.last_ns, self._open.keys())
        return tuple(sorted(self._closed, key=lambda spell: (spell.from_ns, spell.level)))

    def _snap(self, t_ns: int, a: _Said, b: _Said) -> None:
        different: dict[str, tuple[str | None, str | None]] = {}
        for level in a.keys() | b.keys():
            one, other = (said[level][0] if level in said else None for said in (a, b))
            if one != other and not {one, other} <= {None, _QUIET}:
                different[level] = (_word(one), _word(other))
        self.snaps += bool(different)
        known = {level: (spell.signal_a, spell.signal_b) for level, spell in self._open.items()}
        self._close(t_ns, [level for level, words in known.items() if different.get(level) != words])
        for level, (word_a, word_b) in different.items():
            if level not in self._open:
                scores = (_score(said[level][1]) if level in said else None for said in (a, b))
                self._open[level] = Difference(level, t_ns, t_ns, word_a, word_b, *scores)

    def _close(self, t_ns: int, levels: Iterable[str]) -> None:
        for level in tuple(levels):
            self._closed.append(msgspec.structs.replace(self._open.pop(level), to_ns=t_ns))


def _word(signal: int | None) -> str | None:
    return None if signal is None else SIGNAL_WORDS[signal]


def _score(score: float) -> float | None:
    return None if score != score else round(score, 3)
