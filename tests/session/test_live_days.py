"""One trade date after the other: the next contract is found, nothing between them is lost, and an end that was asked
for is in order.

The vendor's time stands where a test puts it, and everything is waited for by what it does.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import IO

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.supervision import Limits
from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.journal.format import FrameKind
from spymaster.journal.reader import JournalReader
from spymaster.lake.run_manifest import RunInfo
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel
from spymaster.loopback.databento.session import GatewayConnection
from spymaster.loopback.pace import Pace, PlayedClock
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import by_name
from spymaster.market.frames import ConfigFrame, FeedStatusFrame, Frame, GapFrame, RecordsFrame
from spymaster.market.kinds import NS_PER_MS, NS_PER_S, Kind
from spymaster.market.sessions import et_ns
from spymaster.session.live.day import Before, DayPlan, LiveDay
from spymaster.session.live.days import Lived, LiveDays
from spymaster.session.live.days_before import Wanted
from spymaster.session.live.session import LiveSession
from spymaster.session.live.vendors import Accounts, roles_of
from spymaster.session.record.recording import RunRecording
from spymaster.session.record.sidecar_watch import SidecarWatch
from tests.feeds.test_live_universe import JUNE, MARCH, cleared, definition
from tests.support.live import data_of, market

pytest.importorskip("databento")
pytestmark = pytest.mark.usefixtures("warm")

TUESDAY = dt.date(2026, 3, 17)
PATIENCE_S = 25.0
"""How long anything may take on whatever machine; nothing is decided by it."""
UNHURRIED = Limits(60.0, 1e4, silence_regular_s=0.5, silence_open_s=1e4, heartbeat_grace_s=1e4)
"""No silence ends a session here; what is fetched is over half a second after the vendor has said so."""


def at(hour: int, minute: int, second: int = 0, ms: int = 0) -> int:
    """A time of that Tuesday in New York, ns."""
    return et_ns(TUESDAY, dt.time(hour, minute, second)) + ms * NS_PER_MS


class HandPace(Pace):
    """The time of a played session, moved by hand."""

    def __init__(self, now_ns: int) -> None:
        super().__init__(now_ns, 1.0)
        self.ns = now_ns

    def now_ns(self) -> int:
        """Where it was put."""
        return self.ns

    def seconds_until(self, ns: int) -> float:
        """Soon enough to be asked again."""
        return 0.005 if ns > self.ns else 0.0


def depth(number: int, times: Sequence[int]) -> Records:
    """Depth of a contract at these times."""
    (batch, *_) = market(1.0, per_s=400, seed=number).held
    rows = np.concatenate([batch.arrays[Kind.MBP10]] * (len(times) // 50 + 1))[: len(times)].copy()
    fields = by_name(Kind.MBP10, rows)
    fields["instrument_id"], fields["action"], fields["sequence"] = number, b"A", np.arange(len(times))
    fields["ts_event"], fields["ts_recv"] = times, np.array(times) + 20_000
    return rows


def known(rows: Records, ns: int) -> Records:
    """The record as it was told at a time."""
    rows["ts_event"] = rows["ts_recv"] = ns
    rows["length"], rows["publisher_id"] = rows.dtype.itemsize // 4, 1
    return rows


def week(june: Sequence[int], march: Sequence[int] = ()) -> HeldReel:
    """Two contracts, March the one that was traded most on Monday, June on Tuesday; and their depth at some times."""
    monday_ns = at(9, 0)
    held = [
        Batch.of(Kind.DEF, known(definition("ESH6", 1, "F", MARCH), monday_ns)),
        Batch.of(Kind.DEF, known(definition("ESM6", 2, "F", JUNE), monday_ns)),
        *(
            Batch.of(Kind.STAT, known(cleared(number, volume, day), ns))
            for number, volume, day, ns in (
                (1, 900, TUESDAY - dt.timedelta(days=1), monday_ns),
                (2, 100, TUESDAY - dt.timedelta(days=1), monday_ns),
                (1, 300, TUESDAY, at(17, 30)),
                (2, 700, TUESDAY, at(17, 30)),
            )
        ),
    ]
    for number, times in ((1, march), (2, june)):
        held += [Batch.of(Kind.MBP10, depth(number, [ns])) for ns in times]
    return HeldReel("GLBX.MDP3", {1: "ESH6", 2: "ESM6"}, sorted(held, key=received))


def received(batch: Batch) -> int:
    """When its only record reached the vendor."""
    (rows,) = (by_name(kind, rows) for kind, rows in batch.arrays.items())
    return int(rows["ts_recv"][0])


def idle(_command: Sequence[str], _log: IO[bytes]) -> Popen[bytes]:
    """In place of a sidecar: a process that does nothing."""
    return Popen(["true"])


@dataclass
class Scene:
    """Days being lived on a vendor whose time is moved by hand."""

    pace: HandPace
    folder: Path
    gateway: DatabentoGateway
    symbol: str | None
    wanted: Wanted
    said: list[str] = field(default_factory=list)
    days: LiveDays = field(init=False)

    def begin(self, over: Lived | None, before: Before | None) -> Lived:
        """The session of the present trade date."""
        config = load_config()
        profile = config.profile("es")
        accounts = Accounts(Address(DEMO_KEY, self.gateway.host, self.gateway.port))
        plan = DayPlan(
            profile=profile,
            roles=roles_of(config.live, profile, accounts),
            accounts=accounts,
            equity_dataset="EQUS.MINI",
            symbol=self.symbol,
            limits=UNHURRIED,
            wanted=self.wanted if over is None else Wanted((over.out,)),
        )
        clock = PlayedClock(self.pace)
        day = LiveDay(plan, clock, before)
        out = self.folder / str(day.date)

        def record(frame: ConfigFrame) -> RunRecording:
            run = RunInfo(
                id=f"{day.date}",
                mode="live",
                profile="es",
                symbol=frame.instrument.symbol,
                underlying="ES",
                started_ns=clock.wall_ns(),
                code_version="0",
                config={},
            )
            return RunRecording(
                out, run, clock_ns=run.started_ns, watch=lambda journal: SidecarWatch(journal, start=idle)
            )

        source = day.source(quiet_s=0.05)
        session = LiveSession(source, record, profile=profile, simulated=True, draws=True, is_over=lambda: day.is_over)
        return Lived(day, session, out)

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for something."""
        until_s = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < until_s, (self.days.message, self.said)
            assert not self.days.failure
            time.sleep(0.005)

    def until_day(self, number: int) -> None:
        """Wait until the session of a trade date, counted from 1, is recorded and has asked for depth."""
        self.until(lambda: len(self.days.lived) == number and self.days.session.recording is not None)
        self.until(lambda: sum(map(asks_for_depth, self.gateway.connections)) == number)


def asks_for_depth(connection: GatewayConnection) -> bool:
    """Whether a connection has asked for depth as it comes."""
    return any(one.get("schema") == "mbp-10" and "start" not in one for one in connection.requests)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Live a week's days from a moment of that Tuesday on."""
    scenes: list[Scene] = []
    gateways: list[DatabentoGateway] = []

    def live(
        reel: HeldReel, now_ns: int, *, days: int | None = None, symbol: str | None = None, wanted: Wanted | None = None
    ) -> Scene:
        gateway = DatabentoGateway([reel])
        pace = HandPace(now_ns)
        gateway.pace = pace
        gateways.append(gateway)
        gateway.__enter__()
        one = Scene(pace, tmp_path, gateway, symbol, wanted or Wanted())
        one.days = LiveDays(one.begin, days=days, say=one.said.append)
        one.days.start()
        scenes.append(one)
        return one

    yield live
    for one in scenes:
        one.days.stop()
    for gateway in gateways:
        gateway.__exit__(None, None, None)


def frames_of(lived: Lived) -> list[Frame | EndFrame]:
    """Everything in a session's journal, what was fetched later included."""
    reader = JournalReader(lived.out / "journal")
    outputs = (FrameKind.SIGNAL, FrameKind.ALERT)
    found = [decode_frame(stored) for stored in reader.frames() if stored.kind not in outputs]
    reader.close()
    return found


def depth_in(lived: Lived) -> Counter[bytes]:
    """The depth in a session's journal."""
    batches = (frame.batch for frame in frames_of(lived) if isinstance(frame, RecordsFrame))
    return Counter(row for batch in batches for row in data_of(batch))


def test_at_the_turn_a_new_session_begins_with_the_contract_that_is_now_in_front(
    scene: Callable[..., Scene],
) -> None:
    march = [at(16, 59, 50 + second) for second in range(5)]
    june = [at(18, 0, second) for second in range(5)]
    lived = scene(week(june, march), at(16, 59, 48))
    lived.until_day(1)
    lived.pace.ns = at(16, 59, 58)
    lived.until(lambda: sum(depth_in(lived.days.lived[0]).values()) == 5)
    lived.pace.ns = at(17, 59, 5)
    lived.until_day(2)
    lived.pace.ns = at(18, 0, 8)
    lived.until(lambda: sum(depth_in(lived.days.lived[1]).values()) == 5)
    lived.days.stop()
    first, second = lived.days.lived
    assert (first.day.date, second.day.date) == (20260317, 20260318)
    configs = [frame for one in (first, second) for frame in frames_of(one) if isinstance(frame, ConfigFrame)]
    assert [config.instrument.symbol for config in configs] == ["ESH6", "ESM6"]
    assert sum(depth_in(first).values()) == 5
    (line,) = lived.said
    assert line.startswith("trade date 2026-03-17 is over; ")
    assert line.endswith(f"the next, 2026-03-18, is recorded into {second.out}")
    assert not lived.days.failure
    assert lived.days.latest() is not None


def test_nothing_between_two_trade_dates_is_lost_or_recorded_twice(scene: Callable[..., Scene]) -> None:
    before = [at(16, 59, 50, ms) for ms in range(0, 1000, 50)]
    between = [at(17, 58, 59, ms) for ms in range(900, 1000, 5)] + [at(17, 59, 0, ms) for ms in range(0, 900, 5)]
    after = [at(18, 0, 0, ms) for ms in range(0, 1000, 50)]
    reel = week([*before, *between, *after])
    lived = scene(reel, at(16, 59, 48), symbol="ESM6")
    lived.until_day(1)
    lived.pace.ns = at(16, 59, 55)
    lived.until(lambda: sum(depth_in(lived.days.lived[0]).values()) == len(before))
    # the turn comes while records are on their way: some reach the session that ends, some neither
    lived.pace.ns = at(17, 59, 1)
    lived.until_day(2)
    lived.pace.ns = at(18, 0, 5)

    def told() -> bool:
        words = [frame.detail for frame in frames_of(lived.days.lived[1]) if isinstance(frame, FeedStatusFrame)]
        return any("was filled" in line for line in words)

    lived.until(told)
    lived.days.stop()
    sent = Counter(row for batch in reel.held for row in data_of(batch))
    assert sum((depth_in(one) for one in lived.days.lived), Counter()) == sent


def test_the_time_in_which_the_market_was_closed_is_no_gap(scene: Callable[..., Scene]) -> None:
    lived = scene(week([at(16, 59, 50), at(18, 0, 0), at(18, 0, 1)]), at(16, 59, 48), symbol="ESM6")
    lived.until_day(1)
    lived.pace.ns = at(16, 59, 55)
    lived.until(lambda: sum(depth_in(lived.days.lived[0]).values()) == 1)
    lived.pace.ns = at(17, 59, 2)
    lived.until_day(2)
    lived.pace.ns = at(18, 0, 5)
    lived.until(lambda: sum(depth_in(lived.days.lived[1]).values()) == 2)
    lived.days.stop()
    gaps = [frame for frame in frames_of(lived.days.lived[1]) if isinstance(frame, GapFrame)]
    assert all(gap.to_ns - gap.from_ns < 60 * NS_PER_S for gap in gaps)


def test_the_next_trade_date_looks_back_on_the_bars_of_the_one_before(scene: Callable[..., Scene]) -> None:
    before = [at(16, 58, second) for second in range(0, 60, 5)]
    reel = week([*before, at(18, 0, 0)])
    for batch in reel.held:
        if Kind.MBP10 in batch.arrays:
            by_name(Kind.MBP10, batch.arrays[Kind.MBP10])["action"] = b"T"
    lived = scene(reel, at(16, 57), symbol="ESM6")
    lived.until_day(1)
    lived.pace.ns = at(16, 59, 59)
    lived.until(lambda: sum(depth_in(lived.days.lived[0]).values()) == len(before))
    lived.pace.ns = at(17, 59, 2)
    lived.until_day(2)
    lived.days.stop()
    found = [frame.batch for frame in frames_of(lived.days.lived[1]) if isinstance(frame, RecordsFrame)]
    (bars,) = [batch.arrays[Kind.BAR] for batch in found if Kind.BAR in batch.arrays]
    assert bars["ts_event"].tolist() == [at(16, 58)]
    assert bars["volume"].tolist() == [sum(int(row["size"]) for row in sizes(reel, len(before)))]


def sizes(reel: HeldReel, count: int) -> list[np.void]:
    """The first records of depth of a reel."""
    rows = [by_name(Kind.MBP10, batch.arrays[Kind.MBP10])[0] for batch in reel.held if Kind.MBP10 in batch.arrays]
    return rows[:count]


def test_a_session_that_was_asked_for_one_day_ends_in_order_with_one_line(scene: Callable[..., Scene]) -> None:
    lived = scene(week([at(16, 59, 50)]), at(16, 59, 48), days=1, symbol="ESM6")
    lived.until_day(1)
    lived.pace.ns = at(17, 59, 1)
    lived.until(lived.days.ended.is_set)
    (one,) = lived.days.lived
    assert one.session.is_complete
    assert not one.session.failure
    (line,) = lived.said
    assert line.startswith("trade date 2026-03-17 is over; ")
    assert line.endswith("it was asked for 1 of them: the session ends")


def test_bars_that_were_named_come_after_the_configuration_and_before_the_first_record(
    scene: Callable[..., Scene], tmp_path: Path
) -> None:
    bars = tmp_path / "monday.csv"
    start = dt.datetime(2026, 3, 16, 15, 0, tzinfo=dt.UTC)
    lines = [f"{(start + dt.timedelta(minutes=n)).isoformat()},6700,6710.25,6690,6705,{n + 1}" for n in range(3)]
    bars.write_text("\n".join(["time,open,high,low,close,volume", *lines]))
    lived = scene(week([at(16, 59, 50)]), at(16, 59, 48), symbol="ESM6", wanted=Wanted((bars,)))
    lived.until_day(1)
    lived.pace.ns = at(16, 59, 55)
    lived.until(lambda: sum(depth_in(lived.days.lived[0]).values()) == 1)
    lived.days.stop()
    config, history, *_ = frames_of(lived.days.lived[0])
    assert isinstance(config, ConfigFrame)
    assert isinstance(history, RecordsFrame)
    assert history.batch.arrays[Kind.BAR]["volume"].tolist() == [1, 2, 3]


def test_bars_of_nothing_that_is_traded_end_the_session_before_anything_is_recorded(
    scene: Callable[..., Scene], tmp_path: Path
) -> None:
    bars = tmp_path / "empty.csv"
    bars.write_text("what,is,this\n1,2,3\n")
    lived = scene(week([at(16, 59, 50)]), at(16, 59, 48), symbol="ESM6", wanted=Wanted((bars,)))
    lived.until(lived.days.ended.is_set)
    (one,) = lived.days.lived
    assert one.session.recording is None
    assert str(bars) in str(one.session.error)
