"""A NATS server that asks who comes: certificates of a CA of our own, a client's certificate, a .creds file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from spymaster.bus.nats.credentials import Secrets
from spymaster.journal.mirror_plan import BusAddress
from spymaster.journal.mirror_status import MirrorState, read_mirror_status
from tests.support.mirrored import MirrorScene, mirror_to
from tests.support.nats_secrets import Certificates, certificates, operator
from tests.support.nats_server import NatsServer


@pytest.fixture
def scene(tmp_path: Path) -> MirrorScene:
    scene = MirrorScene(tmp_path / "journal")
    scene.step(2)
    scene.writer.close()
    return scene


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(tmp_path: Path, files: Certificates) -> Iterator[NatsServer]:
    """One that speaks TLS alone, and asks for a client's certificate, a user and a password."""
    tls = f'cert_file: "{files.server}", key_file: "{files.server_key}", ca_file: "{files.ca}", verify: true'
    who = 'authorization: {user: "desk", password: "s3cret"}'
    server = NatsServer(tmp_path / "nats", settings=f"tls: {{{tls}}}\n{who}")
    yield server
    server.stop()


DESK = Secrets(user="desk", password="s3cret")


def address_of(server: NatsServer, files: Certificates) -> BusAddress:
    url = server.url.replace("nats://", "tls://")
    return BusAddress(url, tls_ca=str(files.ca), tls_cert=str(files.client), tls_key=str(files.client_key))


async def refusal(scene: MirrorScene, address: BusAddress, secrets: Secrets = DESK) -> str:
    """Why a mirror could not bring anything there."""
    while True:
        assert not await mirror_to(scene, address, patience_s=0.0, secrets=secrets).run()
        status = read_mirror_status(scene.journal)
        assert status is not None
        assert status.state is MirrorState.LEFT
        assert "\n" not in status.reason
        assert "s3cret" not in status.reason
        # on a machine that is busy enough a server does not even refuse in time
        if "in time" not in status.reason:
            return status.reason


async def test_a_run_is_mirrored_over_tls_with_a_certificate_of_ones_own(
    scene: MirrorScene, server: NatsServer, files: Certificates
) -> None:
    assert await mirror_to(scene, address_of(server, files), secrets=DESK).run()
    status = read_mirror_status(scene.journal)
    assert status is not None
    assert status.counts.acked > 10


async def test_a_server_whose_ca_is_not_known_is_not_believed(
    scene: MirrorScene, server: NatsServer, files: Certificates
) -> None:
    unknown = msgspec.structs.replace(address_of(server, files), tls_ca="")
    assert "certificate verify failed" in (await refusal(scene, unknown)).lower()


async def test_a_server_of_another_name_is_not_believed(
    scene: MirrorScene, server: NatsServer, files: Certificates
) -> None:
    address = address_of(server, files)
    other = msgspec.structs.replace(address, url=address.url.replace("127.0.0.1", "localhost"))
    assert "certificate verify failed" in (await refusal(scene, other)).lower()


async def test_who_shows_no_certificate_is_let_go(scene: MirrorScene, server: NatsServer, files: Certificates) -> None:
    assert await refusal(scene, msgspec.structs.replace(address_of(server, files), tls_cert="", tls_key=""))


async def test_a_wrong_password_is_refused(scene: MirrorScene, server: NatsServer, files: Certificates) -> None:
    wrong = Secrets(user="desk", password="wrong")
    assert "authorization violation" in (await refusal(scene, address_of(server, files), wrong)).lower()


async def test_a_credentials_file_opens_a_server_of_an_operator(scene: MirrorScene, tmp_path: Path) -> None:
    desk = operator(tmp_path / "operator")
    server = NatsServer(tmp_path / "nats", settings=desk.settings)
    try:
        assert "authorization violation" in (await refusal(scene, server.address, Secrets())).lower()
        stranger = BusAddress(server.url, credentials=str(operator(tmp_path / "other").credentials))
        assert "authorization violation" in (await refusal(scene, stranger, Secrets())).lower()
        with_file = BusAddress(server.url, credentials=str(desk.credentials))
        assert await mirror_to(scene, with_file).run()
    finally:
        server.stop()
