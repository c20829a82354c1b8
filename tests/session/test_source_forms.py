"""A session replays the same from every form of its recording, and what is no recording is told in one line."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.feeds.errors import SourceError
from spymaster.journal.format import FrameKind
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.lake.errors import LakeError
from spymaster.lake.storage.opening import open_storage
from spymaster.market.dtypes import W_TS_EVENT, W_TS_RECV
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus
from spymaster.physics.engine import Engine
from spymaster.session.headless import RunTotals, Tap, drive
from spymaster.session.replay.cache import CachePlan
from spymaster.session.sources.forms import Form, form_of, interval_ns_of, manifests_of, open_source, runs_left_out
from spymaster.session.sources.recorded import RecordedSource
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.frame import Command, Phase
from tests.session.conftest import plan_of
from tests.session.screen import Open, S
from tests.support.journals import read_journal
from tests.support.lakes import RUN, record
from tests.support.market import START_NS
from tests.support.s3 import BUCKET, FaultyServer, gone_after, s3_server
from tests.support.small_files import Words, busy_words, depth_file

pytestmark = pytest.mark.usefixtures("warm")


def hash_of(source: RecordedSource, tap: Tap | None = None) -> str:
    totals = RunTotals(interval_ns_of(source.config_frame()))
    drive(source, Engine(), [totals], tap=tap)
    return totals.hash.hexdigest()


def depth_of(plan: ReplayPlan) -> Words:
    """The depth that a source gives."""
    frames = (frame for frame in open_source(plan).frames() if isinstance(frame, RecordsFrame))
    return np.concatenate([frame.batch.arrays[Kind.MBP10].copy() for frame in frames])


@pytest.fixture
def played(small_plan: ReplayPlan) -> str:
    """The hash of the DBN file."""
    return hash_of(ReplaySource(small_plan))


@pytest.fixture
def journal(small_plan: ReplayPlan, tmp_path: Path) -> Path:
    """The root of a run with the journal of a replay of the DBN file."""
    root = tmp_path / "run"
    source = ReplaySource(small_plan)
    writer = JournalWriter(root / "journal", "test", clock_ns=source.begins_ns)
    hash_of(source, JournalInlet(writer))
    writer.close()
    return root


@pytest.fixture
def lake(journal: Path, tmp_path: Path) -> Path:
    """A lake with the Bronze of that journal."""
    root = tmp_path / "lake"
    record(root, read_journal(journal / "journal"))
    return root


def own(root: Path, **changes: object) -> ReplayPlan:
    return msgspec.structs.replace(plan_of(root), as_recorded=True, **changes)


def test_files_journal_bronze_and_files_again_publish_the_same(
    played: str, journal: Path, lake: Path, tmp_path: Path
) -> None:
    again = depth_file(tmp_path / "again.mbp-10.dbn.zst", depth_of(own(lake)))
    plans = (own(journal), own(journal / "journal"), own(lake), plan_of(again))
    assert [hash_of(open_source(plan)) for plan in plans] == [played] * 4


@pytest.mark.parametrize("form", ["journal", "lake"])
def test_own_recordings_are_sought_in_too(
    open_screen: Open, journal: Path, lake: Path, small_plan: ReplayPlan, tmp_path: Path, form: str
) -> None:
    plan = own(journal if form == "journal" else lake)
    screen = open_screen(plan, cache=CachePlan(tmp_path / "cache", every_ns=S))
    screen.session.start()
    screen.phase(Phase.ENDED)
    t_ns = START_NS + 11 * S
    screen.session.send(Command.SEEK, t_ns)
    screen.wait(lambda frame: frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED)
    player = open_screen(small_plan, until_ns=t_ns)
    player.session.start()
    frame = player.phase(Phase.PAUSED)
    assert screen.session.signal_hash == player.session.signal_hash
    assert screen.frame().book.tobytes() == frame.book.tobytes()


def test_another_profile_replays_a_recording_under_that_profile(journal: Path, small_plan: ReplayPlan) -> None:
    other = msgspec.structs.replace(small_plan.profile, w_barrier=4.0)
    asked = msgspec.structs.replace(plan_of(journal), profile=other)
    assert hash_of(open_source(asked)) == hash_of(ReplaySource(msgspec.structs.replace(small_plan, profile=other)))


def test_a_simulated_run_says_so_from_its_journal_and_from_its_lake(lake: Path) -> None:
    assert [manifest.simulated for manifest in manifests_of(lake)] == [True]


def test_forms_are_told_apart(small_plan: ReplayPlan, journal: Path, lake: Path) -> None:
    assert form_of(small_plan.sources) is Form.FILES
    assert form_of([journal]) is form_of([journal / "journal"]) is Form.JOURNAL
    assert form_of([lake]) is Form.LAKE


def test_a_journal_among_files_is_refused_in_one_line(small_plan: ReplayPlan, journal: Path) -> None:
    with pytest.raises(SourceError, match="a journal is replayed alone; leave the other sources out"):
        open_source(plan_of(journal, *small_plan.sources))


def test_a_lake_in_a_bucket_publishes_the_same_also_from_a_server_that_fails(
    played: str, journal: Path, tmp_path: Path
) -> None:
    address = f"s3://{BUCKET}/lake"
    with s3_server() as server, FaultyServer(server).running() as faulty:
        record(open_storage(address, spool=tmp_path / "spool", s3_endpoint=server), read_journal(journal / "journal"))
        failed = faulty.fail_each_once(gone_after)
        plan = own(Path(address), s3_endpoint=faulty.url)
        assert form_of(plan.sources) is Form.LAKE
        assert [manifest.simulated for manifest in manifests_of(Path(address), faulty.url)] == [True]
        assert hash_of(open_source(plan)) == played
        assert len(failed) > 5


def test_what_is_not_in_the_bucket_is_named_as_it_was_written() -> None:
    with s3_server() as server, pytest.raises(LakeError) as refused:
        open_source(own(Path(f"s3://{BUCKET}/nothing"), s3_endpoint=server))
    assert str(refused.value) == f"s3://{BUCKET}/nothing: no run is recorded here; name the root of a lake"


def test_a_day_without_a_run_is_answered_with_those_there_are(lake: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no run on 2030-01-04; name another --date; it holds 20\d\d-\d\d-\d\d \(UTC\)"
    ):
        open_source(own(lake, date=20300104))


def half_again(lake: Path, journal: Path) -> ReplayPlan:
    """The lake with a second, newer run of the same date, which broke off before its last records."""
    frames = list(read_journal(journal / "journal"))
    last = max(place for place, frame in enumerate(frames) if frame.kind is FrameKind.RECORDS)
    newer = msgspec.structs.replace(RUN, id="29990101T000000Z-2")
    record(lake, frames[:last], newer, status=RunStatus.TORN)
    return own(lake)


def test_of_several_runs_of_a_date_the_newest_complete_one_is_replayed_and_it_is_said(
    played: str, lake: Path, journal: Path
) -> None:
    plan = half_again(lake, journal)
    assert hash_of(open_source(plan)) == played
    (line,) = runs_left_out(plan)
    assert line.endswith(f": run {RUN.id} (sealed) counts, not 29990101T000000Z-2 (torn)")


def test_another_run_of_a_date_can_be_named(played: str, lake: Path, journal: Path) -> None:
    plan = msgspec.structs.replace(half_again(lake, journal), run="2999")
    assert runs_left_out(plan) == ()
    assert hash_of(open_source(plan)) != played


def test_a_run_is_named_of_a_lake_only(journal: Path) -> None:
    with pytest.raises(SourceError, match="is a journal, and only a lake has several runs; leave --run out"):
        open_source(own(journal, run="2024"))


def test_a_journal_of_another_day_is_refused_in_one_line(journal: Path) -> None:
    with pytest.raises(SourceError, match="holds nothing of 2030-01-04; leave --date out; its session goes from"):
        open_source(own(journal, date=20300104))


DAY_S = 86_400


@pytest.fixture
def days(tmp_path: Path) -> tuple[Path, list[Words]]:
    """A vendor's folder with three files of a day each."""
    words = [busy_words(80, seed=n, start_ns=START_NS + n * DAY_S * S) for n in range(3)]
    for n, day in enumerate(words):
        depth_file(tmp_path / "vendor" / f"{n}.mbp-10.dbn.zst", day, end_ns=int(day[-1, W_TS_RECV]) + 1)
    return tmp_path / "vendor", words


@pytest.fixture(autouse=True)
def vendor(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()


def test_one_day_of_a_vendor_folder_is_that_file_alone(days: tuple[Path, list[Words]], tmp_path: Path) -> None:
    folder, words = days
    alone = depth_file(tmp_path / "alone.mbp-10.dbn", words[1])
    date = int(np.datetime64(START_NS + DAY_S * S, "ns").astype("datetime64[D]").astype(str).replace("-", ""))
    picked = msgspec.structs.replace(plan_of(folder), date=date)
    assert depth_of(picked).tobytes() == words[1].tobytes()
    assert hash_of(open_source(picked)) == hash_of(ReplaySource(plan_of(alone)))


def test_a_day_is_cut_out_of_a_file_that_holds_more(tmp_path: Path) -> None:
    words = np.concatenate([busy_words(80, seed=n, start_ns=START_NS + n * DAY_S * S) for n in range(2)])
    file = depth_file(tmp_path / "both.mbp-10.dbn", words)
    date = int(np.datetime64(START_NS + DAY_S * S, "ns").astype("datetime64[D]").astype(str).replace("-", ""))
    picked = msgspec.structs.replace(plan_of(file, chunk=7), date=date)
    assert depth_of(picked).tobytes() == words[words[:, W_TS_EVENT] >= START_NS + DAY_S * S].tobytes()


def test_a_day_that_no_file_holds_is_told(days: tuple[Path, list[Words]]) -> None:
    with pytest.raises(SourceError, match="no file holds records of 2001-01-03; name another --date; they begin on"):
        open_source(msgspec.structs.replace(plan_of(days[0]), date=20010103))
