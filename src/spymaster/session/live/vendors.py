"""Which vendor gives what to a session: by the configuration, and by the keys that are there."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from spymaster.config.structs import Live
from spymaster.errors import ExitCode, UserError
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.session.live.keys import DATABENTO, MASSIVE, Key, find_key, no_key

if TYPE_CHECKING:
    from spymaster.config.profiles import Profile

WITHOUT_DEPTH: Final = (
    "depth and trades of {product}: from nobody, {variable} is not set. Lost: the book, barriers, the tape, the "
    "measured ratio, and with them every score and alert; left are {share}, its options, the levels and dealers' "
    "hedging at each"
)


class Vendor(enum.StrEnum):
    """Who sells data."""

    DATABENTO = "databento"
    MASSIVE = "massive"


_NAMES: Final = {Vendor.DATABENTO: DATABENTO, Vendor.MASSIVE: MASSIVE}
_AUTO: Final = "auto"


class Accounts(msgspec.Struct, frozen=True):
    """Where the vendors are, and with which key they let in; None: there is no key. ``names``: of the keys, by vendor,
    as they were found."""

    databento: Address | None = None
    massive: MassiveAddress | None = None
    names: Mapping[Vendor, str] = {}

    def has(self, vendor: Vendor) -> bool:
        """Whether there is a key."""
        return (self.databento if vendor is Vendor.DATABENTO else self.massive) is not None

    def name_of(self, vendor: Vendor) -> str:
        """The name of the vendor's key, for people."""
        return self.names.get(vendor, _NAMES[vendor][0])


class Roles(msgspec.Struct, frozen=True):
    """Who gives what; None: nobody. ``share`` None also where the profile converts to none."""

    depth: Vendor | None
    options: Vendor | None
    share: Vendor | None

    @property
    def vendors(self) -> frozenset[Vendor]:
        """All that are asked for anything."""
        return frozenset(filter(None, (self.depth, self.options, self.share)))


def found_keys() -> dict[Vendor, Key]:
    """The keys of the environment and the keyring."""
    found = {vendor: find_key(names) for vendor, names in _NAMES.items()}
    return {vendor: key for vendor, key in found.items() if key is not None}


def accounts_of(keys: Mapping[Vendor, Key]) -> Accounts:
    """The vendors' own addresses with these keys."""
    databento, massive = keys.get(Vendor.DATABENTO), keys.get(Vendor.MASSIVE)
    return Accounts(
        None if databento is None else Address(databento.secret),
        None if massive is None else MassiveAddress(massive.secret),
        {vendor: key.name for vendor, key in keys.items()},
    )


def roles_of(live: Live, profile: Profile, accounts: Accounts) -> Roles:
    """Who is to give what. Raises UserError where a key is missing that is needed or was asked for."""
    has_databento, has_massive = accounts.has(Vendor.DATABENTO), accounts.has(Vendor.MASSIVE)
    if not profile.underlying_symbol:
        if not has_databento:
            other = accounts.name_of(Vendor.MASSIVE) if has_massive else ""
            raise no_key(DATABENTO, f"{other} gives no {profile.product}" if other else "")
        return Roles(Vendor.DATABENTO, Vendor.DATABENTO, None)
    if not (has_databento or has_massive):
        raise no_key((*DATABENTO, *MASSIVE), "")
    return Roles(
        depth=Vendor.DATABENTO if has_databento else None,
        options=_chosen("options_vendor", live.options_vendor, accounts),
        share=_chosen("equity_vendor", live.equity_vendor, accounts),
    )


def role_lines(roles: Roles, profile: Profile, accounts: Accounts) -> tuple[str, ...]:
    """Who gives what, a line each, and what is lost where nobody gives the depth."""

    def by(vendor: Vendor) -> str:
        return f"{vendor.capitalize()} ({accounts.name_of(vendor)})"

    share = profile.underlying_symbol
    lines = []
    if roles.depth is not None:
        lines.append(f"depth and trades of {profile.product}: {by(roles.depth)}")
    else:
        lines.append(WITHOUT_DEPTH.format(product=profile.product, variable=DATABENTO[0], share=share))
    if roles.share is not None:
        lines.append(f"{share}: {by(roles.share)}")
    if roles.options is not None:
        extra = ", with its greeks" if roles.options is Vendor.MASSIVE else ""
        lines.append(f"options of the day on {share or profile.product}: {by(roles.options)}{extra}")
    return tuple(lines)


def _chosen(key: str, configured: str, accounts: Accounts) -> Vendor:
    if configured == _AUTO:
        return Vendor.MASSIVE if accounts.has(Vendor.MASSIVE) else Vendor.DATABENTO
    vendor = Vendor(configured)
    if not accounts.has(vendor):
        names = " or ".join(_NAMES[vendor])
        problem = f"is {configured}, and its key is set neither in the environment nor in the system's keyring"
        raise UserError(f"[live] {key}", problem, f"set {names}, or write {_AUTO}", code=ExitCode.USAGE)
    return vendor
