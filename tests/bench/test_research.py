"""The row about plans over days measures what it says: passes that were computed, and nothing twice."""

from __future__ import annotations

from pathlib import Path

from spymaster.bench.days.research import research_figures
from spymaster.bench.depth_file import write_bench_file


def test_every_pass_is_computed_and_its_processor_time_is_part_of_the_workers(tmp_path: Path) -> None:
    file, _ = write_bench_file(tmp_path, (), 2_000, 236.0)
    found = research_figures(file, days=2)
    assert found.plain_cpu_s > 0.0
    for run in (found.one, found.two):
        assert 0.0 < run.cpu_s < run.all_cpu_s
        assert run.wall_s > 0.0
