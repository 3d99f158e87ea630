"""Tables that belong to no other part: who this host is, where things lie, how it logs.

Every other table is the Struct of the part that it sets, composed in ``model``. A ``description``
in a field's ``Meta`` is what an operator is told to be allowed there.
"""

from __future__ import annotations

import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from eoskeeper.config.secret import Secret
from eoskeeper.domain.member_words import HOST_NAME
from eoskeeper.domain.policy import Role

__all__ = [
    "GuardTable",
    "HostTable",
    "LogFormat",
    "LogLevel",
    "LogTable",
    "MembersTable",
    "Mobile",
    "NodeosTable",
    "PathsTable",
    "PeerTable",
    "ProducerTable",
    "RoleName",
    "WebTable",
]

HostName = Annotated[
    str,
    Meta(
        pattern=HOST_NAME,
        description="1 to 63 letters, digits, dots, dashes and underscores",
    ),
]

AccountName = Annotated[
    str,
    Meta(
        pattern=r"^(?:[a-z1-5.]{0,11}[a-z1-5]|[a-z1-5.]{12}[a-j1-5])\Z",
        description="an account name: 1 to 12 of a-z, 1-5 and the dot (a 13th may be a-j or 1-5), "
        "not ending in a dot",
    ),
]

ChainId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="64 hexadecimal digits in lower case")
]

UnitName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9:_.@\\-]{1,255}\Z",
        description='the name of a systemd unit, like "nodeos" or "nodeos.service"',
    ),
]

Mobile = Annotated[
    str, Meta(pattern=r"^[^\s,][^,]*\Z", description="a telephone number without a comma")
]

TimeoutSeconds = Annotated[float, Meta(ge=0.1, le=60)]


class RoleName(StrEnum):
    """Role as an operator writes it: a letter of 2018, or a word."""

    A = "A"
    B = "B"
    C = "C"
    F = "F"
    PRIMARY = "primary"
    STANDBY = "standby"
    """A standby whose delay is always written down; one more of them, or one of B and C."""
    OBSERVER = "observer"

    @property
    def role(self) -> Role:
        """The role that it names."""
        return _ROLES[self]


_ROLES = {
    RoleName.A: Role.PRIMARY,
    RoleName.PRIMARY: Role.PRIMARY,
    RoleName.B: Role.FIRST_STANDBY,
    RoleName.C: Role.SECOND_STANDBY,
    RoleName.STANDBY: Role.SECOND_STANDBY,
    RoleName.F: Role.OBSERVER,
    RoleName.OBSERVER: Role.OBSERVER,
}


class HostTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[host]``.

    Attributes:
        name: unique in the cluster; else the machine's own host name.
    """

    role: RoleName
    name: HostName = msgspec.field(default_factory=socket.gethostname)


class ProducerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[producer]``: the account that all hosts of the cluster produce for."""

    account: AccountName | None = None


class NodeosTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[nodeos]``: the node beside this keeper.

    Attributes:
        url: 2018 knew this one only.
        producer_url: where nodeos serves ``pause`` and ``resume`` when that is another address
            (``http-category-address`` with ``producer_rw``); None takes ``url``.
        log: file that nodeos appends its log to.
        journal_unit: systemd unit whose journal holds it instead.
        chain_id: None accepts the first one seen and holds on to it.
        timeout_s: for one request, from the connection to the whole answer.
        folders: whose free space is watched besides those that the process shows by itself.
        unit: systemd unit that runs nodeos; None takes ``journal_unit``.
    """

    url: str = "http://127.0.0.1:8888"
    producer_url: str | None = None
    log: Path | None = None
    journal_unit: UnitName | None = None
    chain_id: ChainId | None = None
    timeout_s: TimeoutSeconds = 1.5
    folders: tuple[Path, ...] = ()
    unit: UnitName | None = None


class PathsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[paths]``: the only places that the keeper writes to, besides its log file."""

    state: Path = Path("/var/lib/eoskeeper")
    control_socket: Path = Path("/run/eoskeeper/control.sock")


class GuardTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[guard]``: the second process that stops production when this keeper cannot.

    Attributes:
        enabled: needed with ``etcd``: without a guard a host does not hold.
        start: the keeper starts one itself where none answers; for hosts without systemd.
        programs: names of the executable that is taken for nodeos.
        kill: ``last``: SIGKILL at the end of the ladder; ``never``: it ends with the freeze.
        gate: command that shuts a signing gate, without a shell; empty for none.
        record: its append-only file of what it did and why.
        memory: its deadline, in a folder that a reboot empties.
    """

    enabled: bool = False
    socket: Path = Path("/run/eoskeeper-guard/guard.sock")
    start: bool = False
    programs: tuple[str, ...] = ("nodeos",)
    kill: Literal["last", "never"] = "last"
    gate: tuple[str, ...] = ()
    record: Path = Path("/var/lib/eoskeeper-guard/record.jsonl")
    memory: Path = Path("/run/eoskeeper-guard/memory.json")


class PeerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[peers.HOST]``: the keeper of another host of the cluster.

    Attributes:
        url: its web address.
        token: what its ``web.token`` is; None where it asks for none.
        ca: who signed its certificate; None takes the authorities that the machine trusts.
        certificate: ours as its client, in PEM form; None shows none.
        key: of the certificate; None when it stands in the same file.
    """

    url: str
    token: Secret | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class MembersTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[members]``: the sealed words that the keepers of the cluster give each other.

    Attributes:
        token: the same on every host; None: they give none.
    """

    token: Secret | None = None


class WebTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[web]``: where the keeper serves its status, and to whom.

    Attributes:
        listen: one address or several; ``off`` for nowhere.
        token: what every request must carry; None asks for none and is for loopback only.
        open_on_loopback: asks for no token on loopback addresses, though there is one.
        certificate: of the server, in PEM form, with its chain; None serves without encryption.
        key: of the certificate; None when it stands in the same file.
        client_ca: whose client certificates are as good as the token.
        names: under which it is also asked for, besides IPs and ``localhost``.
    """

    listen: str | tuple[str, ...] = "127.0.0.1:8686"
    token: Secret | None = None
    open_on_loopback: bool = False
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address as written; none for ``off``."""
        written = (self.listen,) if isinstance(self.listen, str) else self.listen
        return tuple(one for one in written if one != "off")


class LogFormat(StrEnum):
    """Form of the keeper's own log."""

    AUTO = "auto"
    """Text on a terminal, JSON elsewhere."""
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """Least severity that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[log]``: the keeper's own log; without a file it goes to standard error."""

    format: LogFormat = LogFormat.AUTO
    level: LogLevel = LogLevel.INFO
    file: Path | None = None
