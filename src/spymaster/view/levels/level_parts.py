"""What is known about one level, as sections: used by the focus beside the ladder and by the level's own screen.

Widths: from 36 cells two facts stand side by side, below that one to a row; below 26 only what is needed most is shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from spymaster.market.rows import BarrierAlarm, Tag
from spymaster.view.drawing.cells import Line, Row, clip
from spymaster.view.drawing.glyphs import STATE_NAMES, STATE_ROLES
from spymaster.view.drawing.numbers import MISSING, number, price, signed
from spymaster.view.drawing.part_rows import (
    MIDDLE,
    Facts,
    Numbers,
    PartLook,
    fact_rows,
    plain,
    put_diverging,
    share,
    span,
    text_row,
    title_row,
    whole,
    with_unit,
)
from spymaster.view.drawing.sections import Section
from spymaster.view.levels.ablation import Attribution, score_without
from spymaster.view.levels.items import LevelItem

_COMPONENTS: Final = (("Barrier", "force_b"), ("Fuel", "force_f"), ("Tape", "force_t"))
_CHANCES: Final = (
    (0, "p_vacuum"),
    (2, "p_weak"),
    (1, "p_consumed"),
    (4, "p_absorption"),
    (5, "p_wall"),
    (3, "p_neutral"),
)
_OFI: Final = (("1 s", "ofi_1s"), ("5 s", "ofi_5s"), ("15 s", "ofi_15s"), ("60 s", "ofi_60s"))
_OFI_FULL: Final = 3.0
"""Best queues that fill one side of an OFI bar."""

_COMPONENT_FULL: Final = 36.0
_ALARMS: Final = {
    BarrierAlarm.STACKING: ("STACKING", "wall"),
    BarrierAlarm.PULLING: ("PULLING", "vacuum"),
    BarrierAlarm.FILLING: ("FILLING", "consumed"),
}


def components_section(item: LevelItem, look: PartLook, rank: int, least: int | None = None) -> Section:
    """What pushes the score away from 50, and by how much; in one row where there is no room for three."""
    rows = [title_row(look, "FORCES", "points from 50" if look.width >= MIDDLE else "points")]
    for (name, role), points in zip(_COMPONENTS, (item.barrier, item.fuel, item.tape), strict=True):
        line = Line(look.width)
        line.put(0, name, "text")
        is_off = name.lower() == look.without
        known = not math.isnan(points) and not look.blind and not is_off
        text = "off" if is_off else signed(points, 1, look.set.minus) if known else MISSING
        line.right(look.width - 1, text, role if known else "muted", bold=known)
        if (room := look.width - 15) >= 7:
            put_diverging(
                line,
                8,
                room | 1 if room % 2 else room - 1,
                points / _COMPONENT_FULL if known else math.nan,
                role,
                look.set,
            )
        rows.append(line.row())
    ablated = (_without_row(item, look),) if look.without else ()
    return Section(rank, ((*rows, *ablated), (*ablated, _components_row(item, look))), least)


def _without_row(item: LevelItem, look: PartLook) -> Row:
    """What the score would be without the force that is off, beside the score that counts."""
    seen = item.seen and not look.blind
    attribution = Attribution(item.barrier, item.fuel, item.tape)
    score = score_without(item.score, attribution, (look.without,)) if seen else math.nan
    line = Line(look.width)
    line.put(0, f"without {look.without}" if look.width >= MIDDLE else f"no {look.without}", "text")
    role = "muted" if math.isnan(score) else "break" if score >= 50 else "reject"
    x = line.right(look.width - 1, MISSING if math.isnan(score) else f"{score:.0f}", role, bold=True)
    if look.width >= MIDDLE and seen:
        line.right(x - 2, f"{item.score:.0f} {look.set.clear}", "muted")
    return line.row()


def _components_row(item: LevelItem, look: PartLook) -> Row:
    line = Line(look.width)
    wide = look.width >= MIDDLE
    if wide:
        line.put(0, "FORCES", "muted", bold=True)
    step = look.width // 3 if not wide else (look.width - 8) // 3
    for index, ((name, role), points) in enumerate(zip(_COMPONENTS, (item.barrier, item.fuel, item.tape), strict=True)):
        known = not math.isnan(points) and not look.blind
        x = (8 if wide else 0) + index * step
        x = line.put(x, name[0] + (" " if wide else ""), "muted")
        text = signed(points, 1 if wide else 0, look.set.minus) if known else MISSING
        line.put(x, text, role if known else "muted", bold=known)
    return line.row()


def weights_section(item: LevelItem, facts: Facts, look: PartLook, rank: int) -> Section:
    """How much speaks for each state of the barrier."""
    rows = [title_row(look, "STATE WEIGHTS" if look.width >= MIDDLE else "STATE")]
    glyphs = look.set
    for code, name in _CHANCES:
        chance = facts.get(name, math.nan)
        own = code == item.state and not look.blind
        line = Line(look.width)
        line.put(0, f"{glyphs.states[code]} {STATE_NAMES[code]}", STATE_ROLES[code], bold=own)
        line.right(look.width - 1, share(chance), "text" if own else "muted", bold=own)
        room = look.width - 13 - 6
        if room >= 3 and not math.isnan(chance):
            full, rest = divmod(round(min(max(chance, 0.0), 1.0) * room * 8), 8)
            ink = f"dim:{STATE_ROLES[code]}"
            line.put(13, glyphs.eighths[8] * full + (glyphs.eighths[rest] if rest else ""), ink)
        rows.append(line.row())
    return Section(rank, (tuple(rows),))


def barrier_section(item: LevelItem, facts: Facts, look: PartLook, rank: int, least: int | None = None) -> Section:
    """The flows of the zone over the barrier's window."""
    get, minus = Numbers(facts), look.set.minus
    seen = f", seen {span(get('seen_s'))}" if not math.isnan(get("seen_s")) else ""
    over = f"{get('window_s'):.0f} s{seen}" if not math.isnan(get("window_s")) else ""
    defends = MISSING
    if not math.isnan(get("defending_price")):
        defends = f"{price(get('defending_price'))} {look.set.times} {whole(get('defending_size'))}"
    facts_of = (
        ("Δ liquidity" if look.glyphs == "unicode" else "liquidity", signed(get("delta_liq"), 0, minus), "text"),
        ("replenish", plain(get("replenishment"), 2), "text"),
        ("added", whole(get("added")), "text"),
        ("pulled", whole(get("pulled")), "text"),
        ("filled", whole(get("filled")), "text"),
        ("depth", whole(get("depth_in_zone")), "text"),
        ("churn", share(get("churn")), "text"),
        ("hidden", share(get("hidden_share")), "text"),
        ("to clear", plain(min(get("time_to_clear_s"), 999.0), 1, " s"), "text"),
        ("refill ½" if look.glyphs == "unicode" else "refill", plain(get("refill_half_life_s"), 1, " s"), "text"),
    )
    title = (title_row(look, "BARRIER", over),)
    defended = (text_row(look.width, "defends", right=defends, right_ink="text"),)
    if look.wide:
        full = fact_rows(look, facts_of)
        return Section(rank, (title + full + defended, title + full[:4], title + full[:3], title + full[:2]), least)
    narrow = (facts_of[0], *facts_of[2:6], facts_of[8])
    return Section(rank, (title + fact_rows(look, narrow), title + fact_rows(look, narrow, 4)), least)


def tags_section(facts: Facts, look: PartLook, rank: int) -> Section:
    """What else is true of the barrier: always the same rows, so that nothing moves when one comes true."""
    get = Numbers(facts)
    tags = 0 if math.isnan(get("tags")) else int(get("tags"))
    iceberg, fleeting, absorbing = bool(tags & Tag.ICEBERG), bool(tags & Tag.FLICKER), bool(tags & Tag.ABSORBING)
    left, peak = get("iceberg_remaining"), get("iceberg_peak")
    since = plain(get("alarm_age_s"), 1, " s") if look.width >= MIDDLE else ""
    told = f"{whole(get('iceberg_executed'))} eaten" if look.width >= MIDDLE else whole(get("iceberg_executed"))
    if look.wide:
        told += f", peak {whole(peak)}" if not math.isnan(peak) else ""
        told += f", {left:.0f} left" if not math.isnan(left) else ""
    code = 0 if math.isnan(get("alarm")) else int(get("alarm"))
    alarm = _ALARMS.get(BarrierAlarm(code))
    mark = look.set.mark
    # an attack that makes no way is worth more than how much comes and goes: it takes that row while it lasts
    second = _tag_row(look, "fleeting", share(get("flicker_share")), "degraded" if fleeting else "", mark)
    if absorbing:
        way = f" for {plain(get('progress'), 2)}" if look.width >= MIDDLE else ""
        second = _tag_row(look, "absorbing", f"{whole(get('effort'))}{way}", "absorption", mark)
    rows = (
        _tag_row(look, "iceberg", told if iceberg else MISSING, "absorption" if iceberg else "", mark),
        second,
        _tag_row(
            look,
            "alarm",
            f"{alarm[0]} {since}".strip() if alarm else MISSING,
            alarm[1] if alarm else "",
            mark,
        ),
    )
    return Section(rank, (rows,), joined=True)


def _tag_row(look: PartLook, name: str, value: str, role: str, mark: str) -> Row:
    line = Line(look.width)
    x = line.put(0, mark, role) + 1 if role else 0
    line.put(x, name, role or "muted", bold=bool(role))
    line.right(look.width - 1, clip(value, look.width - len(name) - 3), role or "text", bold=bool(role))
    return line.row()


def tape_section(facts: Facts, look: PartLook, rank: int, least: int | None = None) -> Section:
    """Who is trading at the level, and how the price moves."""
    get, minus = Numbers(facts), look.set.minus
    arrow = look.set.up if get("sweep_direction") > 0 else look.set.down
    swept = get("sweep_direction") != 0 and not math.isnan(get("sweep_direction"))
    large = get("large_buys") - get("large_sells")
    facts_of = (
        ("imbalance", signed(get("tape_imbalance"), 2, minus), "text"),
        ("bought", whole(get("buy_volume")), "bid"),
        ("velocity", with_unit(get("velocity"), 2, " /s", minus), "text"),
        ("sold", whole(get("sell_volume")), "ask"),
        ("accel", with_unit(get("acceleration"), 2, " /s²" if look.glyphs == "unicode" else " /s2", minus), "text"),
        ("sweep", f"{whole(get('sweep_volume'))} {arrow}" if swept else MISSING, "text"),
        ("large lots", signed(large, 0, minus), "text"),
        ("swept", span(get("sweep_age_s"), " ago") if swept else MISSING, "muted"),
    )
    title = (title_row(look, "TAPE", "ES points" if look.wide else ""),)
    if look.wide:
        return Section(rank, (title + fact_rows(look, facts_of), title + fact_rows(look, facts_of, 2)), least)
    narrow = (facts_of[0], facts_of[2], facts_of[5])
    return Section(rank, (title + fact_rows(look, narrow), title + fact_rows(look, narrow, 1)), least)


def ofi_section(facts: Facts, look: PartLook, rank: int, least: int | None = None) -> Section:
    """Order-flow imbalance towards the break over four spans."""
    get, minus = Numbers(facts), look.set.minus
    z = get("ofi_z")
    title = title_row(look, "OFI", "" if math.isnan(z) else f"to break  z {signed(z, 1, minus)}")
    if not look.wide and not math.isnan(z):
        title = title_row(look, "OFI", f"z {signed(z, 1, minus)}")
    cells = [_ofi_cell(name, get(column), look.width, look) for name, column in _OFI]
    if not look.wide:
        return Section(rank, ((title, *cells), (title, cells[1], cells[3]), (cells[1],)), least)
    half = (look.width - 3) // 2
    pairs = [_ofi_pair(get, at, half, look) for at in (0, 1)]
    return Section(rank, ((title, *pairs),))


def _ofi_pair(get: Numbers, at: int, half: int, look: PartLook) -> Row:
    """Two spans side by side: a short one and a long one."""
    line = Line(look.width)
    for x, width, (name, column) in ((0, half, _OFI[at]), (half + 3, look.width - half - 3, _OFI[at + 2])):
        _put_ofi(line, x, width, name, get(column), look)
    return line.row()


def _ofi_cell(name: str, value: float, width: int, look: PartLook) -> Row:
    line = Line(width)
    _put_ofi(line, 0, width, name, value, look)
    return line.row()


def _put_ofi(line: Line, x: int, width: int, name: str, value: float, look: PartLook) -> None:
    line.right(x + 3, name, "muted")
    line.right(x + width - 1, signed(value, 1, look.set.minus), "muted" if math.isnan(value) else "text")
    room = width - 5 - 5
    part = min(max(value / _OFI_FULL, -1.0), 1.0)
    put_diverging(line, x + 5, room if room % 2 else room - 1, part, "break" if value > 0 else "reject", look.set)


def approach_section(facts: Facts, look: PartLook, rank: int, least: int | None = None) -> Section:
    """How price comes near, and how often it has been here."""
    get, minus = Numbers(facts), look.set.minus
    reach, prior, attempt = get("arrival_s"), get("prior_touches"), get("attempt")
    facts_of = (
        ("speed", with_unit(get("approach_velocity"), 2, " /min", minus), "text"),
        ("reach in", span(reach), "text"),
        ("touches before", whole(prior), "text"),
        ("attempt", whole(attempt), "text"),
        ("way made", signed(get("approach_distance"), 2, minus), "text"),
        ("bars in a row", whole(get("approach_bars")), "text"),
    )
    title = (title_row(look, "APPROACH"),)
    if look.wide:
        return Section(rank, (title + fact_rows(look, facts_of), title + fact_rows(look, facts_of, 2)), least)
    narrow = (
        facts_of[0],
        facts_of[1],
        ("touches", MISSING if math.isnan(prior) else f"{prior:.0f}, try {whole(attempt)}", "text"),
    )
    return Section(rank, (title + fact_rows(look, narrow), fact_rows(look, narrow[1:])), least)


def confluence_section(
    item: LevelItem, stack: Sequence[LevelItem], facts: Facts, look: PartLook, rank: int, least: int | None = None
) -> Section:
    """The levels that stand together with this one, from the highest down."""
    get, minus = Numbers(facts), look.set.minus
    count = "none near" if item.confluence == 0 else MISSING if item.confluence < 0 else f"{item.confluence} near"
    trend = {1.0: ", with the trend", -1.0: ", against the trend"}.get(get("confluence_alignment"), "")
    title = title_row(
        look, "CONFLUENCE", count + (trend if look.wide else ""), "muted" if item.confluence < 1 else "text"
    )
    strength, pressure = plain(get("confluence_strength"), 2), plain(get("confluence_pressure"), 2)
    numbers = fact_rows(look, (("strength", strength, "text"), ("pressure", pressure, "text")))
    members = [tuple(_member(each, item, look, minus) for each in _nearest_of(stack, item, most)) for most in (5, 4, 3)]
    return Section(
        rank,
        (
            (title, *numbers, *members[0]),
            (title, *numbers, *members[1]),
            (title, *numbers[: 1 if look.wide else 0], *members[2]),
            (title, *members[2]),
        ),
        least,
    )


def _nearest_of(stack: Sequence[LevelItem], item: LevelItem, most: int) -> list[LevelItem]:
    nearest = sorted(stack, key=lambda each: (abs(each.price - item.price), each.id != item.id))[:most]
    return sorted(nearest, key=lambda each: -each.price)


def _member(each: LevelItem, item: LevelItem, look: PartLook, minus: str) -> Row:
    own = each.id == item.id
    line = Line(look.width, "raised" if own else "ground")
    if own:
        line.put(0, look.set.mark, "bright")
    line.put(1, look.set.states[each.state], STATE_ROLES[each.state])
    x = line.put(3, price(each.price), "text", bold=own) + 1
    room = look.width - x - (7 if look.width >= MIDDLE else 0)
    line.put(x, clip(each.name if len(each.name) <= room else each.short, room), each.role, bold=own)
    if look.width >= MIDDLE and not own:
        line.right(look.width - 1, signed(each.price - item.price, 2, minus), "muted")
    return line.row()


def runway_section(item: LevelItem, look: PartLook, rank: int) -> Section:
    """The way to the next obstacle where the score points."""
    glyphs, runway = look.set, item.runway
    line = Line(look.width)
    line.put(0, "RUNWAY" if look.width >= MIDDLE else "RUN", "muted", bold=True)
    if runway is None:
        line.right(look.width - 1, MISSING if look.width < MIDDLE else "no obstacle known", "muted")
        return Section(rank, ((line.row(),),))
    arrow = glyphs.up if runway.direction > 0 else glyphs.down
    between = glyphs.blocked if runway.obstructed else glyphs.clear
    text = f"{arrow}{number(runway.distance, 2, glyphs.minus)} {between} {runway.to}"
    x = line.put(8 if look.width >= MIDDLE else 4, clip(text, look.width - 4), "text")
    word = "obstructed" if runway.obstructed else "clear"
    if x + 1 + len(word) <= look.width:
        line.right(look.width - 1, word, "consumed" if runway.obstructed else "green")
    return Section(rank, ((line.row(),),))


def context_section(facts: Facts, look: PartLook, rank: int) -> Section:
    """The same flows over the long window."""
    get = Numbers(facts)
    minus = look.set.minus
    over = f" {get('long_window_s'):.0f} s" if not math.isnan(get("long_window_s")) else ""
    net, filled = signed(get("long_window_delta"), 0, minus), whole(get("long_window_filled"))
    if look.wide:
        return Section(
            rank, ((title_row(look, "CONTEXT", f"net {net}, filled {filled}{' in' + over if over else ''}"),),)
        )
    title = title_row(look, "CONTEXT", over.strip())
    return Section(rank, ((title, *fact_rows(look, (("net", net, "text"), ("filled", filled, "text")))),))
