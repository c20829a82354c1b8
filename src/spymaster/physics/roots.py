"""The kernels that an engine calls: whole programs, apart from what decides when they are called.

An edit of a module compiles its kernels anew, and of these that takes longest.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.book.flows import hide_book, restart_windows
from spymaster.physics.dispatch import dispatch_records, take_due_snaps
from spymaster.physics.levels.active import put_level
from spymaster.physics.memory.outputs import Out
from spymaster.physics.memory.state import Array
from spymaster.physics.session_start import hear
from spymaster.physics.time.ranges import note_hole


@kernel
def go_on(
    state: Array,
    p: Array,
    order: NDArray[Any],
    depth: NDArray[Any],
    others: tuple[NDArray[Any], ...],
    cursors: Array,
    limit: int,
    clock_ns: int,
    out: Out,
) -> int:
    """Everything an engine does as time goes on, in one program: it is optimised as a whole, and once.

    Records as ``dispatch_records`` takes them where ``clock_ns`` is 0; else the snaps due until then, and whether
    those were all of them.
    """
    if clock_ns > 0:
        return 1 if take_due_snaps(state[0], p, clock_ns, out) else 0
    return dispatch_records(state, p, order, depth, others, cursors, limit, out)


@kernel
def put_level_at(state: Array, slot: int, kind: int, ordinal: int, price: float) -> None:
    """A level begins to exist in a slot."""
    put_level(state[0], slot, kind, ordinal, price)


@kernel
def watch(state: Array, p: Array) -> None:
    """The source says itself when it is quiet: until now nothing was missed."""
    s = state[0]
    if s.clock.now_ns != 0:
        s.clock.watched = 1
        hear(s, p)


@kernel
def note_hole_in(state: Array, from_ns: int, to_ns: int) -> None:
    """Of a time nothing is known of the market."""
    note_hole(state[0], from_ns, to_ns)


@kernel
def restart_windows_of(state: Array, t_ns: int) -> None:
    """What was in sight counts as visible only from now on."""
    restart_windows(state[0], t_ns)


@kernel
def hide_book_of(state: Array, t_ns: int) -> None:
    """Nothing is visible: the book is unknown."""
    hide_book(state[0], t_ns)
