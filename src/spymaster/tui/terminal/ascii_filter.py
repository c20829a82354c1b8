"""Plain ASCII on the whole screen: the toolkit's own marks and texts from outside too."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from spymaster.view.drawing.plain_text import ascii_text


class AsciiFilter(LineFilter):
    """Replaces every other character by one of the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in ASCII."""
        return [Segment(ascii_text(text), style, control) for text, style, control in segments]
