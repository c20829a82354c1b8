"""A range of a replay that is played again and again."""

from __future__ import annotations


class LoopRange:
    """Set by two marks and taken away by a third. Times are ns, of snaps."""

    def __init__(self) -> None:
        self.range_ns: tuple[int, int | None] | None = None
        """Where it begins and, once that is set, ends."""

    def mark(self, here_ns: int) -> None:
        """The beginning, then the end (in either order), then none."""
        if self.range_ns is None:
            self.range_ns = (here_ns, None)
            return
        begin_ns, end_ns = self.range_ns
        if end_ns is not None or here_ns == begin_ns:
            self.range_ns = None
        else:
            self.range_ns = (min(begin_ns, here_ns), max(begin_ns, here_ns))

    def turns_back_to(self, before_ns: int, t_ns: int) -> int | None:
        """Where to go back to when playing on from one snap to the next reaches the end; None where it does not."""
        if self.range_ns is None:
            return None
        begin_ns, end_ns = self.range_ns
        return begin_ns if end_ns is not None and before_ns < end_ns <= t_ns else None
