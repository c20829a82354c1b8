"""Seeking: whatever way a moment is reached, it shows and publishes exactly what playing through does."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import msgspec
import pytest

from spymaster.session.replay.cache import CachePlan
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Frame, Phase
from tests.session.conftest import plan_of
from tests.session.screen import INTERVAL_NS, PATIENCE_S, Open, S, Screen, Wall, same_heat, same_picture
from tests.support.bus import same
from tests.support.dbn import trades_of
from tests.support.market import START_NS
from tests.support.small_files import Words, depth_file, trades_file

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def plan(tmp_path: Path, words: Words) -> ReplayPlan:
    """Depth and trades of some twenty seconds, compressed, read a few records at a time."""
    depth = depth_file(tmp_path / "a.mbp-10.dbn.zst", words)
    return plan_of(depth, trades_file(tmp_path / "a.trades.dbn.zst", trades_of(words)), chunk=16)


@pytest.fixture
def cache(tmp_path: Path) -> CachePlan:
    """A checkpoint each second of event time, and copies of the smallest files."""
    return CachePlan(tmp_path / "cache", every_ns=S, worth_bytes=0)


def at(screen: Screen, t_ns: int) -> Frame:
    """Go to a moment and wait until the replay stands still there."""
    number = screen.frame().number
    screen.session.send(Command.SEEK, t_ns)
    return screen.wait(
        lambda frame: frame.number > number and frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED
    )


def played_to(open_screen: Open, plan: ReplayPlan, t_ns: int) -> tuple[Frame, Screen]:
    screen = open_screen(plan, until_ns=t_ns)
    screen.session.start()
    return screen.phase(Phase.PAUSED), screen


def same_everywhere(a: Screen, b: Screen) -> bool:
    """Whether two replays that stand still show and remember the same."""
    one, two = a.frame(), b.frame()
    return (
        same_picture(one, two)
        and a.session.signal_hash == b.session.signal_hash != ""
        and same_heat(a.session.heat(3600), b.session.heat(3600))
        and same(a.session.chart(), b.session.chart())
        and all(_story(a, view.id) == _story(b, view.id) for view in one.level_views)
        and one.header.es_change == two.header.es_change
    )


def _story(screen: Screen, level_id: str) -> tuple[bytes, str]:
    """What is remembered of a level; touches in words, since absent values equal nothing."""
    history = screen.session.level_history(level_id, 900)
    return history.seconds.tobytes(), repr(history.touches)


def test_every_moment_sought_equals_the_same_moment_played(
    open_screen: Open, plan: ReplayPlan, cache: CachePlan
) -> None:
    seeker = open_screen(plan, cache=cache)
    seeker.paused_at_the_first_snap()
    dice = random.Random(11)
    moments = [START_NS + dice.randrange(4, 80) * INTERVAL_NS for _ in range(14)]
    for t_ns in moments:
        at(seeker, t_ns)
        played, player = played_to(open_screen, plan, t_ns)
        assert played.t_ns == t_ns
        assert same_everywhere(seeker, player)
        player.session.stop()


def test_after_a_seek_playing_on_publishes_the_same(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    player = open_screen(plan)
    player.session.start()
    end = player.phase(Phase.ENDED)
    seeker = open_screen(plan, cache=cache)
    seeker.session.start()
    seeker.phase(Phase.ENDED)
    at(seeker, START_NS + 7 * S)
    seeker.session.send(Command.PLAY)
    again = seeker.phase(Phase.ENDED)
    assert same_picture(end, again)
    assert seeker.session.signal_hash == player.session.signal_hash


def test_another_session_begins_at_a_checkpoint_left_behind(
    open_screen: Open, plan: ReplayPlan, cache: CachePlan
) -> None:
    first = open_screen(plan, cache=cache)
    first.session.start()
    first.phase(Phase.ENDED)
    first.session.stop()
    t_ns = START_NS + 15 * S
    second = open_screen(plan, cache=cache, until_ns=t_ns)
    second.session.start()
    status = second.wait(lambda frame: frame.replay is not None and frame.replay.visited_ns > 0).replay
    assert status is not None
    assert status.visited_ns > t_ns
    second.phase(Phase.PAUSED)
    _, player = played_to(open_screen, plan, t_ns)
    assert same_everywhere(second, player)


def test_without_a_cache_folder_seeking_works_from_memory(open_screen: Open, plan: ReplayPlan, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    seeker = open_screen(plan, cache=CachePlan(None, every_ns=S))
    seeker.session.start()
    seeker.phase(Phase.ENDED)
    at(seeker, START_NS + 5 * S)
    _, player = played_to(open_screen, plan, START_NS + 5 * S)
    assert same_everywhere(seeker, player)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("command", "by_ns"), [(Command.BACK_SNAP, INTERVAL_NS), (Command.BACK_SECOND, S)], ids=["snap", "second"]
)
def test_a_step_back_shows_what_was_there_before(
    open_screen: Open, plan: ReplayPlan, cache: CachePlan, command: Command, by_ns: int
) -> None:
    screen = open_screen(plan, cache=cache, until_ns=START_NS + 10 * S)
    screen.session.start()
    screen.phase(Phase.PAUSED)
    for back in range(1, 7):
        t_ns = START_NS + 10 * S - back * by_ns
        assert screen.ask_until(command, lambda frame, t_ns=t_ns: frame.t_ns == t_ns).t_ns == t_ns  # type: ignore[misc]
        _, player = played_to(open_screen, plan, t_ns)
        assert same_everywhere(screen, player)
        player.session.stop()


def test_a_record_step_back_undoes_a_record_step(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache, until_ns=START_NS + 6 * S)
    screen.session.start()
    screen.phase(Phase.PAUSED)
    frames = [screen.ask(Command.STEP_RECORD) for _ in range(5)]
    for frame in reversed(frames[:-1]):
        records = frame.header.records
        back = screen.ask_until(Command.BACK_RECORD, lambda seen, n=records: seen.header.records == n)  # type: ignore[misc]
        assert back.book.tobytes() == frame.book.tobytes()
        assert back.header.as_of_ns == frame.header.as_of_ns
        assert back.levels.tobytes() == frame.levels.tobytes()


def test_before_the_first_snap_there_is_nothing_to_step_back_to(open_screen: Open, plan: ReplayPlan) -> None:
    screen = open_screen(plan)
    first = screen.paused_at_the_first_snap()
    assert screen.ask(Command.BACK_SECOND).t_ns == first.t_ns
    assert screen.ask(Command.BACK_SNAP).t_ns == first.t_ns


def test_many_steps_back_at_once_add_up(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache, until_ns=START_NS + 12 * S)
    screen.session.start()
    screen.phase(Phase.PAUSED)
    for _ in range(17):
        screen.session.send(Command.BACK_SNAP)
    frame = screen.wait(lambda frame: frame.t_ns == START_NS + 12 * S - 17 * INTERVAL_NS)
    assert frame.header.phase is Phase.PAUSED


def test_of_a_storm_of_seeks_the_last_wins(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache)
    screen.paused_at_the_first_snap()
    dice = random.Random(5)
    for _ in range(60):
        screen.session.send(Command.SEEK, START_NS + dice.randrange(4, 80) * INTERVAL_NS)
        screen.session.send(dice.choice([Command.PAUSE, Command.STEP_SNAP, Command.BACK_SECOND, Command.FASTER]))
        time.sleep(dice.choice([0.0, 0.002, 0.01]))
    t_ns = START_NS + 33 * INTERVAL_NS
    screen.session.send(Command.PAUSE)
    at(screen, t_ns)
    _, player = played_to(open_screen, plan, t_ns)
    assert same_everywhere(screen, player)


def test_a_seek_while_playing_plays_on_in_pace(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    wall = Wall()
    screen = open_screen(plan, cache=cache, speed=1.0, now_s=wall)
    screen.session.start()
    screen.wait(lambda frame: frame.t_ns > 0)
    for t_ns in (START_NS + 12 * S, START_NS + 3 * S):
        screen.session.send(Command.SEEK, t_ns)
        screen.wait(lambda frame, t_ns=t_ns: frame.t_ns == t_ns and frame.header.phase is Phase.PLAYING)  # type: ignore[misc]
        wall.jump(1.0)
        screen.wait(lambda frame, t_ns=t_ns: frame.t_ns >= t_ns + S)  # type: ignore[misc]
        assert screen.settled().t_ns <= t_ns + S + 2 * INTERVAL_NS


def test_a_seek_after_the_end_is_the_end_and_back_again(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache)
    screen.paused_at_the_first_snap()
    screen.session.send(Command.SEEK, START_NS + 3600 * S)
    end = screen.phase(Phase.ENDED)
    at(screen, START_NS + 4 * S)
    screen.session.send(Command.SEEK, START_NS + 3600 * S)
    assert same_picture(screen.phase(Phase.ENDED), end)


def test_a_seek_before_the_beginning_is_the_beginning(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache)
    first = screen.paused_at_the_first_snap()
    at(screen, START_NS + 4 * S)
    screen.session.send(Command.SEEK, 5)
    again = screen.wait(lambda frame: frame.t_ns == first.t_ns and frame.header.phase is Phase.PAUSED)
    assert same_picture(first, again)


def test_a_range_is_played_again_and_again(open_screen: Open, plan: ReplayPlan, cache: CachePlan) -> None:
    screen = open_screen(plan, cache=cache, speed=4.0)
    screen.paused_at_the_first_snap()
    begin, end = START_NS + 4 * S, START_NS + 6 * S
    at(screen, end)
    screen.session.send(Command.LOOP_MARK)
    at(screen, begin)
    screen.session.send(Command.LOOP_MARK)
    status = screen.wait(lambda frame: frame.replay is not None and frame.replay.loop_ns == (begin, end)).replay
    assert status is not None
    screen.session.send(Command.PLAY)
    times: list[int] = []
    deadline = time.monotonic() + PATIENCE_S
    transitions = 0
    while transitions < 3 and time.monotonic() < deadline:
        frame = screen.frame()
        if times and frame.t_ns < times[-1]:
            transitions += 1
        if not times or frame.t_ns != times[-1]:
            times.append(frame.t_ns)
        time.sleep(0.0005)
    assert transitions == 3
    assert min(times) >= begin
    assert max(times) <= end
    screen.session.send(Command.PAUSE)
    screen.session.send(Command.LOOP_MARK)
    screen.wait(lambda frame: frame.replay is not None and frame.replay.loop_ns is None)
    screen.session.send(Command.PLAY)
    screen.wait(lambda frame: frame.t_ns > end)


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign", "gone", "older"])
def test_damaged_cache_files_are_made_anew(
    open_screen: Open, plan: ReplayPlan, cache: CachePlan, words: Words, tmp_path: Path, harm: str
) -> None:
    first = open_screen(plan, cache=cache)
    first.session.start()
    first.phase(Phase.ENDED)
    first.session.stop()
    assert cache.folder is not None
    files = [path for path in cache.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".checkpoint", ".blocks", ".index", ""}
    for path in files:
        raw = bytearray(path.read_bytes())
        if harm == "gone":
            path.unlink()
        elif harm == "cut":
            path.write_bytes(raw[: len(raw) // 2])
        elif harm == "flipped":
            raw[len(raw) // 2] ^= 0x55
            path.write_bytes(raw)
        elif harm == "foreign":
            path.write_bytes(b"not what was here before")
    if harm == "older":
        depth_file(tmp_path / "a.mbp-10.dbn.zst", words[: len(words) // 2])
    t_ns = START_NS + (6 if harm == "older" else 13) * S
    second = open_screen(plan, cache=cache, until_ns=t_ns)
    second.session.start()
    second.phase(Phase.PAUSED)
    at(second, t_ns - 3 * S)
    at(second, t_ns)
    _, player = played_to(open_screen, plan, t_ns)
    assert same_everywhere(second, player)
    assert second.session.failure == ""


def test_another_configuration_has_checkpoints_of_its_own(
    open_screen: Open, plan: ReplayPlan, cache: CachePlan
) -> None:
    t_ns = START_NS + 9 * S
    other = msgspec.structs.replace(plan, profile=msgspec.structs.replace(plan.profile, w_barrier=4.0))
    for each in (plan, other):
        seeker = open_screen(each, cache=cache)
        seeker.session.start()
        seeker.phase(Phase.ENDED)
        at(seeker, t_ns)
        _, player = played_to(open_screen, each, t_ns)
        assert same_everywhere(seeker, player)


def test_no_more_checkpoints_are_kept_than_allowed_and_they_are_spread(
    open_screen: Open, plan: ReplayPlan, tmp_path: Path
) -> None:
    cache = CachePlan(tmp_path / "cache", every_ns=S, worth_bytes=0, max_checkpoints=5)
    screen = open_screen(plan, cache=cache)
    screen.session.start()
    screen.phase(Phase.ENDED)
    kept = sorted(int(path.stem.partition("-")[0]) for path in (tmp_path / "cache").rglob("*.checkpoint"))
    assert len(kept) == 5
    gaps = [b - a for a, b in itertools.pairwise(kept)]
    assert max(gaps) <= 3 * min(gaps)


def test_the_cache_stays_within_its_size(open_screen: Open, plan: ReplayPlan, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for name in ("old", "older"):
        run = folder / "checkpoints" / name
        run.mkdir(parents=True)
        (run / "x.checkpoint").write_bytes(bytes(400_000))
    screen = open_screen(plan, cache=CachePlan(folder, every_ns=S, worth_bytes=0, max_bytes=500_000))
    screen.session.start()
    screen.phase(Phase.ENDED)
    screen.session.stop()
    assert not (folder / "checkpoints" / "older").exists() or not (folder / "checkpoints" / "old").exists()
