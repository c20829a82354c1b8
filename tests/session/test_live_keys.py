"""Keys: where they are looked for, that none is ever shown, who holds one, and what a refusal tells the user to do."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from spymaster.config.loader import load_config
from spymaster.errors import UserError
from spymaster.feeds.databento_live.plan import Address
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.pace import PlayedClock
from spymaster.market.frames import ConfigFrame
from spymaster.session.live.day import DayPlan, LiveDay
from spymaster.session.live.keys import DATABENTO, KEY_VARIABLES, MASSIVE, Key, find_key, refusal
from spymaster.session.live.owner import ask_to_end, lock_of, owned, owner_of
from spymaster.session.live.session import LiveSession
from spymaster.session.live.vendors import Accounts, Vendor, roles_of
from spymaster.session.record.recording import RunRecording
from tests.support.live import market

SECRET = "db-thiskeymustnotbeseenanywhere0"


def test_the_first_name_that_is_set_counts() -> None:
    environment = {"POLYGON_API_KEY": "old", "MASSIVE_API_KEY": "new", "DATABENTO_API_KEY": "  "}
    assert find_key(MASSIVE, environment) == Key("MASSIVE_API_KEY", "new")
    assert find_key(DATABENTO, environment) is None
    assert find_key(KEY_VARIABLES, {}) is None


def test_a_key_is_shown_by_its_name_alone_also_in_a_traceback() -> None:
    key = find_key(DATABENTO, {"DATABENTO_API_KEY": SECRET})
    assert key is not None
    assert key.secret == SECRET
    address = Address(key.secret)
    try:
        raise RuntimeError(f"{key!r} {key} {address!r} {address}")
    except RuntimeError:
        assert SECRET not in traceback.format_exc()


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("key not accepted: Authentication failed", "check the key in VARIABLE"),
        ("error from the vendor: Key deactivated", "make a new key at the vendor and set VARIABLE"),
        ("error from the vendor: API key expired", "make a new key at the vendor and set VARIABLE"),
        ("A live data license is required to access OPRA.PILLAR.", "ask the vendor for live data of it"),
        ("error: You are not authorized to access T.SPY.", "ask the vendor for live data of it"),
        ("not entitled to the option chain: HTTP status 403 (Forbidden)", "ask the vendor for live data of it"),
        ("key not accepted for the option chain: HTTP status 401 (Unknown API Key)", "check the key in VARIABLE"),
        ("max_connections; another program uses this key", "end the other program that uses VARIABLE"),
    ],
)
def test_each_refusal_has_a_remedy_of_its_own(said: str, remedy: str) -> None:
    assert f"live: {said}; {remedy}" in str(refusal(said, "VARIABLE"))


@pytest.mark.usefixtures("warm")
def test_a_wrong_key_ends_a_session_before_anything_is_recorded() -> None:
    def begin(_config: ConfigFrame) -> RunRecording:
        raise AssertionError("nothing came, so there is nothing to record")

    profile = load_config().profile("es")
    with DatabentoGateway([market(5)], keys=("db-another-key",)) as gateway:
        clock = PlayedClock(gateway.pace)
        accounts = Accounts(Address(SECRET, gateway.host, gateway.port), names={Vendor.DATABENTO: DATABENTO[0]})
        roles = roles_of(load_config().live, profile, accounts)
        day = LiveDay(DayPlan(profile=profile, roles=roles, accounts=accounts, equity_dataset="EQUS.MINI"), clock)
        session = LiveSession(day.source(quiet_s=0.25), begin, profile=profile, simulated=True, draws=False)
        session.start()
        assert session.ended.wait(240.0)
    assert session.recording is None
    assert session.error is not None
    assert str(session.error).startswith("live: Databento GLBX.MDP3: key not accepted: ")
    assert SECRET not in str(session.error)
    assert str(session.error).endswith("check the key in DATABENTO_API_KEY")


def test_a_second_owner_is_told_who_since_when_and_how_to_end_it(tmp_path: Path) -> None:
    lock = lock_of(tmp_path, "key", DEMO_KEY)
    assert owner_of(lock) is None
    with owned(lock, "DATABENTO_API_KEY", tmp_path / "out"):
        refused = pytest.raises(UserError, match=f"in use by process {os.getpid()} since .* run .*out --stop")
        with refused, owned(lock, "DATABENTO_API_KEY", tmp_path / "other"):
            pass
        found = owner_of(lock)
        assert found is not None
        assert (found.pid, found.out) == (os.getpid(), str(tmp_path / "out"))
    assert owner_of(lock) is None


def test_a_lock_does_not_tell_the_key_and_only_the_user_can_read_it(tmp_path: Path) -> None:
    lock = lock_of(tmp_path, "key", SECRET)
    with owned(lock, "DATABENTO_API_KEY", tmp_path):
        assert SECRET not in lock.name + lock.read_text()
        assert lock.stat().st_mode & 0o077 == 0


HOLD = """
import sys, time
from pathlib import Path
from spymaster.session.live.owner import owned
with owned(Path(sys.argv[1]), "it", Path("out")):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> tuple[Path, subprocess.Popen[str]]:
    """A lock held by a process of its own."""
    lock = tmp_path / "it.lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return lock, process


def test_a_process_that_was_killed_holds_nothing(holder: tuple[Path, subprocess.Popen[str]]) -> None:
    lock, process = holder
    assert owner_of(lock) is not None
    process.kill()
    process.wait()
    assert owner_of(lock) is None
    assert ask_to_end(lock, 5.0) is None


def test_whoever_holds_it_is_asked_to_end_and_waited_for(holder: tuple[Path, subprocess.Popen[str]]) -> None:
    lock, process = holder
    owner = ask_to_end(lock, 30.0)
    assert owner is not None
    assert owner.pid == process.pid
    assert process.wait(120) == -15
