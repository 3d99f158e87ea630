"""Settings: where the pages are served, and to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import msgspec

__all__ = ["Token", "WebSettings", "written"]


class Token(Protocol):
    """A secret that shows itself as stars."""

    def reveal(self) -> str:
        """The text itself."""


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to serve, and to whom.

    Attributes:
        host: an IP.
        port: 0 takes any free one, which the log tells.
        token: what every request must carry; None asks for none.
        retry_s: seconds until an address that could not be had is tried again.
        certificate: of the server, in PEM form, with its chain; None serves without encryption.
        key: of the certificate; None when it stands in the same file.
        client_ca: whose client certificates are as good as the token; None takes none.
        names: under which it is also asked for, besides IPs and ``localhost``.
    """

    host: str
    port: int
    token: Token | None = None
    retry_s: float = 10.0
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """As written in ``web.listen``."""
        return written(self.host, self.port)

    @property
    def is_open(self) -> bool:
        """Whoever reaches it may read; for loopback only."""
        return self.token is None and self.client_ca is None


def written(host: str, port: int) -> str:
    """``HOST:PORT``, with brackets round an IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
