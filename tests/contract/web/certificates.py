"""Certificates for a test: an authority, a server and clients, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

__all__ = ["Pair", "authority", "client_context", "signed"]


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: Path
    key: Path


def authority(folder: Path, name: str) -> Pair:
    """One that signs others."""
    pair = _pair(folder, name)
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"),
        *("-days", "2", "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign"),
        *("-keyout", pair.key, "-out", pair.certificate),
    )
    return pair


def signed(folder: Path, name: str, by: Pair) -> Pair:
    """A server's or a client's, for loopback."""
    pair = _pair(folder, name)
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"),
        *("-days", "2", "-subj", f"/CN={name}", "-CA", by.certificate, "-CAkey", by.key),
        *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-keyout", pair.key, "-out", pair.certificate),
    )
    return pair


def client_context(trusted: Pair, own: Pair | None = None) -> ssl.SSLContext:
    """A client that trusts an authority and perhaps shows a certificate."""
    context = ssl.create_default_context(cafile=trusted.certificate)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


def _pair(folder: Path, name: str) -> Pair:
    return Pair(folder / f"{name}.pem", folder / f"{name}.key")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
