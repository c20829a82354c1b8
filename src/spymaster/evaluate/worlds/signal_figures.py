"""The figures of ``evaluate signals`` over worlds, of the engine's signals or of another rule's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.mid_path import OUTCOME
from spymaster.evaluate.signal_outcomes import DISTANCES, VOLATILITIES, AlertRecord, BaseCounts, EpisodeRecord
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.world_record import ENGINE, WorldRecord

LEVELS_OF_A_DAY: Final = 15
"""Signals per hour are given over so many watched levels."""
_FEWEST_BASE: Final = 30.0
"""Snaps a distance and volatility needs for a base of its own; with fewer the straight line of a driftless walk."""
_LINE: Final = (np.arange(DISTANCES) + 1.0) / (2 * OUTCOME)
_SLOW_S: Final = 5.0
_FAST_S: Final = 2.0

Counts = Callable[[EpisodeRecord], bool]


class Judged(Protocol):
    """A world or a day of which is known what became of signals, and of price without them."""

    @property
    def alerts(self) -> dict[str, list[AlertRecord]]:
        """By rule."""
        ...

    @property
    def base(self) -> BaseCounts:
        """Of all snaps near prices."""
        ...


JudgedT = TypeVar("JudgedT", bound=Judged)


def signal_figures(pool: Pool[WorldRecord], rule: str = ENGINE) -> list[Figure]:
    """Every figure about the signals of a rule."""
    found = [
        *_of_vacuums(pool, rule),
        _followed(pool, rule, "CONSUMED -> BREAK", "CONSUMED", "breaks", lambda one: True, ">= 40 %"),
        _followed(pool, rule, "  of those that broke", "CONSUMED", "breaks", lambda one: one.broke),
        _followed(pool, rule, "WALL -> REJECT", "WALL", "rejects", lambda one: True, ">= 60 %"),
        _followed(pool, rule, "  of those price came to", "WALL", "rejects", lambda one: one.touched),
        _followed(pool, rule, "ABSORPTION -> REJECT", "ABSORPTION", "rejects", lambda one: True, ">= 50 %"),
        _followed(pool, rule, "  of those price came to", "ABSORPTION", "rejects", lambda one: one.touched),
        *_placebo(pool, rule),
    ]
    for signal, aim in (("BREAK", "<= 15"), ("REJECT", "<= 25")):
        rates = [
            (record.raised[rule][signal] * LEVELS_OF_A_DAY, record.hours * record.levels) for record in pool.records
        ]
        found.append(pool.share(f"{signal} an hour over 15 levels", rates, aim, is_share=False))
    for signal in ("BREAK", "REJECT"):
        found += rightness(pool, rule, signal)
    return found


def oracle_figures(pool: Pool[WorldRecord]) -> list[Figure]:
    """What the market's own futures knew at first touches: how often the likelier end came, and the Brier skill."""
    asked = [record.oracle for record in pool.records]
    right = [(sum((one.p_break > 0.5) == one.broke for one in own), len(own)) for own in asked]
    errors = [
        [sum((one.p_break - one.broke) ** 2 for one in own), len(own), sum(one.broke for one in own)] for own in asked
    ]
    return [
        pool.share("oracle at first touches: the likelier end came", right),
        pool.of_sums(
            "oracle at first touches: Brier skill",
            np.array(errors, np.float64).reshape(-1, 3),
            _skill,
            sum(map(len, asked)),
        ),
    ]


def _skill(sums: Any) -> float:
    error, n, broke = sums
    spread = broke * (n - broke) / n if n else 0.0
    return float(1.0 - error / spread) if spread else float("nan")


def _of_vacuums(pool: Pool[WorldRecord], rule: str) -> list[Figure]:
    def in_time(one: EpisodeRecord) -> bool:
        return any(at_s < (one.travel_s or 0.0) for at_s in one.breaks.get(rule, ()))

    groups: tuple[tuple[str, float, float, str], ...] = (
        ("VACUUM that broke -> BREAK before two points, 5 s or more", _SLOW_S, float("inf"), ">= 60 %"),
        ("  2 to 5 s", _FAST_S, _SLOW_S, ">= 30 %"),
        ("  less than 2 s", 0.0, _FAST_S, ""),
        ("  all", 0.0, float("inf"), ""),
    )
    found = []
    for name, low, high, aim in groups:
        own = [
            [e for e in record.episodes if e.kind == "VACUUM" and e.travel_s is not None and low <= e.travel_s < high]
            for record in pool.records
        ]
        found.append(pool.share(name, [(sum(map(in_time, one)), len(one)) for one in own], aim))
    leads = [
        [
            (e.travel_s or 0.0) - min(e.breaks[rule])
            for e in record.episodes
            if e.kind == "VACUUM" and e.broke and in_time(e)
        ]
        for record in pool.records
    ]
    found.append(pool.median("  seconds before two points through", leads))
    held = _followed(pool, rule, "VACUUM that did not break -> BREAK", "VACUUM", "breaks", lambda one: not one.broke)
    return [*found, held]


def _followed(
    pool: Pool[WorldRecord], rule: str, name: str, kind: str, which: str, counts: Counts, aim: str = ""
) -> Figure:
    """Episodes of a kind that a rule's signal followed while they worked or within 30 s."""
    pairs = []
    for record in pool.records:
        own = [one for one in record.episodes if one.kind == kind and counts(one)]
        pairs.append((sum(bool(getattr(one, which).get(rule)) for one in own), len(own)))
    return pool.share(name, pairs, aim)


def _placebo(pool: Pool[WorldRecord], rule: str) -> list[Figure]:
    """Placebo levels that had a signal, and those whose signal was wrong: price comes to these too, and breaks some."""
    any_pairs, wrong_pairs = [], []
    for record in pool.records:
        own = [one for one in record.episodes if one.kind == "PLACEBO"]
        said = [one for one in own if one.breaks.get(rule) or one.rejects.get(rule)]
        wrong = [
            one for one in said if (one.breaks.get(rule) and not one.broke) or (one.rejects.get(rule) and one.broke)
        ]
        any_pairs.append((len(said), len(own)))
        wrong_pairs.append((len(wrong), len(own)))
    return [
        pool.share("placebo -> either", any_pairs, "<= 5 %"),
        pool.share("  wrong: BREAK and it held, REJECT and it broke", wrong_pairs),
    ]


def rightness(pool: Pool[JudgedT], rule: str, signal: str) -> list[Figure]:
    """How often a signal was right, its base at the same distance and volatility, and what it adds to that."""
    own = [[a for a in record.alerts.get(rule, []) if a.signal == signal] for record in pool.records]
    judged = [[a for a in alerts if a.right is not None] for alerts in own]
    right = [(float(sum(bool(a.right) for a in alerts)), float(len(alerts))) for alerts in judged]
    tables = np.array([_cells(alerts) for alerts in judged], np.float64)
    hits = np.array([pair[0] for pair in right])
    base = np.array([_base_table(record) for record in pool.records], np.float64)
    # [worlds, 4, volatility, distance]: alerts, of these right, snaps that ended, of these beyond
    share_of_hits = np.zeros_like(tables)
    share_of_hits[:, 0, 0] = hits
    sums = np.concatenate([tables[:, None], share_of_hits[:, None], base], axis=1)
    count = int(sum(pair[1] for pair in right))
    aim = "lower end above 0" if signal == "BREAK" else ""
    late = [(float(sum(a.late for a in alerts)), float(len(alerts))) for alerts in own]
    after = [[a.after_s for a in alerts if a.after_s is not None] for alerts in judged]
    return [
        pool.share(f"{signal} right", right),
        pool.of_sums("  base at the same distance and volatility", sums, _base_of(signal), count),
        pool.of_sums("  right beyond the base", sums, _gain_of(signal), count, aim),
        pool.share("  raised when two points were gone", late),
        pool.median("  seconds before the outcome", after),
    ]


def _cells(alerts: Sequence[AlertRecord]) -> NDArray[np.float64]:
    table = np.zeros((VOLATILITIES, DISTANCES))
    for alert in alerts:
        table[alert.volatility, alert.past + OUTCOME - 1] += 1.0
    return table


def _base_table(record: Judged) -> NDArray[np.float64]:
    return np.array([record.base.ended, record.base.beyond], np.float64)


def _base_of(signal: str) -> Callable[[Any], float]:
    def base(sums: Any) -> float:
        alerts, _, ended, beyond = sums
        count = alerts.sum()
        if not count:
            return float("nan")
        known = np.where(ended >= _FEWEST_BASE, beyond / np.maximum(ended, 1.0), _LINE[None, :])
        chance = float((alerts * known).sum() / count)
        return chance if signal == "BREAK" else 1.0 - chance

    return base


def _gain_of(signal: str) -> Callable[[Any], float]:
    base = _base_of(signal)

    def gain(sums: Any) -> float:
        count = sums[0].sum()
        return float(sums[1].sum() / count - base(sums)) if count else float("nan")

    return gain
