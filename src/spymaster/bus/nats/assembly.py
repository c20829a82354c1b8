"""From messages as they come to the frames of a run in their order: nothing twice, nothing passed over unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from spymaster.bus.nats.arrow_batches import batch_of
from spymaster.bus.nats.names import Header
from spymaster.journal.codec import EndFrame
from spymaster.journal.format import FrameFlag
from spymaster.market.frames import (
    DEPTH_FEED,
    ConfigFrame,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import Kind

_CONTROLS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    str(struct.__struct_config__.tag): msgspec.json.Decoder(struct)
    for struct in (ConfigFrame, EndFrame, FeedStatusFrame, GapFrame, MappingFrame, WatermarkFrame)
}


class UnreadableError(ValueError):
    """A message that is none of this program's, or of another version: one phrase that says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a frame. ``number`` of ``count``; ``stored``: every frame before this one is in the stream.
    ``token``: whatever the giver wants back with the frame, to acknowledge it."""

    session: str
    frame: int
    number: int
    count: int
    kind: str
    flags: FrameFlag
    clock_ns: int
    stored: int
    data: bytes
    token: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """A frame in its place. ``tokens``: of its messages. ``number``: in the run; of a gap, of the first that is
    missing. ``clock_ns``: the clock with it."""

    frame: Frame | EndFrame
    flags: FrameFlag
    number: int
    clock_ns: int
    tokens: tuple[object, ...] = ()


@dataclass(slots=True)
class AssemblyCounts:
    """``repeated``: messages that had been taken before; ``missing``: frames that were never given."""

    repeated: int = 0
    missing: int = 0


@dataclass(slots=True)
class _Partial:
    count: int
    pieces: dict[int, Piece] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return len(self.pieces) == self.count


def piece_of(headers: Mapping[str, str], data: bytes, token: object = None) -> Piece:
    """A message as it came. Raises UnreadableError."""
    try:
        number, _, count = headers[Header.PIECE].partition("/")
        piece = Piece(
            session=headers[Header.SESSION],
            frame=int(headers[Header.FRAME]),
            number=int(number),
            count=int(count),
            kind=headers[Header.KIND],
            flags=FrameFlag(int(headers[Header.FLAGS])),
            clock_ns=int(headers[Header.CLOCK]),
            stored=int(headers.get(Header.STORED, "0")),
            data=data,
            token=token,
        )
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"a message has no sound header ({type(error).__name__}: {error})") from None
    if not 1 <= piece.number <= piece.count:
        raise UnreadableError(f"a message is piece {piece.number} of {piece.count}")
    return piece


class Assembler:
    """Puts the frames of one run in order. ``next_frame``: number of the first that is wanted.

    A frame that is missing is waited for as long as its sender may still be sending it, or it may still come by a
    second reading. Once it is known to be nowhere (``nothing_before``), what is missing becomes one GAP.
    """

    def __init__(self, next_frame: int = 0) -> None:
        self.next_frame = next_frame
        self.counts = AssemblyCounts()
        self._held: dict[int, _Partial] = {}
        self._passed = 0
        self._clock_ns = 0

    def nothing_before(self, number: int) -> None:
        """No frame before this one will come any more: the stream has been read past all of them."""
        self._passed = max(self._passed, number)

    def add(self, piece: Piece) -> object | None:
        """Take a message; its token where it is of no use, since it was taken before."""
        if piece.frame < self.next_frame:
            self.counts.repeated += 1
            return piece.token
        partial = self._held.setdefault(piece.frame, _Partial(piece.count))
        # of one that comes again the later delivery is the one to acknowledge, once the frame is safe
        self.counts.repeated += piece.number in partial.pieces
        partial.pieces[piece.number] = piece
        return None

    def ready(self) -> Iterator[Assembled]:
        """The frames that are next, and a GAP for those that will not come."""
        while True:
            if self._is_next_whole():
                yield self._assembled(self._held.pop(self.next_frame))
            elif self._passed > self.next_frame and any(number > self.next_frame for number in self._held):
                yield self._gap()
            else:
                return

    def _assembled(self, partial: _Partial) -> Assembled:
        pieces = [partial.pieces[number] for number in sorted(partial.pieces)]
        first = pieces[0]
        number, self.next_frame = self.next_frame, self.next_frame + 1
        self._clock_ns = max(self._clock_ns, first.clock_ns)
        return Assembled(_content(pieces), first.flags, number, self._clock_ns, tuple(piece.token for piece in pieces))

    def _is_next_whole(self) -> bool:
        partial = self._held.get(self.next_frame)
        return partial is not None and partial.is_whole

    def _gap(self) -> Assembled:
        """Everything up to the next frame that is here or may still come."""
        partial = self._held.pop(self.next_frame, None)
        tokens = tuple(piece.token for piece in partial.pieces.values()) if partial is not None else ()
        first = self.next_frame
        following = min(number for number in self._held if number > first)
        self.next_frame = min(following, self._passed)
        missing = self.next_frame - first
        self.counts.missing += missing
        clock_ns = next(iter(self._held[following].pieces.values())).clock_ns
        frame = GapFrame(DEPTH_FEED, self._clock_ns, clock_ns, f"{missing} frames are missing on the bus")
        return Assembled(frame, FrameFlag.NONE, first, self._clock_ns, tokens)


def _content(pieces: list[Piece]) -> Frame | EndFrame:
    """Raises UnreadableError."""
    first = pieces[0]
    if first.kind in _CONTROLS:
        try:
            content: Frame | EndFrame = _CONTROLS[first.kind].decode(first.data)
        except msgspec.MsgspecError as error:
            raise UnreadableError(f"{first.kind} of another version of the program ({error})") from None
        return content
    try:
        return RecordsFrame(batch_of([(Kind[piece.kind], piece.data) for piece in pieces], 0))
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"records of another version of the program ({error})") from None
