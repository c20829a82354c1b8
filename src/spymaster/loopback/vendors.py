"""Both vendors played on this machine in one time, and the addresses by which a session finds them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import reels_of
from spymaster.loopback.massive.reel import OPTIONS, MassiveReel, massive_reel
from spymaster.loopback.massive.server import DEMO_KEY as MASSIVE_KEY
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.pace import Pace
from spymaster.market.kinds import NS_PER_S

_LEAD_NS: Final = 10 * NS_PER_S


@dataclass(frozen=True)
class Played:
    """Vendors at play. ``end_ns``: a time after which they have nothing more; ``massive`` None: only the other one."""

    databento: Address
    massive: MassiveAddress | None
    pace: Pace
    end_ns: int


@contextlib.contextmanager
def played_vendors(recording: Path, speed: float, *, with_massive: bool) -> Iterator[Played]:
    """Databento with all of a recording and, if asked, Massive with its share and listed options. Raises SourceError.

    ``speed``: event seconds a second. With Massive they begin shortly before the first option is quoted.
    """
    reels = reels_of([recording])
    end_ns = max(reel.end_ns for reel in reels)
    played = massive_reel([recording]) if with_massive else None
    start_ns = None if played is None else _shortly_before(played)
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(DatabentoGateway(reels, speed=speed, start_ns=start_ns))
        massive = None
        if played is not None:
            server = stack.enter_context(MassiveServer(played, pace=gateway.pace))
            massive = MassiveAddress(MASSIVE_KEY, server.socket_host, server.rest_host, is_secure=False)
        yield Played(Address(DEMO_KEY, gateway.host, gateway.port), massive, gateway.pace, end_ns)


def _shortly_before(reel: MassiveReel) -> int:
    options = reel.clusters.get(OPTIONS, ())
    return max(reel.first_ns, options[0].due_ns - _LEAD_NS if options else 0)
