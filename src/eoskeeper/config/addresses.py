"""Addresses: URLs, listening addresses and socket paths, taken apart and judged.

Each ``..._fault`` returns what is allowed and the remedy, or None when there is nothing to say.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

__all__ = [
    "MAX_SOCKET_PATH_BYTES",
    "Fault",
    "http_url_fault",
    "is_loopback",
    "listen_address",
    "listen_fault",
    "nodeos_url_fault",
    "peer_url_fault",
    "socket_path_fault",
]

MAX_SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket. Source: unix(7), ``sun_path`` of 108 with its closing zero."""

DEFAULT_NODEOS_URL = "http://127.0.0.1:8888"
NODEOS_URL_ALLOWED = "http://IP:PORT or unix:///PATH"
LISTEN_ALLOWED = 'IP:PORT, or "off"'


class Fault(NamedTuple):
    """What may stand there, and what to do."""

    allowed: str
    remedy: str


def nodeos_url_fault(url: str) -> Fault | None:
    """Why nodeos cannot be asked there.

    A name of a host is refused: nodeos answers 400 when the Host header of a request is neither
    the address that it listens on nor one of its ``http-alias``. Source: http_plugin,
    ``http-validate-host``, EOSIO 1.0 to Spring 1.2.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https", "unix"}:
        return Fault(NODEOS_URL_ALLOWED, f'write it like "{DEFAULT_NODEOS_URL}"')
    if parts.scheme == "unix":
        return _unix_url_fault(url.removeprefix("unix://"))
    if parts.scheme == "https":
        return Fault(NODEOS_URL_ALLOWED, "nodeos speaks no TLS: write http:// and its own address")
    return _http_url_fault(parts)


def _unix_url_fault(path: str) -> Fault | None:
    fault = socket_path_fault(path)
    return None if fault is None else Fault(NODEOS_URL_ALLOWED, fault.remedy)


def _http_url_fault(parts: SplitResult) -> Fault | None:
    host = parts.hostname or ""
    if not _is_ip(host):
        address = "127.0.0.1" if host == "localhost" else "IP"
        return Fault(
            NODEOS_URL_ALLOWED,
            f'write "http://{address}:{parts.port or 8888}": nodeos refuses requests whose Host '
            "header is a name that it does not know (http-validate-host)",
        )
    if parts.port is None:
        return Fault(NODEOS_URL_ALLOWED, f"add the port, like {DEFAULT_NODEOS_URL}")
    if parts.username or parts.path or parts.query or parts.fragment:
        return Fault(NODEOS_URL_ALLOWED, "remove all but the address and the port")
    return None


def peer_url_fault(url: str) -> Fault | None:
    """Why a peer keeper cannot be asked there; here a name of a host will do."""
    parts = _split(url)
    schemes = {"http", "https"}
    fit = parts is not None and parts.scheme in schemes and parts.hostname and parts.port
    if fit and parts is not None and not _has_more(parts):
        return None
    return Fault(
        "http://HOST:PORT or https://HOST:PORT",
        'write what that host has in web.listen: "http://IP:8686"',
    )


def http_url_fault(url: str) -> Fault | None:
    """Why no service of the web can be asked there."""
    parts = _split(url)
    if parts is not None and parts.scheme in {"http", "https"} and parts.hostname:
        return None
    return Fault("https://HOST/... or http://HOST/...", "copy the whole address from the service")


def socket_path_fault(path: str) -> Fault | None:
    """Why no unix socket can lie there."""
    allowed = f"an absolute path of at most {MAX_SOCKET_PATH_BYTES} bytes"
    if not path.startswith("/"):
        return Fault(allowed, "write the path from / on")
    if len(path.encode()) > MAX_SOCKET_PATH_BYTES:
        return Fault(allowed, "choose a shorter path: the kernel takes no longer one for a socket")
    return None


def listen_fault(listen: str) -> Fault | None:
    """Why the keeper cannot listen there."""
    try:
        listen_address(listen)
    except ValueError as error:
        return Fault(LISTEN_ALLOWED, str(error))
    return None


def listen_address(listen: str) -> tuple[str, int] | None:
    """Address and port to listen on; None for ``off``.

    Raises:
        ValueError: not such an address; the message is the remedy.
    """
    if listen == "off":
        return None
    parts = _split(f"tcp://{listen}")
    if parts is None or parts.port is None or not _is_ip(parts.hostname or ""):
        message = 'write it like "127.0.0.1:8686" or "[::1]:8686"'
        raise ValueError(message)
    return str(parts.hostname), parts.port


def is_loopback(host: str) -> bool:
    """Only this machine can reach the IP."""
    return ip_address(host).is_loopback


def _has_more(parts: SplitResult) -> bool:
    """Something besides host and port; a slash at the end is nothing."""
    return bool(parts.username or parts.path.strip("/") or parts.query or parts.fragment)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # is read lazily, and raises when it is no number below 65536
    except ValueError:
        return None
    return parts


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
