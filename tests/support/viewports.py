"""What models say of the levels of our own frames: with a record, without, on a real market, in all its parts."""

from __future__ import annotations

import dataclasses

from spymaster.features.horizons import HORIZONS_S
from spymaster.signals.frame import Frame
from spymaster.signals.said.viewport import (
    LEARNT_ON_SIMULATED,
    Chances,
    Collecting,
    LevelsViewport,
    SaidBefore,
    ScoringModel,
    Similar,
    Target,
)

MODEL = ScoringModel(name="sim-heads", data_set="sim-worlds-1", sha256="a" * 64, simulated=True)
BREAK_BY = (0.05, 0.11, 0.21, 0.34, 0.46, 0.52)
BOUNCE_BY = (0.08, 0.15, 0.24, 0.31, 0.36, 0.40)
BEFORE = SaidBefore(
    low=0.3, high=0.4, n=142, share=0.31, interval=(0.24, 0.39), base=0.28, horizon_s=120, in_shadow=False
)
TEN_MINUTES_NS = 600_000_000_000


def similar(t_ns: int, recording: str = "sim-world-7") -> tuple[Similar, ...]:
    """Five attempts, the most alike first."""
    told = (("BREAK", 42.0), ("BOUNCE", 75.0), ("BREAK", 130.0), ("CHOP", 480.0), ("CENSORED", 12.0))
    return tuple(
        Similar(
            recording=recording,
            date=20260105,
            t_ns=t_ns - (k + 1) * TEN_MINUTES_NS,
            level="VWAP",
            price=6871.25 + k,
            outcome=outcome,
            after_s=after_s,
            distance=0.42 + 0.1 * k,
        )
        for k, (outcome, after_s) in enumerate(told)
    )


def chances(before: SaidBefore | None = BEFORE, alike: tuple[Similar, ...] = ()) -> Chances:
    names = [str(seconds) for seconds in HORIZONS_S]
    return Chances(
        points=4.25,
        p_tradeable=0.92,
        p_no_trade=0.08,
        p_break=0.52,
        p_bounce=0.40,
        strength=(-1.1, 0.2, 1.6),
        break_by=dict(zip(names, BREAK_BY, strict=True)),
        bounce_by=dict(zip(names, BOUNCE_BY, strict=True)),
        utility=0.184,
        before=before,
        similar=alike,
    )


def viewport(
    frame: Frame,
    said: Chances | None,
    *,
    simulated: bool = True,
    collecting: Collecting | None = None,
    every: bool = False,
) -> LevelsViewport:
    """Of a frame's levels: the nearest has an attempt on, or every one has."""
    targets = []
    for place, (view, level) in enumerate(zip(frame.level_views, frame.levels, strict=True)):
        is_on = every or place == 0
        targets.append(
            Target(
                level_id=view.id,
                level_kind_name=view.kind,
                level_price=float(level["price"]),
                direction="UP" if level["direction"] > 0 else "DOWN",
                distance=float(level["distance"]),
                distance_signed=float(level["direction"] * level["x"]),
                viewport_state="TOUCH" if is_on else "FAR",
                stage="CONTACT" if is_on else None,
                attempt=2 if is_on else None,
                touch_ts_ns=frame.t_ns - 5_000_000_000 if is_on else None,
                asked_ts_ns=frame.t_ns if is_on and said is not None else None,
                chances=said if is_on else None,
            )
        )
    return LevelsViewport(
        ts_event_ns=frame.t_ns,
        profile="es" if frame.header.profile == "es" else "spy",
        simulated=simulated,
        model=MODEL,
        badge=LEARNT_ON_SIMULATED,
        collecting=collecting,
        targets=tuple(targets),
    )


def spoken(frame: Frame, *, every: bool = False) -> Frame:
    """A frame of a simulated market with everything a model says."""
    return dataclasses.replace(frame, viewport=viewport(frame, chances(alike=similar(frame.t_ns)), every=every))


def collecting(frame: Frame) -> Frame:
    """A frame of a real market on which the model has no record yet."""
    return dataclasses.replace(frame, viewport=viewport(frame, None, simulated=False, collecting=Collecting(312, 784)))
