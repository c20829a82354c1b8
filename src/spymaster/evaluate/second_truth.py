"""The truth of a plain recording's levels: the same rule as for the order book market, on the plain market's own flows.

A plain recording carries no flows, but its seed and plan make it again, byte for byte, with all that every order did.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.agreement import EPISODE, PLANTED_LEVEL, TRUE_STATE, Truth, joined
from spymaster.market.kinds import F_LAST, NS_PER_S
from spymaster.market.manifest import RecordingManifest
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.levels.kinds import LevelKind
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.simulation import FLOW, TOUCH
from spymaster.sim.market.state import ASK, BID
from spymaster.sim.second.plan import PLANS, MechanismKind, named_plan
from spymaster.sim.second.recording import GENERATOR
from spymaster.sim.second.session import PlainSession, bucket_flows, generate
from spymaster.sim.truth.scales import LevelSpan
from spymaster.sim.truth.states import Block

_FLAGS_SHIFT: Final = 48
_FIRST_LEVEL_COLUMN: Final = 6
_LEVELS: Final = 10
_MASK32: Final = 0xFFFFFFFF


def is_plain(manifest: RecordingManifest) -> bool:
    """Whether the plain market drew a recording."""
    return manifest.generator == GENERATOR


def plain_truth(manifest: RecordingManifest) -> Truth:
    """The planted levels, true states and episodes of a plain recording. Raises UserError for an unknown plan."""
    if manifest.plan not in PLANS or manifest.seed is None:
        problem = f"plan '{manifest.plan}' is not known, so its truth cannot be drawn again"
        raise UserError(manifest.name, problem, "use the version that made it", code=ExitCode.DATA)
    minutes = (manifest.end_ns - manifest.start_ns) / (60 * NS_PER_S)
    plan = named_plan(manifest.plan, manifest.seed, minutes)
    return truth_of(generate(manifest.seed, minutes, manifest.start_ns, plan))


def truth_of(session: PlainSession) -> Truth:
    """The truth of a plain session: its planted levels, their states at each snap and the episodes of their work."""
    touch, levels = _books(session)
    flows = _flows(session)
    spans = _spans(session)
    block = Block(flows, touch, _before(flows, touch, levels), spans)
    rows = block.states(0, len(touch))
    states = np.zeros(len(rows), TRUE_STATE)
    for name in TRUE_STATE.names or ():
        states[name] = rows[name]
    planted = [(k, LevelKind[MechanismKind(m.kind).name], m.side, m.price_e9) for k, m in enumerate(session.mechanisms)]
    episodes = [(span.number, on_ns, off_ns) for span in spans for on_ns, off_ns in span.on]
    return Truth(
        np.array(planted, PLANTED_LEVEL), states, joined(np.array(episodes, EPISODE)), session.end_ns - session.start_ns
    )


def _spans(session: PlainSession) -> list[LevelSpan]:
    spans = []
    for k, m in enumerate(session.mechanisms):
        work = session.work[session.work["mechanism"] == k]
        on = work["ts_ns"][work["working"] == 1].tolist()
        off = [*work["ts_ns"][work["working"] == 0].tolist(), session.end_ns][: len(on)]
        from_ns, to_ns = (session.start_ns + at_s * NS_PER_S for at_s in (m.start_s, m.end_s))
        acts = m.kind is not MechanismKind.PLACEBO
        spans.append(LevelSpan(k, int(m.side), m.tick, from_ns, to_ns, tuple(zip(on, off, strict=True)), acts))
    return spans


def _flows(session: PlainSession) -> NDArray[Any]:
    """True flows by bucket, side and tick."""
    cells = bucket_flows(session.flows, BUCKET_NS)
    rows = np.zeros(len(cells), FLOW)
    for name in ("ts_bucket_ns", "side", "added", "pulled", "filled"):
        rows[name] = cells[name]
    rows["tick"] = cells["price_e9"] // TICK_E9
    return rows[rows["ts_bucket_ns"] <= session.end_ns]


def _books(session: PlainSession) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The touch at each bucket's end, and the ten levels then: int64[n, 2, 10, 2], tick and size by side."""
    complete = session.records[(session.records[:, 3] >> _FLAGS_SHIFT) & F_LAST != 0]
    ends = np.arange(session.start_ns + BUCKET_NS, session.end_ns + 1, BUCKET_NS)
    last = complete[np.searchsorted(complete[:, 1], ends) - 1]
    level_columns = last[:, _FIRST_LEVEL_COLUMN : _FIRST_LEVEL_COLUMN + 4 * _LEVELS].reshape(len(ends), _LEVELS, 4)
    levels = np.zeros((len(ends), 2, _LEVELS, 2), np.int64)
    for side in (BID, ASK):
        levels[:, side, :, 0] = level_columns[:, :, side] // TICK_E9
        levels[:, side, :, 1] = (level_columns[:, :, 2] >> (32 * side)) & _MASK32
    touch = np.zeros(len(ends), TOUCH)
    touch["ts_bucket_ns"] = ends
    touch["bid"], touch["bid_size"] = levels[:, BID, 0, 0], levels[:, BID, 0, 1]
    touch["ask"], touch["ask_size"] = levels[:, ASK, 0, 0], levels[:, ASK, 0, 1]
    return touch, levels


def _before(
    flows: NDArray[Any], touch: NDArray[Any], levels: NDArray[np.int64]
) -> tuple[dict[int, int], dict[int, int]]:
    """What was displayed before the first bucket, by side and tick: what is first seen there less what came since."""
    found: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for side in (BID, ASK):
        ticks, sizes = levels[:, side, :, 0].ravel(), levels[:, side, :, 1].ravel()
        shown = np.flatnonzero(sizes > 0)
        first_ticks, indices = np.unique(ticks[shown], return_index=True)
        own = flows[flows["side"] == side]
        for tick, index in zip(first_ticks.tolist(), shown[indices], strict=True):
            t_ns = touch["ts_bucket_ns"][index // _LEVELS]
            come = own[(own["tick"] == tick) & (own["ts_bucket_ns"] <= t_ns)]
            since = int((come["added"] - come["pulled"] - come["filled"]).sum())
            found[side][tick] = int(sizes[index]) - since
    return found
