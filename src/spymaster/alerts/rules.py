"""From rules and what was, to what is raised and what ends at a snap. Pure: event time alone, memory apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import numpy as np

from spymaster.alerts.conditions import Moment, RuleCondition
from spymaster.alerts.standing import RuleAlert
from spymaster.config.alerts import AlertRule, Alerts
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.signals.words import CONFIDENCE_WORDS, DIRECTION_WORDS, SIGNAL_WORDS, STATE_WORDS

Key = tuple[str, str]
"""A rule's name and a level's id."""


class Rule:
    """One rule, ready to be asked."""

    def __init__(self, name: str, table: AlertRule) -> None:
        self.name = name
        self.table = table
        self.condition = RuleCondition(table)
        self.hold_ns = round(table.hold * NS_PER_S)
        self.rest_ns = round(table.rest * NS_PER_S)


def rules_of(alerts: Alerts) -> tuple[Rule, ...]:
    """The rules that are in force, by name."""
    return tuple(Rule(name, table) for name, table in sorted(alerts.rules.items()) if table.on)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the next snap must know. ``since``: since when a level meets a rule; ``on``: the alerts that are on;
    ``raised``: when a level last raised one, for as long as that matters."""

    since: Mapping[Key, int] = field(default_factory=dict)
    on: Mapping[Key, RuleAlert] = field(default_factory=dict)
    raised: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A snap judged: what to remember, what was raised at it, and which alerts ended at it."""

    memory: Memory
    raised: tuple[RuleAlert, ...] = ()
    ended: tuple[RuleAlert, ...] = ()


def step(rules: Iterable[Rule], memory: Memory, moment: Moment) -> Step:
    """Judge one snap, later than the one before it.

    A rule is raised once a level has met it for its ``hold``, and again only after the level has ceased to meet it and
    ``rest`` has passed since. An alert ends at the first snap at which its level does not meet the rule, or is not
    published.
    """
    t_ns = moment.t_ns
    since: dict[Key, int] = {}
    on: dict[Key, RuleAlert] = {}
    last = dict(memory.raised)
    raised: list[RuleAlert] = []
    rests: dict[str, int] = {}
    for rule in rules:
        rests[rule.name] = rule.rest_ns
        for place in np.flatnonzero(rule.condition.met(moment)).tolist():
            key = (rule.name, moment.ids[place])
            since[key] = memory.since.get(key, t_ns)
            known = memory.on.get(key)
            if known is not None:
                on[key] = known
            elif t_ns - since[key] >= rule.hold_ns and t_ns - last.get(key, t_ns - rule.rest_ns) >= rule.rest_ns:
                on[key] = _alert(rule, moment, place)
                raised.append(on[key])
                last[key] = t_ns
    ended = tuple(msgspec.structs.replace(one, ended_ns=t_ns) for key, one in memory.on.items() if key not in on)
    kept = {key: at for key, at in last.items() if key in on or t_ns - at < rests.get(key[0], 0)}
    return Step(Memory(since, on, kept), tuple(raised), ended)


def _alert(rule: Rule, moment: Moment, place: int) -> RuleAlert:
    row, level_id = moment.rows[place], moment.ids[place]
    score = float(row["score"])
    direction = DIRECTION_WORDS[1 if row["direction"] > 0 else -1]
    alert = RuleAlert(
        id=f"{rule.name}:{level_id}:{moment.t_ns}",
        rule=rule.name,
        t_ns=moment.t_ns,
        level_id=level_id,
        kind=LevelKind(int(row["kind"])).name,
        price=float(row["price"]),
        distance=float(row["distance"]),
        direction=direction,
        state=STATE_WORDS[int(row["barrier_state"])],
        signal=SIGNAL_WORDS[int(row["signal"])],
        score=None if np.isnan(score) else score,
        confidence=CONFIDENCE_WORDS[int(row["confidence_label"])],
        says="",
        bell=rule.table.bell,
        notify=rule.table.notify,
        command=rule.table.command,
    )
    return msgspec.structs.replace(alert, says=rule.table.says or _facts(alert))


def _facts(alert: RuleAlert) -> str:
    """What a rule without words of its own says."""
    parts = [alert.state.lower() if alert.state != "MISSING" else "out of view"]
    if alert.signal != "NEUTRAL":
        parts.insert(0, alert.signal)
    if alert.score is not None:
        parts.append(f"score {alert.score:.0f}")
    parts.append(f"{alert.distance:.2f} away")
    return ", ".join(parts)
