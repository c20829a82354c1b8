"""Databento Live: the vendor's client at the bottom, a supervisor above it, batches on top.

A session is put together so (``lines_of_day`` says what to ask for, ``session.live.config`` makes the CONFIG)::

    line = FuturesLine("ES", clock, MarketHours(sessions), OptionDay(session_date, close_ns))
    feed = DatabentoFeed(line.plan(), Address(key), clock)
    source = LiveFeeds([feed], configure, clock, skew_ns=lambda: feed.lag_ns or 0)
    for arrival in source.arrivals():
        recording.take(arrival.frame, arrival.flags)
        if arrival.is_for_engine:
            engine.feed(arrival.frame)

``configure`` returns None until ``line.instrument`` is known. Against a loopback gateway the address is its host and
port, and the clock a ``loopback.pace.PlayedClock`` of its pace.
"""
