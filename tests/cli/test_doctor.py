"""``doctor``: what it looks at, what it says, and the feeds it tries."""

from __future__ import annotations

import json

import pytest

from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.plan import Address
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import reels_of
from spymaster.loopback.pace import PlayedClock
from spymaster.resources import bundled_recording
from spymaster.session.live.day import DayPlan, LiveDay
from spymaster.session.live.feed_check import FeedFinding, check_feeds
from spymaster.session.live.vendors import Accounts, roles_of
from tests.cli.conftest import Run


def test_it_looks_at_everything_a_session_needs(run: Run) -> None:
    result = run("doctor", "--json")
    found = json.loads(result.stdout)
    assert [one["what"] for one in found if one["what"] != "disk"] == [
        *("terminal", "engine", "calendar", "calendar", "key", "key", "clients")
    ]
    assert result.exit_code == (0 if all(one["is_well"] for one in found) else 1)


def test_a_key_is_named_and_never_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABENTO_API_KEY", "db-neverprinted")
    result = run("doctor")
    assert "DATABENTO_API_KEY is set" in result.stdout
    assert "db-neverprinted" not in result.stdout + result.stderr


def test_feeds_without_a_key_say_which_is_missing(run: Run) -> None:
    result = run("doctor", "--feeds")
    assert result.exit_code == 1
    assert "LOOK feeds      DATABENTO_API_KEY MASSIVE_API_KEY POLYGON_API_KEY none is set, neither" in result.stdout


def checked(*, keys: tuple[str, ...]) -> FeedFinding:
    """What is found of the depth feed at a gateway that takes these keys."""
    pytest.importorskip("databento")
    with DatabentoGateway(reels_of([bundled_recording()]), keys=keys) as gateway:
        clock = PlayedClock(gateway.pace)
        address = Address(DEMO_KEY, gateway.host, gateway.port)
        config = load_config()
        accounts = Accounts(databento=address)
        roles = roles_of(config.live, config.profile("es"), accounts)
        plan = DayPlan(profile=config.profile("es"), roles=roles, accounts=accounts, equity_dataset="EQUS.MINI")
        day = LiveDay(plan, clock)
        (found,) = check_feeds(day.feeds, clock)
    return found


def test_a_feed_that_comes_says_what_it_trades_in() -> None:
    found = checked(keys=(DEMO_KEY,))
    assert found.is_well
    assert "instruments are defined" in found.words


def test_a_feed_whose_key_is_refused_says_so_in_the_vendors_words() -> None:
    found = checked(keys=("db-another",))
    assert not found.is_well
    assert "key not accepted" in found.words
