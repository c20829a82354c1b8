"""What a NATS server and its clients show each other: certificates of a CA of our own, and .creds files."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Certificates:
    """Files: of the CA, of a server on this machine, and of a client."""

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def certificates(folder: Path) -> Certificates:
    """A new CA, and what it has signed."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Certificates(*(folder / f"{name}.pem" for name in ("ca", "server", "server-key", "client", "client-key")))
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _signed("a CA of our own", ca_key, "a CA of our own", ca_key, is_ca=True)
    found.ca.write_bytes(ca.public_bytes(_PEM))
    for name, file, key_file in (("server", found.server, found.server_key), ("desk", found.client, found.client_key)):
        key = ec.generate_private_key(ec.SECP256R1())
        file.write_bytes(_signed(name, key, "a CA of our own", ca_key, is_ca=False).public_bytes(_PEM))
        plain = serialization.NoEncryption()
        key_file.write_bytes(key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain))
    return found


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, by: str, by_key: ec.EllipticCurvePrivateKey, *, is_ca: bool
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
    )
    return (builder if is_ca else builder.add_extension(here, critical=False)).sign(by_key, hashes.SHA256())


@dataclass(frozen=True)
class Operator:
    """Lines of a server's configuration that let in who has the .creds file."""

    settings: str
    credentials: Path


def operator(folder: Path) -> Operator:
    """An operator, an account with JetStream, and a user of it."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {kind: _key(prefix) for kind, prefix in (("operator", 14), ("system", 0), ("account", 0), ("user", 20))}
    names = {kind: pair.public_key.decode() for kind, (pair, _seed) in keys.items()}
    everything = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
    limits = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
    own = {"type": "operator", "version": 2}
    system = {"type": "account", "version": 2, "limits": {**limits, "wildcards": True}}
    account = {"type": "account", "version": 2, "limits": {**limits, "wildcards": True, **everything}}
    user = {"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1, "issuer_account": names["account"]}
    by, below = keys["operator"][0], keys["account"][0]
    own_jwt = _jwt(names["operator"], names["operator"], own, by)
    system_jwt = _jwt(names["system"], names["operator"], system, by)
    account_jwt = _jwt(names["account"], names["operator"], account, by)
    user_jwt = _jwt(names["user"], names["account"], user, below)
    file = folder / "desk.creds"
    file.write_text(
        f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{keys['user'][1].decode()}\n------END USER NKEY SEED------\n"
    )
    accounts = f"{names['account']}: {account_jwt}, {names['system']}: {system_jwt}"
    lines = [f"operator: {own_jwt}", f"system_account: {names['system']}", "resolver: MEMORY"]
    lines.append(f"resolver_preload: {{{accounts}}}")
    return Operator("\n".join(lines), file)


def _key(kind: int) -> tuple[nkeys.KeyPair, bytes]:
    seed = nkeys.encode_seed(os.urandom(32), kind << 3)
    return nkeys.from_seed(bytearray(seed)), bytes(seed)


def _jwt(subject: str, issuer: str, claims: dict[str, Any], by: nkeys.KeyPair) -> str:
    body = {"jti": "own", "iat": 1, "iss": issuer, "name": subject[:8], "sub": subject, "nats": claims}
    signed = b".".join(_part(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, body))
    return (signed + b"." + _part(by.sign(signed))).decode()


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
