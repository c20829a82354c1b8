"""Every word and abbreviation the screens print, with what it means: one table, in groups as the screen has panels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from spymaster.market.levels import LevelKind

Words = tuple[tuple[str, str], ...]
"""(what is printed, what it means); several forms of one word are separated by commas."""

LEVEL_MEANINGS: Final[Mapping[str, str]] = {
    "USER": "a level of your own",
    "ROUND": "a round price",
    "STRIKE": "a strike of the options that expire today",
    "VWAP": "average price of the regular session, by volume",
    "SESSION_HIGH": "highest price of the session so far",
    "SESSION_LOW": "lowest price of the session so far",
    "PM_HIGH": "highest price before the opening",
    "PM_LOW": "lowest price before the opening",
    "OR_HIGH": "highest price of the opening range",
    "OR_LOW": "lowest price of the opening range",
    "ON_HIGH": "highest price overnight",
    "ON_LOW": "lowest price overnight",
    "PD_HIGH": "highest price of the day before",
    "PD_LOW": "lowest price of the day before",
    "PD_CLOSE": "close of the day before",
    "SMA_200": "average of the last 200 two-minute bars",
    "SMA_400": "average of the last 400 two-minute bars",
    "CALL_WALL": "strike at which calls weigh most",
    "PUT_WALL": "strike at which puts weigh most",
    "GAMMA_FLIP": "price at which dealers' gamma changes its sign",
    "POC": "price at which most was traded this session",
    "VAH": "upper end of where seven tenths were traded",
    "VAL": "lower end of where seven tenths were traded",
}
"""By the names of ``LevelKind``."""

_HEADER: Final[Words] = (
    ("SPY, ES, ESZ6", "the share, the future, its contract: last prices"),
    ("ES/SPY", "how many ES points one SPY dollar is now"),
    ("ET", "the time in New York"),
    ("O, H, L", "the session's first, highest and lowest price"),
    ("since, on close, on settle", "what the net change is counted from; settle is the future's settlement"),
    ("RTH, opens, after hours", "regular trading hours: for how long, or when"),
    ("LIVE", "the market now"),
    ("REPLAY, SIMULATED, SIM, REC", "recorded, or made up; beside it how fast"),
    ("STARTING, COMPILING", "the engine is not ready; the market is shown"),
    ("paused, seeking, ended, max", "how a replay stands, in place of its speed"),
    ("ATTACHED, LOST", "the session runs elsewhere; it cannot be reached"),
    ("age", "how old that is which comes from elsewhere"),
    ("snap", "how long one calculation of everything took"),
    ("screen, scr", "how old this picture is on your terminal"),
    ("B/s, kB/s, MB/s", "what this picture costs your connection"),
    ("kB, MB, GB, TB", "how much has been written down"),
    ("REC, NOT RECORDING, not recording, read only", "whether this is being written down"),
    ("DEPTH, TAPE, OPT, EQ", "the inputs: book, trades, options, share"),
    ("D, T, O, E", "the same where there is little room"),
    ("rec, sim", "an input from a recording, or simulated"),
    ("old, closed by peer, not configured", "why an input's light is not green"),
    ("mass balance, residual", "share of the book's changes nobody can explain"),
    ("hidden", "share of the fills that hit size not displayed"),
    ("ms, s, m, min, h, d", "milliseconds, seconds, minutes, hours, days"),
    ("k, M, bn", "thousands, millions, billions"),
)

_MARKET: Final[Words] = (
    ("HEATMAP, HEAT", "resting size by price and time, the newest right"),
    ("state", "the layer of barrier states in the heatmap"),
    ("p5, p95", "percentiles of depth that end the scale of colours"),
    ("s/col", "seconds in one column"),
    ("gap", "a hole in the data, with its length"),
    ("now, stopped", "where time stands, or stood when the data ended"),
    ("LADDER", "the book, a row a price"),
    ("BID, PRICE, ASK", "size of buyers, price, size of sellers"),
    ("±10s", "added less pulled in that time; trades are left out"),
    ("VOL, V", "contracts traded at the price this session"),
    ("SOLD, BGHT, DELTA", "of them sold, bought, and the difference"),
    ("tick/row", "prices in one row"),
    ("Σ, Σ10, lv", "the sums of the columns, and of the ten levels"),
    ("STALE", "nothing arrived for so long: do not trust it"),
    ("TAPE", "orders as they were sent, put together again"),
    ("size, lvl", "contracts of an order, prices it took"),
    ("delta, day, trade", "bought less sold: lately, this session, each trade"),
)

_SIGNALS: Final[Words] = (
    ("score, S", "0 to 100: above 80 breaks, below 20 holds, 50 neither"),
    ("BREAK", "price should go through the level"),
    ("REJECT, REJ", "price should turn back at it"),
    ("CONTEST", "large orders eat it, it is refilled: undecided"),
    ("no signal, none", "nothing is expected of the level now"),
    ("CONF, HIGH, MED, LOW", "how much evidence the score rests on"),
    ("P", "weight of the barrier's state"),
    ("FORCES, Barrier, Fuel, Tape", "what pushes the score, points from 50"),
    ("break", "chance of a break as a model sees it, points away"),
    ("MODEL, bounce", "what a model says: price beyond first, or back first"),
    ("said, before, came, never", "what came of it whenever it said so before"),
    ("[ ], n, base", "95 % interval, how often it said so, share anyway"),
    ("points beyond, or back, first", "how far price has to go for either"),
    ("in shadow", "said then, and shown to nobody"),
    ("no record yet", "nothing it said before has been decided"),
    ("collecting", "decided attempts so far; no number before enough"),
    ("LEARNT ON SIMULATED MARKETS", "it has seen no real market"),
    ("price is near, at contact, after contact", "where the attempt stood when it spoke"),
    ("LIKE THIS ONE, Enter goes there", "past attempts most like it; m chooses"),
    ("broke, bounced, neither, unseen", "what came of them, and how soon"),
    ("B, F, T", "the same: right pushes to BREAK, left to REJECT"),
    ("LEVELS, LEVEL, SIGNAL", "the table of levels, the nearest first"),
    ("FOCUS", "the level nearest to price, or the one you picked"),
    ("CF, CONFLUENCE, near, strength", "other levels at the same price, and their weight"),
    ("RUNWAY, RUN, to", "the way behind the level up to the next obstacle"),
    ("clear, blocked", "nothing lies in that way; a lesser level does"),
    ("held", "the level stands still because price is at it"),
    ("ALERTS, active, resolved, muted", "signals raised; on, over, silent in a replay"),
    ("unseen, no book, blind", "there is no depth at the level to judge"),
    ("waiting for the first book", "nothing has arrived yet"),
    ("support, resistance", "the level lies below price, or above"),
    ("pressure, sides, strong", "which side pushes; how it is spread"),
    ("try, attempt, touches", "how often price has come to the level"),
    ("first, second, third, fourth, fifth, sixth, test, tests", "how often the level was tested"),
    ("not published", "price is too far from the level to judge it"),
)

_STATES: Final[Words] = (
    ("VACUUM", "size is pulled and not filled: nothing holds"),
    ("CONSUMED", "size is eaten faster than it comes back"),
    ("WEAK", "little rests there"),
    ("NEUTRAL", "nothing in particular"),
    ("ABSORPTION", "size is eaten and comes back: it holds"),
    ("WALL", "size is added and not touched: it holds"),
    ("STATE WEIGHTS, STATE", "how much speaks for each state; over time"),
    ("BARRIER, seen", "what the size at the level is doing; for how long"),
    ("Δ liquidity", "added less pulled and filled in the window"),
    ("replenish", "added against what was lost; 1 holds its own"),
    ("added, pulled, filled", "contracts put up, taken away, traded"),
    ("depth", "contracts displayed at the level now"),
    ("churn", "share of it that came and went at once"),
    ("net", "added less pulled and filled over the long window"),
    ("to clear", "until nothing is left at this pace"),
    ("refill ½", "how long half of a loss takes to come back"),
    ("defends", "the nearest price that stands before the level"),
    ("iceberg, peak, left, made", "a large order shown in parts: filled, part, rest"),
    ("fleeting", "share of what was added and gone within half a second"),
    ("alarm, PULLING, STACKING, FILLING, REFILLED", "a sudden change that is under way"),
    ("spoofed, layered, eaten, refilled, absorbing, stacked", "what becomes of the size"),
)

_TAPE: Final[Words] = (
    ("imbalance", "bought against sold near the level, -1 to 1"),
    ("bought, sold, buys, sells", "contracts bought and sold at market"),
    ("velocity, veloc, speed, accel", "how fast ES moves, and how that changes"),
    ("points, s²", "ES points, in a second and a second each second"),
    ("z", "a figure against its usual spread"),
    ("OFI", "net change of the best queues, in queues"),
    ("large", "by orders of more than the large-lot size"),
    ("swept, sweep, row", "one order through several prices at once"),
    ("APPROACH, reach, way", "how price comes to the level, and when it is there"),
    ("CONTEXT, trend, bars", "where the market is in its day, over bars"),
    ("with, against", "whether that is in the level's direction"),
)

_OPTIONS: Final[Words] = (
    ("STRIKES, str", "the options that expire today, by strike"),
    ("calls, puts, C, P", "their prices paid, and their volume"),
    ("DTE", "days to expiry; 0 expires today"),
    ("GAMMA, gamma, G, γ", "ES contracts dealers must trade per point"),
    ("GEX", "the same in dollars for one per cent"),
    ("H, ES/pt", "dealers' hedge per point, all strikes together"),
    ("AMPLIFY, DAMP", "dealers trade with the move, or against it"),
    ("flip", "the price at which that changes"),
    ("charm", "what dealers must trade as time passes"),
    ("C_WALL, P_WALL", "the strikes at which calls, puts weigh most"),
    ("pin, slip", "a wall that holds price, or lets it through"),
    ("WAVE", "options bought over time, above and below"),
    ("LAST", "of the last so many minutes"),
    ("no options, config", "no options are configured: fuel is silent"),
)

_LEVEL: Final[Words] = (
    ("SCORE", "the score over time; full colour beyond 20 and 80"),
    ("DISTANCE, DIST, spot", "how far price was from the level"),
    ("DEPTH IN ZONE", "contracts at the level over time"),
    ("FLOW, fill", "added, pulled and filled each second"),
    ("TESTS, session", "each time price came to the level, the newest last"),
    ("began, took, open", "when it began and how long it lasted"),
    ("outcome", "the signal the test led to"),
    ("lots, contracts, resting", "contracts filled at the level meanwhile: its cost"),
    ("past", "how far price went beyond the level"),
    ("days, tests, held, base", "days before in the lake, what held there, and at prices like any other"),
)


def word_groups() -> Iterator[tuple[str, Words]]:
    """The groups, with their titles. The kinds of level follow from their table."""
    yield "HEADER", _HEADER
    yield "HEATMAP, LADDER, TAPE", _MARKET
    yield "LEVELS AND SIGNALS", _SIGNALS
    yield "BARRIER", _STATES
    yield "TAPE AND APPROACH", _TAPE
    yield "OPTIONS", _OPTIONS
    yield "A LEVEL'S PAGE", _LEVEL
    yield "KINDS OF LEVEL", tuple(_kind(kind) for kind in LevelKind)


def _kind(kind: LevelKind) -> tuple[str, str]:
    names = dict.fromkeys((kind.label, kind.short))
    return ", ".join(names), LEVEL_MEANINGS.get(kind.name, "")
