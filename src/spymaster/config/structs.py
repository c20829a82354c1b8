"""The configuration as frozen Structs. ``config.toml`` is tested equal to their defaults."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from spymaster.config.alerts import Alerts
from spymaster.config.fields import choice, number, seconds, text
from spymaster.config.profiles import EsProfile, Profile, SpyProfile
from spymaster.errors import ExitCode, UserError


class Live(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[live]``: sessions on vendor feeds."""

    autostart: Annotated[
        bool, choice("Open the vendor connections when the program starts without a command and finds keys.")
    ] = False
    on_hangup: Annotated[
        Literal["continue", "stop"],
        choice("What a live session does when its terminal goes away: carry on without a screen, or stop and seal."),
    ] = "continue"
    equity_dataset: Annotated[
        str,
        text(
            r"^[A-Z0-9]+\.[A-Z0-9]+$",
            "a dataset such as EQUS.MINI",
            "none",
            "Databento's dataset of the share that profile spy converts to: a consolidated one.",
        ),
    ] = "EQUS.MINI"
    equity_vendor: Annotated[
        Literal["auto", "databento", "massive"],
        choice("Who gives the share of profile spy. auto: massive where its key is there, else databento."),
    ] = "auto"
    options_vendor: Annotated[
        Literal["auto", "databento", "massive"],
        choice("Who gives the options of profile spy. auto: massive where its key is there, else databento."),
    ] = "auto"


class Ui(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[ui]``: how the cockpit looks and which keys it answers to."""

    theme: Annotated[
        str, text(r"^\S", "the name of a theme", "none", "Name of a packaged theme or of one in the user's folder.")
    ] = "dark"
    keymap: Annotated[
        str, text(r"^\S", "the name of a keymap or a file", "none", "A keymap: default, vim, or a keymap file.")
    ] = "default"
    glyphs: Annotated[
        Literal["unicode", "ascii"], choice("Characters for states and bars: unicode, or ascii for poor fonts.")
    ] = "unicode"


class Nats(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[nats]``: the optional mirror of a live session onto a NATS server."""

    url: Annotated[
        str,
        text(
            r"^$|^embedded$|^(nats|tls)://[^\s@/,]+/?(,(nats|tls)://[^\s@/,]+/?)*$",
            'empty, "embedded", or nats://HOST:PORT without a user name or a password',
            "none",
            "Server to mirror to; empty turns the mirror off, embedded starts one of our own on this machine. "
            "Passwords and tokens come from the environment: NATS_USER, NATS_PASSWORD, NATS_TOKEN. Several servers of "
            "a cluster are separated by commas.",
        ),
    ] = ""
    mirror: Annotated[
        Literal["signals", "everything"],
        choice("What is mirrored: signals, option flow and alerts, or what arrives from the market too."),
    ] = "signals"
    port: Annotated[
        int, number(0, 65_535, "port", "Where the embedded server listens, on this machine alone; 0 takes any.")
    ] = 4222
    credentials: Annotated[
        str, text(r"^$|^\S.*$", "empty, or a file", "none", "A .creds file that opens the server; else NATS_CREDS.")
    ] = ""
    tls_ca: Annotated[
        str,
        text(
            r"^$|^\S.*$",
            "empty, or a file",
            "none",
            "Certificates that the server's own must come from; else the system's.",
        ),
    ] = ""
    tls_cert: Annotated[
        str, text(r"^$|^\S.*$", "empty, or a file", "none", "Our own certificate, where the server asks for one.")
    ] = ""
    tls_key: Annotated[
        str,
        text(
            r"^$|^\S.*$",
            "empty, or a file",
            "none",
            "The key of our own certificate, where it is not in the same file.",
        ),
    ] = ""
    keep_hours: Annotated[float, number(1, 8760, "h", "How long the server keeps messages.")] = 24.0
    max_gb: Annotated[
        float, number(0, 1_000_000, "GB", "The oldest messages of a stream go before it is larger; 0 is no limit.")
    ] = 0.0
    replicas: Annotated[int, number(1, 5, "servers", "On how many servers of a cluster every message is kept.")] = 1
    pace_mb_s: Annotated[
        float, number(0.1, 10_000, "MB/s", "No more is sent, also where the mirror has a long outage to catch up with.")
    ] = 16.0


class GatewayTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[gateway]``: signals and frames over HTTP and WebSocket, where ``--gateway`` asks for them."""

    listen: Annotated[
        str,
        text(
            r"^\S+:\d{1,5}$",
            "HOST:PORT",
            "none",
            "Where --gateway listens. Any address but a loopback one needs SPYMASTER_GATEWAY_TOKEN in the environment.",
        ),
    ] = "127.0.0.1:8000"
    form: Annotated[
        Literal["native", "classic"],
        choice("Messages of /ws/stream: native, or classic as the predecessor's web pages expect them."),
    ] = "native"
    origin: Annotated[
        str,
        text(
            r"^$|^https?://[^\s/@]+$",
            "empty, or http://HOST:PORT",
            "none",
            "Where pages come from that may connect beside the gateway's own; empty for none.",
        ),
    ] = ""
    clients: Annotated[int, number(1, 10_000, "clients", "WebSockets at a time; a further one is refused.")] = 256
    messages: Annotated[
        float, number(1, 1000, "messages per second", "What one client may send before it is slowed down or sent away.")
    ] = 60.0


class MetricsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[metrics]``: figures for Prometheus, of every process that records, computes or streams."""

    listen: Annotated[
        str,
        text(
            r"^$|^\S+:\d{1,5}$",
            "empty, or HOST:PORT",
            "none",
            "Where figures are served, empty for nowhere; SPYMASTER_METRICS comes before it. Any address but a "
            "loopback one needs SPYMASTER_GATEWAY_TOKEN in the environment.",
        ),
    ] = ""


class LogTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[log]``: session.log and sidecar.log beside a journal; each is begun anew when it is full."""

    max_mb: Annotated[
        float, number(0.01, 10_000, "MB", "A log that has grown to this becomes .1, that .2, and so on.")
    ] = 10.0
    keep: Annotated[int, number(2, 100, "files", "As many files of a log there are at most; the oldest goes.")] = 5


class Cache(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[cache]``: limits of the files that make seeking fast. All of them can be deleted at any time."""

    max_mb: Annotated[int, number(0, 1_000_000, "MB", "Size the cache folder may grow to; the oldest files go.")] = 2048
    max_checkpoints: Annotated[
        int, number(1, 1000, "checkpoints", "Checkpoints of the engine kept for one replayed source.")
    ] = 100
    checkpoint_every: Annotated[float, seconds(10, 86_400, "Event time between two checkpoints.")] = 300.0


class Scoring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[scoring]``: what a model says of a level, beside the score and never part of it."""

    mode: Annotated[
        Literal["off", "shadow", "screen"],
        choice(
            "off: no model is asked. shadow: asked of what is recorded, written down, and shown to nobody. screen: "
            "shown too, on simulated markets with that said beside it, and on a real one once 784 of its attempts "
            "there are decided; until then it speaks in shadow."
        ),
    ] = "shadow"
    model: Annotated[
        str,
        text(
            r"^$|^\S.*$", "empty, or a file", "none", "A model's file, made by learn train; empty for the shipped one."
        ),
    ] = ""
    challenger: Annotated[
        str,
        text(
            r"^$|^\S.*$",
            "empty, or a file",
            "none",
            "A second model's file: asked the same in shadow, so that its record stands beside the first one's.",
        ),
    ] = ""


class Lake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[lake]``: where recorded sessions are kept as Parquet, and for how long."""

    path: Annotated[
        str,
        text(
            r"^$|^s3://[^\s/@]+(/\S*)?$|^(?!s3:)\S.*$",
            "empty, a folder, or s3://BUCKET/PREFIX",
            "none",
            "The lake of the lake commands when none is named. S3 credentials come from the environment.",
        ),
    ] = ""
    s3_endpoint: Annotated[
        str,
        text(
            r"^$|^https?://[^\s@/]+/?$",
            "empty, or http://HOST:PORT or https://HOST",
            "none",
            "A server that speaks S3, in place of Amazon's; empty lets AWS_ENDPOINT_URL decide.",
        ),
    ] = ""
    keep_days: Annotated[
        int, number(0, 36_500, "days", "Sealed runs older than this go when the lake is compacted; 0 keeps all.")
    ] = 0
    max_gb: Annotated[
        float,
        number(0, 1_000_000, "GB", "The oldest sealed runs go until the lake is no larger than this; 0 is no limit."),
    ] = 0.0
    keep_bronze_days: Annotated[
        int, number(0, 36_500, "days", "How long lake retain keeps what arrived (Bronze); 0 keeps all.")
    ] = 0
    keep_gold_days: Annotated[
        int, number(0, 36_500, "days", "How long lake retain keeps what was published (Gold); 0 keeps all.")
    ] = 0


class Profiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[profile.spy]`` and ``[profile.es]``."""

    spy: SpyProfile = SpyProfile()
    es: EsProfile = EsProfile()


PROFILE_NAMES: tuple[str, ...] = Profiles.__struct_fields__
"""The names ``--profile`` accepts; the first is the default."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration: one field for each table of ``config.toml``."""

    live: Live = Live()
    ui: Ui = Ui()
    alerts: Alerts = Alerts()
    nats: Nats = Nats()
    gateway: GatewayTable = GatewayTable()
    metrics: MetricsTable = MetricsTable()
    log: LogTable = LogTable()
    cache: Cache = Cache()
    lake: Lake = Lake()
    scoring: Scoring = Scoring()
    profiles: Profiles = msgspec.field(name="profile", default=Profiles())

    def profile(self, name: str) -> Profile:
        """The profile of that name. Raises UserError listing the valid names."""
        if name not in PROFILE_NAMES:
            remedy = f"choose from {', '.join(PROFILE_NAMES)}"
            raise UserError(f'profile "{name}"', "there is no such profile", remedy, code=ExitCode.USAGE)
        profile: Profile = getattr(self.profiles, name)
        return profile
