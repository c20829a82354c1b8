"""``evaluate strategy``: a rule of RULE.toml traded on paper over sources, as text, JSON and a page of charts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from spymaster.atomic_output import write_whole
from spymaster.cli.request import Request, prepare
from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.strategy.day_trades import DayTrades, merged_days
from spymaster.evaluate.strategy.rule_file import StrategyRule, load_rule
from spymaster.evaluate.strategy.run_days import trade_days
from spymaster.evaluate.strategy.strategy_page import strategy_page
from spymaster.evaluate.strategy.strategy_report import strategy_report, strategy_text
from spymaster.session.progress import Progress
from spymaster.session.sources.forms import open_runs


def run_strategy(
    rule_file: Path,
    sources: Sequence[Path],
    config: Path | None,
    profile: str | None,
    *,
    as_json: bool,
    page: Path | None,
) -> None:
    """Print what the rule earned, and write its page. Raises UserError."""
    rule = load_rule(rule_file)
    days = days_of(rule, sources, config, profile)
    report = strategy_report(rule, days)
    if page is not None:
        _write(page, strategy_page(report, days))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        sys.stdout.flush()
    else:
        print(strategy_text(report))


def days_of(rule: StrategyRule, sources: Sequence[Path], config: Path | None, profile: str | None) -> list[DayTrades]:
    """What the rule did on each day of the sources. Files are one source together. Raises UserError."""
    folders = [(source,) for source in sources if source.is_dir()]
    files = tuple(source for source in sources if not source.is_dir())
    days: list[DayTrades] = []
    progress = Progress(sys.stderr, "evaluate strategy")
    try:
        for source in [*folders, *([files] if files else [])]:
            prepared = prepare(Request(sources=source, config=config, profile=profile, symbol=None))
            found, problems = trade_days(
                open_runs(prepared.plan),
                rule,
                simulated=prepared.simulated,
                tell=lambda name, share: progress.show(share, name),
            )
            days += found
            for line in problems:
                print(f"warning: {line}", file=sys.stderr)
    finally:
        progress.close()
    if not days:
        raise UserError(str(sources[0]), "holds no snap with a book", "name a recording with ES depth")
    try:
        return merged_days(days)
    except ValueError as error:
        problem = f"of session date {error} there are two runs of the same time"
        raise UserError("evaluate strategy", problem, "leave one of them out", code=ExitCode.DATA) from None


def _write(page: Path, text: str) -> None:
    try:
        write_whole(page, text.encode())
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise UserError(page, problem, "name a file in a folder that can be written to") from None
