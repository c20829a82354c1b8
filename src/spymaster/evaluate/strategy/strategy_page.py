"""The report as a page: one SVG file that holds all it needs, for any browser and for print."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from spymaster.evaluate.strategy.day_trades import DayTrades, SideTrades
from spymaster.evaluate.strategy.strategy_report import StrategyReport, date_text, verdict
from spymaster.evaluate.worlds.pool import Figure

_WIDTH: Final = 1000
_LEFT: Final = 60
_RIGHT: Final = _WIDTH - 60
_LINE: Final = 20
_OWN: Final = "#0b62a8"
_OTHER: Final = "#c8641e"
_INK: Final = "#20242a"
_FAINT: Final = "#d5d9de"
_MUTED: Final = "#5d6670"
_MOST_BARS: Final = 40
_STYLE: Final = (
    "text{font-family:Helvetica,Arial,'DejaVu Sans',sans-serif;font-size:13px;fill:" + _INK + "}"
    ".title{font-size:22px;font-weight:bold}.head{font-size:15px;font-weight:bold}"
    ".small{font-size:11px;fill:" + _MUTED + "}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".simulated{font-weight:bold;fill:#a02020}"
)


def strategy_page(report: StrategyReport, days: Sequence[DayTrades]) -> str:
    """The whole file. ``days``: those the report is about."""
    page = _Page()
    _heading(page, report)
    _intervals(page, report)
    _course(page, report, days)
    _results(page, report, days)
    _words(page, "What it says", verdict(report))
    _words(page, "What this does not know", report.unknown)
    return page.svg(f"{report.rule}: a rule on paper")


class _Page:
    """Pieces of a page, from top to bottom. ``y``: where the next one begins."""

    def __init__(self) -> None:
        self.y = 44.0
        self._pieces: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = "", fill: str = "") -> None:
        """Words whose baseline is at ``y``."""
        attributes = (f' class="{kind}"' if kind else "") + (f' style="fill:{fill}"' if fill else "")
        self._pieces.append(f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0) -> None:
        """A straight line."""
        self._pieces.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width:g}"/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> None:
        """A filled rectangle."""
        self._pieces.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}" '
            f'fill-opacity="{opacity:g}"/>'
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        """A point that is a figure."""
        self._pieces.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>')

    def path(self, points: Iterable[tuple[float, float]], colour: str, dash: str = "") -> None:
        """A line through points."""
        where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._pieces.append(f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>')

    def svg(self, title: str) -> str:
        """All of it."""
        height = math.ceil(self.y + 20)
        size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
            f"<title>{escape(title)}</title><style>{_STYLE}</style>"
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
        )
        return "\n".join([head, *self._pieces, "</svg>", ""])


class _Scale:
    """Numbers along a side of a chart, zero always among them."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        low, high = min([0.0, *values]), max([0.0, *values])
        self.step = _step(high - low)
        self._low = math.floor(low / self.step) * self.step
        self._high = max(math.ceil(high / self.step) * self.step, self._low + self.step)
        self._begin, self._end = begin, end

    def at(self, value: float) -> float:
        """Where a number is."""
        return self._begin + (value - self._low) / (self._high - self._low) * (self._end - self._begin)

    def ticks(self) -> list[float]:
        """Round numbers from one end to the other."""
        count = round((self._high - self._low) / self.step)
        return [self._low + k * self.step for k in range(count + 1)]


def _step(span: float) -> float:
    """A round distance of which about six make the span."""
    raw = max(span, 1e-6) / 6.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if power * factor >= raw)


def _heading(page: _Page, report: StrategyReport) -> None:
    page.text(_LEFT, page.y, report.rule, "title")
    if report.simulated:
        page.text(_RIGHT, page.y, "SIMULATED MARKET", "simulated end")
    days = f"{report.days} day{'s' if report.days != 1 else ''}"
    page.y += 26
    page.text(
        _LEFT,
        page.y,
        f"{days}, {date_text(report.first)} to {date_text(report.last)}, {report.hours:.1f} h with a book; "
        f"{report.own.trades:,} brackets at levels, {report.placebo.trades:,} at prices like any other",
    )
    for line in report.says:
        page.y += _LINE
        page.text(_LEFT, page.y, line, fill=_MUTED)
    page.y += 34


def _intervals(page: _Page, report: StrategyReport) -> None:
    """Each figure with its interval, levels above other prices."""
    rows: list[tuple[str, Figure, str]] = []
    for title, name in (("the mid moved its way", "market"), ("fills cost", "fills"), ("net of all costs", "net")):
        rows.append((title, getattr(report.own, name), _OWN))
        rows.append(("", getattr(report.placebo, name), _OTHER))
    rows.append(("levels beyond other prices", report.beyond, _INK))
    ends = [end for _, figure, _ in rows for end in (figure.value, figure.low, figure.high) if end is not None]
    scale = _Scale(ends, 290.0, 740.0)
    page.text(_LEFT, page.y, "Ticks a contract, with 90 % intervals by day", "head")
    _legend(page, _RIGHT, page.y)
    top = page.y + 16
    bottom = top + 26 * len(rows)
    for tick in scale.ticks():
        page.line(scale.at(tick), top, scale.at(tick), bottom, _INK if abs(tick) < 1e-9 else _FAINT)
        page.text(scale.at(tick), bottom + 16, f"{tick:g}", "small middle")
    for k, (title, figure, colour) in enumerate(rows):
        y = top + 26 * k + 14
        page.text(_LEFT, y + 4, title)
        if figure.value is None:
            page.text(_RIGHT, y + 4, "no bracket", "end", _MUTED)
            continue
        words = f"{figure.value:+.2f}"
        if figure.low is not None and figure.high is not None:
            page.line(scale.at(figure.low), y, scale.at(figure.high), y, colour, 3)
            words += f" [{figure.low:+.2f}, {figure.high:+.2f}]"
        page.dot(scale.at(figure.value), y, colour)
        page.text(_RIGHT, y + 4, words, "end")
    page.y = bottom + 52


def _legend(page: _Page, right: float, y: float) -> None:
    page.rect(right - 250, y - 10, 12, 12, _OWN)
    page.text(right - 233, y, "at levels", fill=_MUTED)
    page.rect(right - 165, y - 10, 12, 12, _OTHER)
    page.text(right - 148, y, "at prices like any other", fill=_MUTED)


def _course(page: _Page, report: StrategyReport, days: Sequence[DayTrades]) -> None:
    """What was earned, day after day, and what as many brackets at other prices would have on average."""
    fee, value = report.commission_ticks, report.tick_value
    own, other = [0.0], [0.0]
    each = report.placebo.net.value
    for day in days:
        own.append(own[-1] + value * sum((t.result - fee) * t.contracts for t in day.own.trades))
        other.append(other[-1] + value * (each or 0.0) * day.own.contracts)
    page.text(_LEFT, page.y, "Net in money, day after day", "head")
    page.text(_RIGHT, page.y, "dashed: as many contracts at prices like any other", "end", _MUTED)
    top, bottom = page.y + 16, page.y + 216
    scale = _Scale([*own, *(other if each is not None else [])], bottom, top)
    left = _LEFT + 50
    for tick in scale.ticks():
        page.line(left, scale.at(tick), _RIGHT, scale.at(tick), _INK if abs(tick) < 1e-9 else _FAINT)
        page.text(left - 8, scale.at(tick) + 4, f"{tick:,.0f}", "small end")
    step = (_RIGHT - left) / max(len(days), 1)
    if each is not None:
        page.path(((left + k * step, scale.at(sum_of)) for k, sum_of in enumerate(other)), _OTHER, "6 4")
    page.path(((left + k * step, scale.at(sum_of)) for k, sum_of in enumerate(own)), _OWN)
    page.text(left, bottom + 16, "begin", "small")
    page.text(_RIGHT, bottom + 16, f"after {len(days)} day{'s' if len(days) != 1 else ''}", "small end")
    page.y = bottom + 52


def _results(page: _Page, report: StrategyReport, days: Sequence[DayTrades]) -> None:
    """How brackets ended: the share of each result, levels beside other prices."""
    sides = [(_nets([day.own for day in days], report), _OWN), (_nets([day.placebo for day in days], report), _OTHER)]
    every = [net for nets, _ in sides for net in nets]
    page.text(_LEFT, page.y, "Results of brackets, net ticks a contract, share of each", "head")
    if not every:
        page.text(_LEFT, page.y + _LINE, "No bracket ended by itself.", fill=_MUTED)
        page.y += 52
        return
    low, high = math.floor(min(every)), math.ceil(max(every)) + 1
    wide = max(1, math.ceil((high - low) / _MOST_BARS))
    count = -(-(high - low) // wide)
    shares = [[sum(math.floor((net - low) / wide) == k for net in nets) / max(len(nets), 1) for k in range(count)]
              for nets, _ in sides]  # fmt: skip
    top, bottom = page.y + 16, page.y + 176
    scale = _Scale([share for own in shares for share in own], bottom, top)
    left = _LEFT + 50
    for tick in scale.ticks():
        page.line(left, scale.at(tick), _RIGHT, scale.at(tick), _FAINT)
        page.text(left - 8, scale.at(tick) + 4, f"{100 * tick:.0f}%", "small end")
    step = (_RIGHT - left) / count
    for (_, colour), own, shift in zip(sides, shares, (0.08, 0.5), strict=True):
        for k, share in enumerate(own):
            page.rect(left + (k + shift) * step, scale.at(share), 0.42 * step, bottom - scale.at(share), colour)
    every_nth = max(1, -(-count // 20))
    for k in range(0, count + 1, every_nth):
        page.text(left + k * step, bottom + 16, f"{low + k * wide:d}", "small middle")
    page.line(left, bottom, _RIGHT, bottom, _INK)
    page.y = bottom + 52


def _nets(sides: Sequence[SideTrades], report: StrategyReport) -> list[float]:
    return [trade.result - report.commission_ticks for side in sides for trade in side.trades]


def _words(page: _Page, title: str, lines: Sequence[str]) -> None:
    page.text(_LEFT, page.y, title, "head")
    page.y += 6
    for line in lines:
        for k, part in enumerate(textwrap.wrap(line, 128)):
            page.y += _LINE - 1
            page.text(_LEFT + (16 if k else 0), page.y, part)
    page.y += 36
