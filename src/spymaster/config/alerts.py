"""``[alerts]``: what rings, what is run, and rules of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from spymaster.config.fields import LevelKindName, choice, number, score, seconds, text, words
from spymaster.market.rows import BarrierState, Confidence, Signal

if TYPE_CHECKING:
    StateName = str
    SignalName = str
    ConfidenceName = str
else:
    StateName = Literal[tuple(BarrierState.__members__)]
    SignalName = Literal[tuple(Signal.__members__)]
    ConfidenceName = Literal[tuple(Confidence.__members__)]

TIME_SPAN = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"


class AlertCondition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must hold of a level at a snap: all that is given."""

    kinds: Annotated[tuple[LevelKindName, ...], choice("The level is of one of these kinds; empty for any.")] = ()
    levels: Annotated[
        tuple[str, ...],
        words("a list of ids such as VWAP or ROUND_4805", "The level has one of these ids; empty for any."),
    ] = ()
    states: Annotated[
        tuple[StateName, ...], choice("Its barrier is in one of these states; empty for any, a missing one included.")
    ] = ()
    signals: Annotated[tuple[SignalName, ...], choice("Its signal is one of these; empty for any.")] = ()
    score_above: Annotated[float, score("It has a score, and that is above this.")] | None = None
    score_below: Annotated[float, score("It has a score, and that is below this.")] | None = None
    confidence: Annotated[ConfidenceName, choice("The evidence weighs at least that much.")] = "LOW"
    distance: (
        Annotated[
            float,
            number(0, 1000, "ES points in es, SPY dollars in spy", "Price is at most this far from it, either side."),
        ]
        | None
    ) = None
    times: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=TIME_SPAN)], ...],
        words(
            'a list of spans such as "09:30-11:00"',
            "It is one of these times of day in New York; a span whose end is the earlier goes over midnight; "
            "empty for any.",
        ),
    ] = ()


class LevelRule(AlertCondition, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a level meets a rule: its conditions, how long they must hold, and when it may meet it again."""

    any: Annotated[
        tuple[AlertCondition, ...],
        words("a list of tables of conditions", "One of these holds as well, where there are any."),
    ] = ()
    none: Annotated[
        tuple[AlertCondition, ...], words("a list of tables of conditions", "And none of these holds.")
    ] = ()
    hold: Annotated[float, seconds(0, 3600, "It must hold for so long, in event time.")] = 0.0
    rest: Annotated[float, seconds(0, 86_400, "The same level raises it no sooner than so long after.")] = 60.0


class AlertRule(LevelRule, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[alerts.rules.NAME]``: when a level raises an alert of one's own, and what that does."""

    on: Annotated[bool, choice("Whether the rule is in force.")] = True
    bell: Annotated[bool, choice("Whether it rings the terminal's bell.")] = True
    notify: Annotated[bool, choice("Whether it asks the terminal for a desktop notification (OSC 9).")] = True
    command: Annotated[bool, choice("Whether it runs the command of [alerts].")] = False
    says: Annotated[
        str,
        text(
            r"^[^\x00-\x1f\x7f]{0,120}$",
            "a line of at most 120 characters",
            "none",
            "What it says, in place of the level's own facts.",
        ),
    ] = ""


RuleName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,23}$")]
RULE_NAME_FORM = "a letter, then letters, digits, - or _, at most 24 in all"


class Alerts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[alerts]``: what rings, what is run, and rules of one's own."""

    bell: Annotated[bool, choice("Ring the terminal's bell, for BREAK and REJECT and for rules.")] = True
    notify: Annotated[
        bool, choice("Ask the terminal for a desktop notification (OSC 9), for BREAK and REJECT and for rules.")
    ] = True
    in_replay: Annotated[
        bool, choice("Ring, notify and judge rules in replays too, as --alerts does for one replay.")
    ] = False
    snooze: Annotated[float, number(1, 1440, "min", "How long a snooze lasts, in the market's time.")] = 15.0
    command: Annotated[
        tuple[str, ...],
        words(
            'a list of words such as ["notify-send", "alert"]',
            "What a rule that asks for the command runs: a program and its arguments, without a shell. It is given the "
            "alert as JSON on its standard input; no key or token of the environment.",
        ),
    ] = ()
    command_limit: Annotated[
        float, seconds(0.1, 600, "The command and all it started are killed when they take longer.")
    ] = 10.0
    command_at_once: Annotated[
        int, number(1, 16, "processes", "As many run at a time; others wait, and beyond 64 waiting are dropped.")
    ] = 2
    rules: Annotated[
        dict[RuleName, AlertRule],
        words(f"a table of rules, each named by {RULE_NAME_FORM}", "Rules of one's own, by name."),
    ] = {}
