"""Who gives what to a live session: by the keys that are there and by configuration; and what is said without one."""

from __future__ import annotations

import msgspec
import pytest

from spymaster.config.loader import load_config
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.session.live.keys import Key
from spymaster.session.live.vendors import Accounts, Roles, Vendor, accounts_of, role_lines, roles_of

CONFIG = load_config()
SPY, ES = CONFIG.profile("spy"), CONFIG.profile("es")
DATABENTO, MASSIVE = Vendor.DATABENTO, Vendor.MASSIVE
NAMES = {DATABENTO: "DATABENTO_API_KEY", MASSIVE: "POLYGON_API_KEY"}
ONE = Accounts(Address("db-secret"), None, {DATABENTO: NAMES[DATABENTO]})
OTHER = Accounts(None, MassiveAddress("m-secret"), {MASSIVE: NAMES[MASSIVE]})
BOTH = Accounts(ONE.databento, OTHER.massive, NAMES)
NEITHER = Accounts()


def test_with_both_keys_depth_is_of_one_vendor_and_the_share_with_its_options_of_the_other() -> None:
    assert roles_of(CONFIG.live, SPY, BOTH) == Roles(depth=DATABENTO, options=MASSIVE, share=MASSIVE)


def test_with_databentos_key_alone_everything_is_its() -> None:
    assert roles_of(CONFIG.live, SPY, ONE) == Roles(depth=DATABENTO, options=DATABENTO, share=DATABENTO)


def test_with_massives_key_alone_a_session_runs_without_depth() -> None:
    assert roles_of(CONFIG.live, SPY, OTHER) == Roles(depth=None, options=MASSIVE, share=MASSIVE)


def test_futures_profiles_ask_massive_for_nothing() -> None:
    roles = roles_of(CONFIG.live, ES, BOTH)
    assert roles == Roles(depth=DATABENTO, options=DATABENTO, share=None)
    assert roles.vendors == {DATABENTO}


@pytest.mark.parametrize("options", list(Vendor))
@pytest.mark.parametrize("share", list(Vendor))
def test_the_configuration_decides_where_it_says_something(options: Vendor, share: Vendor) -> None:
    live = msgspec.structs.replace(CONFIG.live, options_vendor=options.value, equity_vendor=share.value)
    assert roles_of(live, SPY, BOTH) == Roles(depth=DATABENTO, options=options, share=share)


def test_a_vendor_that_was_asked_for_needs_its_key() -> None:
    live = msgspec.structs.replace(CONFIG.live, options_vendor="massive")
    with pytest.raises(UserError) as refused:
        roles_of(live, SPY, ONE)
    text = str(refused.value)
    assert text.startswith("[live] options_vendor: is massive, and its key is set neither")
    assert text.endswith("set MASSIVE_API_KEY or POLYGON_API_KEY, or write auto")
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("profile", "accounts", "start"),
    [
        (SPY, NEITHER, "DATABENTO_API_KEY MASSIVE_API_KEY POLYGON_API_KEY: none is set, neither in the environment"),
        (ES, NEITHER, "DATABENTO_API_KEY: is set neither in the environment nor in the system's keyring"),
        (ES, OTHER, "DATABENTO_API_KEY: is set neither in the environment nor in the system's keyring"),
    ],
    ids=["spy without keys", "es without keys", "es with the other's"],
)
def test_without_a_key_one_line_names_the_variables_and_what_still_works(
    profile: object, accounts: Accounts, start: str
) -> None:
    with pytest.raises(UserError) as refused:
        roles_of(CONFIG.live, profile, accounts)  # type: ignore[arg-type]
    text = str(refused.value)
    assert text.startswith(start)
    assert text.endswith("without a key these work: live --demo, replay, simulate")
    assert "\n" not in text
    assert refused.value.code is ExitCode.USAGE


def test_who_gives_what_is_said_with_the_names_of_the_keys() -> None:
    assert role_lines(roles_of(CONFIG.live, SPY, BOTH), SPY, BOTH) == (
        "depth and trades of ES: Databento (DATABENTO_API_KEY)",
        "SPY: Massive (POLYGON_API_KEY)",
        "options of the day on SPY: Massive (POLYGON_API_KEY), with its greeks",
    )


def test_without_depth_it_is_said_what_is_lost_and_what_is_left() -> None:
    first, *_ = role_lines(roles_of(CONFIG.live, SPY, OTHER), SPY, OTHER)
    assert first.startswith(
        "depth and trades of ES: from nobody, DATABENTO_API_KEY is not set. Lost: the book, barriers"
    )
    assert "every score and alert; left are SPY, its options" in first


def test_keys_are_put_into_addresses_and_shown_by_name_alone() -> None:
    accounts = accounts_of(
        {DATABENTO: Key("DATABENTO_API_KEY", "db-s3cret"), MASSIVE: Key("MASSIVE_API_KEY", "m-s3cret")}
    )
    assert accounts.name_of(MASSIVE) == "MASSIVE_API_KEY"
    assert accounts.databento is not None
    assert accounts.massive is not None
    assert (accounts.databento.key, accounts.massive.key) == ("db-s3cret", "m-s3cret")
    assert "s3cret" not in repr(accounts)
