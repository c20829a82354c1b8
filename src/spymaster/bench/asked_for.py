"""Rows of ``bench`` that are measured only when they are named: they take minutes, or need what is not always there."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Final

from spymaster.bench.figures import Row, figure

_CLIENTS: Final = 500


def of_attaching(seconds: float) -> list[Row]:
    """One session seen in its own process, over its socket and over NATS, once."""
    from spymaster.bench.served import PREDECESSOR_MS, attached_figures

    found = attached_figures(seconds)
    table = []
    for name, late in (("alone", found.alone_ms), ("socket", found.socket_ms), ("nats", found.nats_ms)):
        where = "in its own process" if name == "alone" else f"on a screen attached over {name}"
        for share, value in zip((50, 99), late, strict=True):
            table.append(figure(f"attach {name} p{share}", f"from a snap to the frame with it {where}", "ms", [value]))
    for name, late in (("socket", found.socket_ms), ("nats", found.nats_ms)):
        more = late[1] - found.alone_ms[1]
        table.append(figure(f"attach {name} more", "99th percentile less that of its own process", "ms", [more]))
    table.append(figure("attach predecessor", "its budget from end to end, not measured", "ms", [PREDECESSOR_MS]))
    return table


def of_research(path: Path) -> list[Row]:
    """A plan by one worker and by two, and the same days replayed plainly, once each."""
    from spymaster.bench.days.research import DAYS, research_figures

    found = research_figures(path)
    plain_s, one, two = found.plain_cpu_s, found.one, found.two
    than = f"/ of {DAYS} plain replays in one process"
    table = [
        figure(f"research {name} {what}", f"CPU {meaning} {than}", "ratio", [cpu_s / plain_s])
        for name, run in (("one", one), ("two", two))
        for what, meaning, cpu_s in (("cpu", "of passes over days", run.cpu_s), ("all", "of workers", run.all_cpu_s))
    ]
    pace = one.wall_s / two.wall_s
    return [*table, figure("research pace", "wall of one worker / of two, their start included", "ratio", [pace])]


def of_clients(seconds: float) -> list[Row]:
    """A gateway with hundreds of readers and one that is frozen, once."""
    from spymaster.bench.served import client_figures

    found = client_figures(_CLIENTS, seconds)
    meaning = f"of {found.clients} readers, one more frozen: missed a snap"
    table = [
        figure("clients behind", meaning, "readers", [float(found.behind)]),
        figure("clients snaps", "that each of them could have had", "snaps", [float(found.snaps)]),
    ]
    table += [
        figure(f"clients p{share}", "from a snap to its signals at a reader", "ms", [value])
        for share, value in zip((50, 99), found.late_ms, strict=True)
    ]
    if found.grown_mb is not None:
        table.append(figure("clients memory", "that the session holds more at the end", "MB", [found.grown_mb]))
    return table


def of_trees() -> list[Row]:
    """The walker and LightGBM's predict in turn, call by call."""
    from spymaster.bench.others import trees

    found = trees.tree_figures()
    what = f"{trees.ROWS} rows, one head of {trees.TREES} trees x {trees.LEAVES} leaves"
    ours, one, default = (statistics.median(each) for each in found[:3])
    return [
        figure("trees", f"the walker: {what}", "ms", found.ours_ms),
        figure(
            "trees LightGBM 1", "LightGBM's predict with num_threads=1, the same in turn", "ms", found.one_thread_ms
        ),
        figure("trees LightGBM", "LightGBM's predict by itself, the same in turn", "ms", found.default_ms),
        figure("trees 1 / walker", "LightGBM on one thread / the walker, medians", "ratio", [one / ours]),
        figure("trees default / walker", "LightGBM by itself / the walker, medians", "ratio", [default / ours]),
        figure("trees heads", f"all heads of a model on {trees.ROWS} rows", "ms", found.heads_ms),
        figure("trees heads p99", "the same: 99th percentile", "ms", [_p99(found.heads_ms)]),
    ]


def _p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def of_narrow_links() -> list[Row]:
    """Keys on links that take few bytes a second and on one without a limit, the market at four times its pace."""
    from spymaster.bench.links.narrow import BAUD_9600, KB_50, UNLIMITED, answer_ms

    links = ((BAUD_9600, "9,600 baud"), (KB_50, "50 kB/s"), (UNLIMITED, "no limit"))
    meaning = "from a key to its answer on the screen"
    return [figure(f"keys {name}", meaning, "ms", answer_ms(rate)) for rate, name in links]
