"""Reports over worlds: both markets side by side, each group of worlds, and every world by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from spymaster.evaluate.worlds.figure_text import aligned, figure_table, figure_value
from spymaster.evaluate.worlds.pool import Figure, Pool
from spymaster.evaluate.worlds.signal_figures import oracle_figures, signal_figures
from spymaster.evaluate.worlds.state_figures import state_figures
from spymaster.evaluate.worlds.world_record import ENGINE, RULES, WorldRecord

Figures = Callable[[Pool[WorldRecord]], list[Figure]]
GROUPS: Final[tuple[tuple[str, Callable[[WorldRecord], bool]], ...]] = (
    ("with options", lambda one: one.has_options),
    ("without options", lambda one: not one.has_options),
    ("profile es", lambda one: one.profile == "es"),
    ("profile spy", lambda one: one.profile == "spy"),
    ("fast", lambda one: one.is_fast),
    ("slow", lambda one: not one.is_fast),
)
_HEADLINES: Final = (
    "macro-F1",
    "direction agrees",
    "CONSUMED recall, .5 to 1 points past",
    "VACUUM recall, .5 to 1 points past",
    "false VACUUM, WALL or CONSUMED at placebo",
    "VACUUM that broke -> BREAK before two points, 5 s or more",
    "  2 to 5 s",
    "CONSUMED -> BREAK",
    "WALL -> REJECT",
    "ABSORPTION -> REJECT",
    "placebo -> either",
    "  wrong: BREAK and it held, REJECT and it broke",
    "BREAK an hour over 15 levels",
    "REJECT an hour over 15 levels",
    "BREAK right",
    "  right beyond the base",
)
"""What is printed of each group and each world; the first of a name that occurs twice."""


class MarketReport(msgspec.Struct, frozen=True):
    """One market. ``figures``: of all its worlds; ``groups``: by group; ``rules``: of other rules for
    signals. ``silent_beyond``: worlds whose truth decides nothing beyond levels.
    ``processor_s``: what they took in all."""

    market: str
    worlds: int
    hours: float
    snaps: int
    planted: dict[str, int]
    episodes: dict[str, int]
    fast_worlds: int
    silent_beyond: int
    processor_s: float
    figures: list[Figure]
    groups: dict[str, list[Figure]]
    by_world: dict[str, list[Figure]]
    rules: dict[str, list[Figure]]


class WorldsReport(msgspec.Struct, frozen=True):
    """What ``evaluate states`` and ``evaluate signals`` print over worlds. ``seeds_from``: where the seeds are from."""

    what: str
    seeds_from: str
    engine: str
    markets: list[MarketReport]


def worlds_report(what: str, records: Sequence[WorldRecord], seeds_from: str) -> WorldsReport:
    """``what``: states or signals."""
    markets = list(dict.fromkeys(record.market for record in records))
    engine = records[0].engine if records else ""
    return WorldsReport(
        what, seeds_from, engine, [_market(what, one, [r for r in records if r.market == one]) for one in markets]
    )


def _market(what: str, market: str, records: list[WorldRecord]) -> MarketReport:
    figures: Figures = state_figures if what == "states" else signal_figures
    pool = Pool(records)
    own = figures(pool)
    rules = {}
    if what == "signals":
        own += oracle_figures(pool) if any(record.oracle for record in records) else []
        for rule in RULES:
            if rule != ENGINE and all(rule in record.raised for record in records):
                rules[rule] = signal_figures(pool, rule)
    groups = {name: figures(Pool(part)) for name, has in GROUPS if (part := [one for one in records if has(one)])}
    return MarketReport(
        market=market,
        worlds=len(records),
        hours=sum(record.hours for record in records),
        snaps=sum(record.states.directions[1] for record in records),
        planted=_summed([record.planted for record in records]),
        episodes=_summed([_kinds(record) for record in records]),
        fast_worlds=sum(record.is_fast for record in records),
        processor_s=round(sum(record.seconds.get("processor", 0.0) for record in records), 1),
        silent_beyond=sum(not record.tells_beyond for record in records),
        figures=own,
        groups=groups,
        by_world={record.name: figures(Pool([record])) for record in records},
        rules=rules,
    )


def _kinds(record: WorldRecord) -> dict[str, int]:
    kinds = [one.kind for one in record.episodes]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _summed(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: total for name in names if (total := sum(part.get(name, 0) for part in parts))}


def worlds_text(report: WorldsReport) -> str:
    """The report for people."""
    lines = [f"SIMULATED: {report.seeds_from}; sources {report.engine}"]
    for one in report.markets:
        planted = ", ".join(f"{count} {kind}" for kind, count in one.planted.items())
        episodes = ", ".join(f"{count} {kind}" for kind, count in one.episodes.items())
        lines += [
            f"{one.market}: {one.worlds} worlds ({one.fast_worlds} fast), {one.hours:.2f} h, {one.snaps:,} snaps near",
            f"  planted: {planted}",
            f"  at work: {episodes}",
            f"  took {one.processor_s:,.0f} s of a processor",
        ]
        if one.silent_beyond:
            lines.append(f"  the truth of {one.silent_beyond} decides nothing beyond levels: simulate anew for it")
    titles = [one.market for one in report.markets]
    lines += figure_table(["all worlds", *titles, "aim"], [one.figures for one in report.markets], with_aims=True)
    for one in report.markets:
        lines += _short(f"{one.market} by group", one.groups)
        rules = {ENGINE: one.figures, **one.rules}
        if one.rules:
            lines += figure_table([f"{one.market} by rule", *rules], list(rules.values()))
        lines += _short(f"{one.market} by world", one.by_world)
    return "\n".join(lines)


def _short(title: str, parts: dict[str, list[Figure]]) -> list[str]:
    """The headlines of several sets of figures, a line each; columns are numbered below the table's title."""
    if not parts:
        return []
    first = next(iter(parts.values()))
    names = [name for name in _HEADLINES if any(figure.name == name for figure in first)]
    keys = [f"{k + 1}: {name.strip()}" for k, name in enumerate(names)]
    rows = [
        [part, *(figure_value(next(figure for figure in figures if figure.name == name)) for name in names)]
        for part, figures in parts.items()
    ]
    head = [title, *(str(k + 1) for k in range(len(names)))]
    return ["", *aligned([head, *rows]), *keys]
