"""A message gateway on each host of a devnet, which keeps what the keepers sent.

It listens inside the host's own network, on its loopback: a line that is cut stops no alarm, so
that a test sees what the keeper of that host would have said.
"""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import msgspec

from eoskeeper.devnet.network import Devnet
from eoskeeper.runtime import clock

__all__ = ["AlarmSink", "Received", "sink_settings"]

PORT = 9977
CHANNEL = "gateway"


class Received(msgspec.Struct, frozen=True):
    """One message as it arrived."""

    at_utc: float
    host: str
    text: str


def sink_settings(**rules: dict[str, Any]) -> dict[str, Any]:
    """Keeper settings with the sink as the only channel,."""
    return {
        "alarm": {
            "mobiles": ["10000000001"],
            "channels": {
                CHANNEL: {
                    "kind": "sms_gateway",
                    "url": f"http://127.0.0.1:{PORT}/send",
                    "method": "POST",
                    "parameters": {"to": "{mobiles}", "text": "{text}"},
                    "max_chars": 1000,
                    "strip_addresses": False,
                    "per_minute": 600,
                    "success": {"text_contains": "accepted"},
                }
            },
            "contacts": {"all": {"channels": [CHANNEL], "severity": "info"}},
        },
        "rules": {
            # A round of 24 s and no more; the default is for one of 126 s.
            "not_producing_reason": {"clear_s": 30},
            # All hosts stand on one machine, whose load is that of every test beside this one.
            "load": {"degraded_per_cpu": 1000, "failed_per_cpu": 1000},
            **rules,
        },
    }


class AlarmSink:
    """The gateways of all hosts; close it at the end."""

    def __init__(self, devnet: Devnet, hosts: str = "abcf") -> None:
        self.received: list[Received] = []
        self._servers = [self._serve(devnet, host) for host in hosts]

    def of(self, host: str) -> list[str]:
        """Texts from one host's keeper, oldest first."""
        return [one.text for one in self.received if one.host == host]

    def close(self) -> None:
        """Stop listening."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _serve(self, devnet: Devnet, host: str) -> HTTPServer:
        received = self.received

        class Gateway(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                text = parse_qs(body.decode())["text"][0]
                received.append(Received(clock.read().utc_s, host, text))
                answer = b"accepted"
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Keep the test's output readable."""

        server = HTTPServer(("127.0.0.1", PORT), Gateway, bind_and_activate=False)
        server.socket.close()
        server.socket = devnet.socket(host)
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.server_bind()
        server.server_activate()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
