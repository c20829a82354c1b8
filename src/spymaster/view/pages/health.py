"""Session health: what of the inputs was sound since when, what was written and refused, how fast it went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from spymaster.alerts.standing import AlertStanding
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS
from spymaster.signals.frame import Frame, Header, InputTrust, RecordingLight
from spymaster.signals.header_parts import LATENCY_US, RATE_SPAN_S, GreeksCheck, ScoringHealth, SessionHealth
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.drawing.numbers import MISSING, age, clock, micros, percent, volume
from spymaster.view.drawing.plot import put_bars_up
from spymaster.view.edges.header import light
from spymaster.view.pages.blocks import Block, Fact, block_rows, columns_of, text_line
from spymaster.view.pages.coverage import input_rows

TAKEN: Final[Mapping[str, str]] = {
    "records": "records taken",
    "trades": "trades",
    "option_quotes": "option quotes",
    "option_trades": "option trades",
    "open_interest": "open interest",
    "option_cancels": "option trades cancelled",
    "bars": "minute bars",
    "late": "late, and counted where they belong",
    "jumps": "prices that jumped",
    "holes": "holes passed over",
}
"""What the engine counts of what it took."""

PASSED: Final[Mapping[str, str]] = {
    "other_instrument": "of other instruments",
    "trades_not_tape": "trades the depth carries too",
}
"""What it passed over, as it should."""

REFUSED: Final[Mapping[str, str]] = {
    "bad_time": "without usable time",
    "bad_price": "without usable price",
    "bad_size": "without usable size",
    "bad_action": "of unknown action",
    "far_price": "far from any price",
    "unordered_book": "books out of order",
    "late_bars": "minute bars too late",
    "bad_bars": "minute bars unusable",
    "bad_quotes": "quotes unusable",
    "bad_options": "option records unusable",
    "lost_cancels": "cancels of unknown trades",
}
"""What changed nothing, by its reason."""

_EVENTS: Final = 40


def health_rows(
    frame: Frame | None,
    screen: Sequence[Fact],
    width: int,
    glyphs: str = "unicode",
    alerts: AlertStanding | None = None,
) -> Rows:
    """Everything known about the Session. ``screen``: facts about the way to this terminal; ``alerts``: what one's own
    rules are at."""
    signs = SETS[glyphs]
    if frame is None:
        waiting = text_line("waiting for the Session", width, "muted")
        return (waiting, blank(width), *block_rows([Block("SCREEN", tuple(screen))], width))
    header, health = frame.header, frame.header.health
    rows: list[Row] = [*input_rows(frame, width, signs), blank(width)]
    _, each = columns_of(width)
    blocks = [_records(header, each, signs), _journal(header), _latency(header, each, signs)]
    blocks += [_balance(header), Block("SCREEN", tuple(screen)), _refused(health)]
    if alerts is not None:
        blocks.append(_alerts(alerts, frame.t_ns))
    if health.scoring is not None:
        blocks.append(_models(health.scoring))
    if header.greeks is not None:
        blocks.append(_greeks(header.greeks, frame.t_ns))
    rows += [*block_rows(blocks, width), blank(width), *_events(health, width, signs)]
    return tuple(rows)


def _counted(health: SessionHealth, words: Mapping[str, str], ink: str = "text") -> tuple[Fact, ...]:
    found = dict(health.counts)
    return tuple((word, f"{found[name]:,}", ink) for name, word in words.items() if found.get(name))


def _records(header: Header, width: int, signs: Glyphs) -> Block:
    health = header.health
    facts = [("per second", f"{header.records_per_s:,.0f}", "text")]
    facts += _counted(health, TAKEN) or [("records taken", f"{header.records:,}", "text")]
    facts += _counted(health, PASSED, "muted")
    return Block(
        "RECORDS",
        tuple(facts),
        f"{header.symbol or MISSING}, profile {header.profile}",
        below=_spark(health.rates, width, signs),
    )


def _spark(rates: Sequence[int], width: int, signs: Glyphs) -> Rows:
    """Records in spans of some seconds, two rows high."""
    if len(rates) < 2:
        return ()
    shown = rates[-(width - 1) :]
    lines = (Line(width), Line(width))
    top = max(shown) or 1
    for at, count in enumerate(shown):
        put_bars_up(lines, at, count / top, "dim:text", signs)
    foot = Line(width)
    foot.put(0, f"records in {RATE_SPAN_S} s each, up to {top:,}", "muted")
    return (lines[0].row(), lines[1].row(), foot.row())


def _journal(header: Header) -> Block:
    recording = header.recording
    facts: list[Fact] = []
    state, ink = _recording_state(header, recording)
    if recording.is_on or recording.fault:
        lost = recording.lost_records
        facts += [
            ("written", volume(recording.written_bytes), "text"),
            ("records lost", f"{lost:,}", "blind" if lost else "text"),
            _lake(recording),
        ]
        bus = recording.bus_fault or recording.bus or "not mirrored"
        facts.append(("bus", bus, "degraded" if recording.bus_fault else "text" if recording.bus else "muted"))
    else:
        facts.append(("written", "nothing: what is read is left as it is", "text"))
    facts.append(("signal hash", header.health.signal_hash or MISSING, "text"))
    facts.append(("message", header.message or "none", "text" if header.message else "muted"))
    return Block("JOURNAL", tuple(facts), state, ink)


def _recording_state(header: Header, recording: RecordingLight) -> tuple[str, str]:
    if recording.fault:
        return f"NOT RECORDING: {recording.fault}", "blind"
    if recording.is_on:
        return "writing", "green"
    return ("read only", "muted") if header.mode != "LIVE" else ("not recording", "muted")


def _lake(recording: RecordingLight) -> Fact:
    if recording.lake_fault:
        return ("lake", recording.lake_fault, "degraded")
    if recording.lake_lag_s:
        return ("lake", f"{age(round(recording.lake_lag_s * NS_PER_S))} behind the journal", "degraded")
    return ("lake", "up to date", "text")


def _latency(header: Header, width: int, signs: Glyphs) -> Block:
    """How long the latest snaps took, by bucket."""
    health = header.health
    total = sum(health.latency)
    right = f"one snap, the latest {total}" if total else "one snap"
    if not total:
        return Block("LATENCY", (("no snap yet", MISSING, "muted"),), right)
    rows = []
    names = [*(f"<{micros(each)}" for each in LATENCY_US), f">{micros(LATENCY_US[-1])}"]
    room = max(width - 9 - 8, 4)
    for at, (name, count) in enumerate(zip(names, health.latency, strict=True)):
        line = Line(width)
        line.right(7, name, "muted")
        cells = count / total * room
        line.put(9, signs.eighths[8] * int(cells) or (signs.eighths[1] if count else ""), _latency_ink(at))
        line.right(width - 1, percent(count / total) if count else signs.dot, "text" if count else "muted")
        rows.append(line.row())
    p50, p99 = (_below(health.latency, share) for share in (0.5, 0.99))
    facts = (("half of them", p50, "text"), ("99 in 100", p99, "text"), ("longest", micros(health.worst_us), "text"))
    return Block("LATENCY", facts, right, below=tuple(rows))


def _latency_ink(bucket: int) -> str:
    return "dim:wall" if bucket < len(LATENCY_US) - 1 else "degraded"


def _below(counts: Sequence[int], share: float) -> str:
    """The bucket's upper end that so large a share stays below."""
    wanted, so_far = share * sum(counts), 0
    for at, count in enumerate(counts):
        so_far += count
        if so_far >= wanted and at < len(LATENCY_US):
            return f"below {micros(LATENCY_US[at])}"
    return f"above {micros(LATENCY_US[-1])}"


def _balance(header: Header) -> Block:
    residual = header.residual_share
    ink = "text" if not math.isfinite(residual) else "green" if residual < 0.01 else "degraded"
    found = dict(header.health.counts)
    return Block(
        "MASS BALANCE",
        (
            ("unexplained, last 60 s", percent(residual), ink),
            ("fills of hidden size", percent(header.hidden_share), "text"),
            ("books out of order", f"{found.get('unordered_book', 0):,}", "text"),
            ("prices that jumped", f"{found.get('jumps', 0):,}", "text"),
        ),
        "added, pulled, filled against depth",
    )


def _refused(health: SessionHealth) -> Block:
    facts = _counted(health, REFUSED, "degraded")
    return Block("REFUSED", facts or (("every record could be used", "0", "green"),), "changed nothing, and why")


def _alerts(standing: AlertStanding, t_ns: int) -> Block:
    """The rules in force, what is silenced, and how their command fares."""
    rules = f"{standing.rules} in force" if standing.is_on else "not judged here; --alerts asks for them"
    facts: list[Fact] = [("rules", rules, "text")]
    if standing.fault:
        facts.append(("their file", standing.fault, "blind"))
    silent = [f"{one.words} to {clock(one.until_ns)}" for one in standing.snoozes if t_ns < one.until_ns]
    facts.append(("silenced", "; ".join(silent) or "nothing", "degraded" if silent else "text"))
    if standing.has_command or standing.ran:
        told = f"run {standing.ran} times, {standing.failed} failed, {standing.dropped} dropped"
        facts.append(("command", told, "degraded" if standing.failed or standing.dropped else "text"))
    if standing.last_failure:
        facts.append(("its last failure", standing.last_failure, "degraded"))
    return Block("ALERTS", tuple(facts), "rules of one's own")


def _greeks(check: GreeksCheck, t_ns: int) -> Block:
    """How far apart they are: the median of the absolute differences, and what nine in ten stay below."""
    facts: list[Fact] = [
        ("the vendor's snapshot", f"{age(max(t_ns - check.at_ns, 0))} old", "text"),
        ("contracts compared", f"{check.compared}", "text"),
        ("known to us alone, to the vendor alone", f"{check.only_ours}, {check.only_theirs}", "text"),
    ]
    for name, median, most in (
        ("delta", check.delta_median, check.delta_most),
        ("gamma", check.gamma_median, check.gamma_most),
        ("implied volatility", check.vol_median, check.vol_most),
    ):
        value = f"{median:.4f} median, {most:.4f} at 90 %" if math.isfinite(median) else MISSING
        facts.append((name, value, "text"))
    return Block("GREEKS", tuple(facts), "the vendor's against ours")


def _models(scoring: ScoringHealth) -> Block:
    """What models say: how much, how much was passed over, and whether it is written down."""
    if scoring.fault:
        return Block("MODELS", (("said", "nothing", "text"),), scoring.fault, "degraded")
    names = ", ".join(scoring.models)
    written = "yes" if scoring.is_written else scoring.log_fault or "no: nothing is recorded here"
    facts = [
        ("said", f"{scoring.said:,}", "text"),
        ("snaps passed over", f"{scoring.missed:,}", "degraded" if scoring.missed else "text"),
        ("written down", written, "degraded" if scoring.log_fault else "text"),
    ]
    if scoring.lost:
        facts.append(("decisions lost", f"{scoring.lost:,}", "blind"))
    if scoring.record:
        facts.append(("record", scoring.record, "degraded"))
    return Block("MODELS", tuple(facts), f"{names or 'loading'}, {scoring.mode}")


def _events(health: SessionHealth, width: int, signs: Glyphs) -> list[Row]:
    """Every change of an input's state that is still known, the newest first."""
    rows = [text_line("EVENTS", width, "muted", bold=True)]
    begun = {name: next((c for c in health.changes if c.input == name), None) for name in INPUTS}
    told = [change for change in health.changes if change is not begun[change.input]]
    for change in reversed(told[-_EVENTS:]):
        glyph, role = light(InputTrust(change.input, change.state, "", None), signs)
        line = Line(width)
        line.put(0, clock(change.t_ns), "muted")
        line.put(10, signs.gap if change.state == "GAP" else glyph, "blind" if change.state == "GAP" else role)
        said = f"{change.input} {change.state}" + (f": {change.reason}" if change.reason else "")
        line.put(12, clip(said, width - 12), "text")
        rows.append(line.row())
    if not told:
        rows.append(text_line("no input has changed its state", width, "muted"))
    return rows
