"""RULE.toml: when a level is entered at, with what order, how it is left, how orders fare and what they cost."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from spymaster.config.alerts import LevelRule
from spymaster.config.checks import check_table
from spymaster.config.fields import choice, number, seconds, share, text
from spymaster.errors import ExitCode, UserError
from spymaster.practice.standing import MAX_SIZE, MAX_TICKS, PracticeRules


class EntryTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[entry]``: the order that enters."""

    trade: Annotated[
        Literal["fade", "follow"],
        choice("fade trades back from the level (at a resistance it sells), follow with a break of it."),
    ] = "fade"
    order: Annotated[Literal["market", "limit", "stop"], choice("The order that enters.")] = "market"
    offset: Annotated[
        int,
        number(
            -MAX_TICKS,
            MAX_TICKS,
            "ticks",
            "Where a limit or stop stands: so far beyond the level as price comes to it, negative in front of it.",
        ),
    ] = 0
    wait: Annotated[float, seconds(0.25, 3600, "An entry that nothing was filled of is cancelled after this.")] = 20.0
    size: Annotated[int, number(1, MAX_SIZE, "contracts", "Contracts of an entry.")] = 1


class BracketTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[bracket]``: how a position is left."""

    target: Annotated[int, number(1, MAX_TICKS, "ticks", "A limit so far from the entry.")] | None = None
    stop: Annotated[int, number(1, MAX_TICKS, "ticks", "A stop so far from the entry.")] | None = None
    time_limit: Annotated[
        float, seconds(1, 86_400, "So long after its first fill a position is left at the market.")
    ] = 300.0


class FillsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[fills]``: how paper orders fare; docs/practice.md 2 has the rules."""

    latency_ms: Annotated[
        float, number(0, 10_000, "ms", "From a snap to the venue, and from a fill to the orders that protect it.")
    ] = PracticeRules().latency_ms
    cancels_ahead: Annotated[
        float, share("1 spreads what is withdrawn at a price evenly over its queue, 0 takes all of it to be behind.")
    ] = PracticeRules().cancels_ahead


class CostsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[costs]``: what a contract costs and what a tick is worth, both in the same money."""

    commission: (
        Annotated[float, number(0, 1000, "money", "All fees of one contract and fill; in and out it comes twice.")]
        | None
    ) = None
    tick_value: Annotated[float, number(0.001, 100_000, "money", "What a tick of one contract is worth.")] | None = None


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole rule. ``when``: conditions as in ``[alerts.rules.NAME]``."""

    name: Annotated[
        str, text(r"^[^\x00-\x1f\x7f]{0,60}$", "a line of at most 60 characters", "none", "What reports call it.")
    ] = ""
    when: LevelRule = LevelRule()
    entry: EntryTable = EntryTable()
    bracket: BracketTable = BracketTable()
    fills: FillsTable = FillsTable()
    costs: CostsTable = CostsTable()


class StrategyRule(msgspec.Struct, frozen=True):
    """A rule that lacks nothing. ``commission`` of one contract and fill, ``tick_value`` of one: in the same money;
    ``stop``, ``target``: ticks from the entry; ``time_limit``: seconds from the first fill."""

    name: str
    when: LevelRule
    entry: EntryTable
    stop: int
    target: int
    time_limit: float
    practice: PracticeRules
    commission: float
    tick_value: float

    @property
    def commission_ticks(self) -> float:
        """What a contract costs in and out, in ticks."""
        return 2.0 * self.commission / self.tick_value


def load_rule(path: Path) -> StrategyRule:
    """Read a RULE.toml. Raises UserError: it names the file, the key and the remedy."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise UserError(path, problem, "check the path of the rule", code=ExitCode.USAGE) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(path, f"is not valid TOML ({error})", "mend it there", code=ExitCode.USAGE) from None
    check_table(str(path), table, RuleFile)
    return _complete(path, msgspec.convert(table, RuleFile, strict=True))


def _complete(path: Path, file: RuleFile) -> StrategyRule:
    """Nothing that decides the result has a default: what a trade may lose or win, and what it costs."""
    bracket, costs = file.bracket, file.costs
    if bracket.target is None or bracket.stop is None:
        raise _missing(path, "bracket", "target" if bracket.target is None else "stop")
    if costs.commission is None or costs.tick_value is None:
        raise _missing(path, "costs", "commission" if costs.commission is None else "tick_value")
    if file.when == LevelRule():
        problem, remedy = "says nothing, so every level would be entered at", "write conditions below [when]"
        raise UserError(f"{path}: when", problem, remedy, code=ExitCode.USAGE)
    return StrategyRule(
        name=file.name or path.stem,
        when=file.when,
        entry=file.entry,
        stop=bracket.stop,
        target=bracket.target,
        time_limit=bracket.time_limit,
        practice=PracticeRules(file.fills.latency_ms, file.fills.cancels_ahead),
        commission=costs.commission,
        tick_value=costs.tick_value,
    )


def _missing(path: Path, table: str, key: str) -> UserError:
    return UserError(f"{path}: {table}.{key}", "is not given", f"write it below [{table}]", code=ExitCode.USAGE)
