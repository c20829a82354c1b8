"""A session's feeds by the vendors there are: without depth it runs with what it has; each refusal has its own line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import IO

import pytest

from spymaster.config.loader import load_config
from spymaster.errors import UserError
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.supervision import Limits
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.lake.run_manifest import RunInfo
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.massive.reel import MassiveReel, massive_reel
from spymaster.loopback.massive.server import DEMO_KEY as MASSIVE_KEY
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble, RestAct, RestTrouble
from spymaster.loopback.pace import Pace, PlayedClock
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.frames import ConfigFrame, FeedStatusFrame, TapeFrom
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.engine import Engine
from spymaster.session.live.day import DayPlan, LiveDay
from spymaster.session.live.feed_check import check_feeds
from spymaster.session.live.session import LiveSession
from spymaster.session.live.vendors import Accounts, Vendor, roles_of
from spymaster.session.record.recording import RunRecording
from spymaster.session.record.sidecar_watch import SidecarWatch
from spymaster.session.sources.journal_source import JournalSource
from spymaster.signals.blocks import check_levels, published
from spymaster.signals.frame import Frame
from spymaster.signals.hash import SignalHash
from tests.support.live import market
from tests.support.massive import T0_NS, option, option_market, share_market

pytest.importorskip("databento")
pytest.importorskip("polygon")
pytestmark = pytest.mark.usefixtures("warm")

RECORDING = Path(__file__).parents[2] / "recordings/gamma-squeeze"
SPEED = 20.0
PATIENCE_S = 90.0
SHORT = Limits().scaled(0.05)
UNHURRIED = Limits(60.0, 1e4, 1e4, 1e4, heartbeat_grace_s=1e4)
NAMES = {Vendor.DATABENTO: "DATABENTO_API_KEY", Vendor.MASSIVE: "MASSIVE_API_KEY"}


def day_of(
    profile: str,
    pace: Pace,
    *,
    massive: MassiveServer | None = None,
    gateway: DatabentoGateway | None = None,
    limits: Limits = UNHURRIED,
    key: str = "",
) -> LiveDay:
    """The day's session on the vendors there are."""
    config = load_config()
    accounts = Accounts(
        None if gateway is None else Address(key or DEMO_KEY, gateway.host, gateway.port),
        None
        if massive is None
        else MassiveAddress(key or MASSIVE_KEY, massive.socket_host, massive.rest_host, is_secure=False),
        NAMES,
    )
    plan = DayPlan(
        profile=config.profile(profile),
        roles=roles_of(config.live, config.profile(profile), accounts),
        accounts=accounts,
        equity_dataset="EQUS.MINI",
        limits=limits,
        pace=pace.speed,
    )
    return LiveDay(plan, PlayedClock(pace))


def idle(_command: Sequence[str], _log: IO[bytes]) -> Popen[bytes]:
    """In place of a sidecar: a process that does nothing."""
    return Popen(["true"])


def session_of(day: LiveDay, profile: str, out: Path, *, is_over: Callable[[], bool] = lambda: False) -> LiveSession:
    """A session that records, without a lake."""

    def begin(frame: ConfigFrame) -> RunRecording:
        run = RunInfo(
            id="1",
            mode="live",
            profile=profile,
            symbol=frame.instrument.symbol,
            underlying="SPY",
            started_ns=T0_NS,
            code_version="0",
            config={},
        )
        return RunRecording(out, run, clock_ns=T0_NS, watch=lambda journal: SidecarWatch(journal, start=idle))

    return LiveSession(
        day.source(quiet_s=0.25 / SPEED),
        begin,
        profile=load_config().profile(profile),
        simulated=True,
        draws=True,
        is_over=is_over,
        follow=day.own_greeks.follow,
        difference=lambda: day.difference,
    )


@dataclass(frozen=True)
class WithoutDepth:
    """A session with Massive's key alone, lived until the options said something."""

    session: LiveSession
    journal: Path
    frame: Frame


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> WithoutDepth:
    """The session, lived once."""
    request.getfixturevalue("warm")
    out = tmp_path_factory.mktemp("alone") / "out"
    reel = massive_reel([RECORDING])
    start_ns = reel.clusters["options"][0].due_ns - 5 * NS_PER_S
    with MassiveServer(reel, speed=SPEED, start_ns=start_ns) as server:
        day = day_of("spy", server.pace, massive=server)
        session = session_of(day, "spy", out)
        session.start()
        until_s = time.monotonic() + PATIENCE_S
        while not knows_hedging(session.latest()):
            assert time.monotonic() < until_s, session.message
            assert not session.ended.is_set(), session.failure
            time.sleep(0.01)
        session.stop()
    assert not session.failure
    frame = session.latest()
    assert frame is not None
    return WithoutDepth(session, out / "journal", frame)


def knows_hedging(frame: Frame | None) -> bool:
    """Whether a frame says what dealers' hedging does."""
    return frame is not None and len(frame.options) > 0 and bool(frame.options["hedge"][0] == frame.options["hedge"][0])


def test_without_depth_the_share_its_options_and_dealers_hedging_are_there(alone: WithoutDepth) -> None:
    assert alone.frame.header.spot == pytest.approx(688.0, abs=5.0)
    assert len(alone.frame.levels) > 5
    assert (alone.frame.levels["hedge"] == alone.frame.levels["hedge"]).all()
    assert {trust.name: trust.state for trust in alone.frame.trust}["depth"] == "ABSENT"


def test_without_depth_nothing_is_scored_and_nothing_rings(alone: WithoutDepth) -> None:
    assert not (alone.frame.levels["score"] == alone.frame.levels["score"]).any()
    assert alone.session.totals is not None
    assert alone.session.totals.tally.alerts == 0


def test_that_nobody_gives_the_depth_is_journalled_in_words(alone: WithoutDepth) -> None:
    frames = list(JournalSource(alone.journal).frames())
    assert isinstance(frames[0], ConfigFrame)
    assert frames[0].tape_from is TapeFrom.TRADES
    said = next(frame for frame in frames if isinstance(frame, FeedStatusFrame) and frame.feed == "depth")
    assert "from nobody, DATABENTO_API_KEY is not set. Lost: the book" in said.detail


def test_a_session_without_depth_replays_to_the_same_signals(alone: WithoutDepth) -> None:
    engine, signal_hash = Engine(snaps_per_block=7), SignalHash()
    for frame in JournalSource(alone.journal).frames():
        for block in engine.feed(frame):
            signal_hash.update(block)
    for block in engine.finish():
        signal_hash.update(block)
    assert alone.session.totals is not None
    assert signal_hash.hexdigest() == alone.session.totals.hash.hexdigest()


def test_what_is_published_without_depth_can_be_exported(alone: WithoutDepth) -> None:
    engine = Engine()
    rows = 0
    for frame in JournalSource(alone.journal).frames():
        for block in engine.feed(frame):
            levels = published(block)
            check_levels(block, levels, ())
            rows += len(levels.numbers)
    assert rows > 0


def refused(day: LiveDay, profile: str, tmp_path: Path) -> str:
    """The one line with which a session ends that no vendor lets in."""
    session = session_of(day, profile, tmp_path / "out")
    session.start()
    assert session.ended.wait(PATIENCE_S), session.message
    assert session.recording is None
    error: UserError = session.error or day.refusal(session.refused)
    text = str(error)
    assert "\n" not in text
    assert DEMO_KEY not in text
    assert MASSIVE_KEY not in text
    return text


SMALL = MassiveReel(
    {"stocks": share_market(600), "options": option_market(600, [660], step_ms=1000)}, open_interest={option(660): 7}
)


@pytest.mark.parametrize(
    ("script", "rest", "keys", "words", "remedy"),
    [
        ((), (), ("another",), "key not accepted", "check the key in MASSIVE_API_KEY"),
        (
            (MassiveTrouble(MassiveAct.NOT_AUTHORIZED, connection=None),),
            (RestTrouble(RestAct.STATUS, times=99, code=403, text="You are not entitled to this data."),),
            (MASSIVE_KEY,),
            "not entitled",
            "ask the vendor for live data of it",
        ),
        (
            (MassiveTrouble(MassiveAct.AUTH, connection=None, status="auth_failed", text="Your API key has expired"),),
            (RestTrouble(RestAct.STATUS, times=99, code=401, text="Your API key has expired"),),
            (MASSIVE_KEY,),
            "expired",
            "make a new key at the vendor and set MASSIVE_API_KEY",
        ),
    ],
    ids=["a wrong key", "no entitlement", "an expired key"],
)
def test_each_refusal_of_massives_has_a_line_of_its_own(
    script: Sequence[MassiveTrouble],
    rest: Sequence[RestTrouble],
    keys: Sequence[str],
    words: str,
    remedy: str,
    tmp_path: Path,
) -> None:
    with MassiveServer(SMALL, script=script, rest_script=rest, keys=keys) as server:
        line = refused(day_of("spy", server.pace, massive=server, limits=SHORT), "spy", tmp_path)
    assert line.startswith("live: Massive ")
    assert words in line
    assert remedy in line


@pytest.mark.parametrize(
    ("script", "keys", "dataset", "words", "remedy"),
    [
        ((), ("another",), "GLBX.MDP3", "key not accepted", "check the key in DATABENTO_API_KEY"),
        ((), (DEMO_KEY,), "XNAS.ITCH", "live data license is required", "ask the vendor for live data of it"),
        (
            (Trouble(Act.ERROR, connection=None, code=2, text="API key deactivated"),),
            (DEMO_KEY,),
            "GLBX.MDP3",
            "API key deactivated",
            "make a new key at the vendor and set DATABENTO_API_KEY",
        ),
    ],
    ids=["a wrong key", "no entitlement", "an expired key"],
)
def test_each_refusal_of_databentos_has_a_line_of_its_own(
    script: Sequence[Trouble], keys: Sequence[str], dataset: str, words: str, remedy: str, tmp_path: Path
) -> None:
    reel = market(30)
    reel = type(reel)(dataset, reel.symbols, reel.held)
    with DatabentoGateway([reel], script=script, keys=keys) as gateway:
        line = refused(day_of("es", gateway.pace, gateway=gateway), "es", tmp_path)
    assert line.startswith("live: Databento GLBX.MDP3: ")
    assert words in line
    assert remedy in line


def test_a_check_of_massives_feeds_says_what_each_gives_and_how_far_the_clocks_are() -> None:
    with MassiveServer(SMALL) as server:
        day = day_of("spy", server.pace, massive=server)
        chain, stocks, options = check_feeds(day.feeds, PlayedClock(server.pace), PATIENCE_S)
    assert (chain.is_well, stocks.is_well, options.is_well) == (True, True, True)
    assert chain.words == "the chain is there, with the vendor's greeks"
    assert stocks.words == "connected, records of 2 subscriptions come"
    assert options.words == "connected, records of 4 subscriptions come"
    assert stocks.lag_ms is not None
    assert chain.lag_ms is None
    assert not stocks.is_databento


def test_a_check_says_of_each_feed_of_massives_what_it_is_refused() -> None:
    script = [MassiveTrouble(MassiveAct.NOT_AUTHORIZED, connection=None, cluster="stocks")]
    with MassiveServer(SMALL, script=script) as server:
        day = day_of("spy", server.pace, massive=server, limits=SHORT)
        chain, stocks, options = check_feeds(day.feeds, PlayedClock(server.pace), PATIENCE_S)
    assert (chain.is_well, stocks.is_well, options.is_well) == (True, False, True)
    assert "not authorized" in stocks.words
