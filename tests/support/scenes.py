"""Short scenes at a level: liquidity pulled, stacked or eaten, on a book whose price stays or moves as told."""

from __future__ import annotations

from tests.support.market import ASK, BID, MID, SECOND, Market

TAPE_SILENT = {"tape_full_volume": 1e12}


def deep_book(start_ns: int, size: int = 100) -> Market:
    """A full book, looked at for twelve seconds so that every window is full when the scene begins."""
    market = Market(start_ns=start_ns)
    market.ladder(size=size, depth=30)
    return market.at(12.0)


def pull_zone(market: Market, tick: int, side: int = ASK, *, leave: int = 10) -> Market:
    """All but a few contracts are withdrawn at the level and two ticks each side of it."""
    for price in range(tick - 2, tick + 3):
        for number in market.orders_at(side, price):
            if market.orders[number].size > leave:
                market.cancel(number, market.orders[number].size - leave)
    return market


def stack_zone(market: Market, tick: int, side: int = ASK, *, size: int = 150) -> Market:
    """So many contracts are added at the level and two ticks each side of it, never across the touch."""
    for price in range(tick - 2, tick + 3):
        inside = price > market.best(BID) if side == ASK else price < market.best(ASK)
        if inside:
            market.add(side, price, size)
    return market


def keep_alive(market: Market, until_s: float, every_s: float = 1.0) -> Market:
    """A contract comes and goes far from every level, so that the feed is not silent."""
    while market.now_ns < market.start_ns + until_s * SECOND:
        market.now_ns += round(every_s * SECOND)
        number = market.add(BID, MID - 8, 1)
        market.cancel(number)
    return market


def shift_price(market: Market, ticks: int) -> Market:
    """The whole book moves at once."""
    for order in market.orders.values():
        order.tick += ticks
    market.write(b"M", BID, market.best(BID), 1)
    return market
