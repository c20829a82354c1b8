"""What is typed behind ``:`` on the cockpit: a price of the profile or of the futures contract."""

from __future__ import annotations

import math

from spymaster.signals.frame import Header


class GotoError(ValueError):
    """What was typed cannot be gone to; the message is one line for the user."""


def tick_for(text: str, header: Header) -> int:
    """The futures tick of a typed price. A price nearer to the profile's spot than to the futures price is the
    profile's and is converted at the present ratio. Raises ``GotoError``."""
    try:
        price = float(text.strip().removeprefix("$").replace(",", ""))
    except ValueError:
        raise GotoError(f"{text.strip()!r} is not a price; write one such as 687.5") from None
    if not math.isfinite(price) or price <= 0:
        raise GotoError(f"{text.strip()!r} is not a price; write one such as 687.5")
    if not math.isfinite(header.tick_size) or header.tick_size <= 0 or not math.isfinite(header.es_mid):
        raise GotoError("no price to go from yet: wait for the first book")
    spot_known = math.isfinite(header.spot) and math.isfinite(header.ratio)
    if spot_known and abs(price - header.spot) < abs(price - header.es_mid):
        price *= header.ratio
    return round(price / header.tick_size)
