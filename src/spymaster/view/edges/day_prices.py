"""The day in the header: net change and since when it counts, and the session's prices in words."""

from __future__ import annotations

from spymaster.signals.frame import Header
from spymaster.view.drawing.numbers import clock_minute, known


def is_of_share(header: Header) -> bool:
    """Whether the net change is that of the share, and not of the future: its close before is known."""
    return header.profile == "spy" and known(header.day.prior_close) and known(header.spot)


def net_change(header: Header) -> tuple[float, str]:
    """(net change, since when): a share's since its close; a future's since its settlement, as it is quoted everywhere,
    else since the close before; else since what was seen first."""
    day = header.day
    if is_of_share(header):
        return header.spot - day.prior_close, "on close"
    if known(day.settlement) and known(header.es_last):
        return header.es_last - day.settlement, "on settle"
    if header.profile != "spy" and known(day.prior_close) and known(header.spot):
        return header.spot - day.prior_close, "on close"
    return header.es_change, f"since {clock_minute(header.first_ns)}"


def day_text(header: Header) -> str:
    """``O 6870.25  H 6875.75  L 6868.00  settle 6871.50``; what was not seen whole is called seen."""
    day_ = header.day
    if not known(day_.high):
        return ""
    opened = f"O {day_.open:.2f}  " if known(day_.open) else ""
    settled = f"  settle {day_.settlement:.2f}" if known(day_.settlement) else ""
    return f"{opened}{'' if day_.whole else 'seen '}H {day_.high:.2f}  L {day_.low:.2f}{settled}"
