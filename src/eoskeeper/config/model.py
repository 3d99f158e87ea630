"""Config: every setting of the keeper, composed of the Structs of the parts that they set.

A new table is one line here: its name, its Struct, its default; the reader, the checks for unknown
keys and the house test of docs/configuration.md follow the fields.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from eoskeeper.config.addresses import is_loopback, listen_address
from eoskeeper.config.alarm import AlarmTable, HeartbeatTable
from eoskeeper.config.keys import secrets_in
from eoskeeper.config.secret import Secret
from eoskeeper.config.tables import (
    GuardTable,
    HostTable,
    LogFormat,
    LogTable,
    MembersTable,
    NodeosTable,
    PathsTable,
    PeerTable,
    ProducerTable,
    WebTable,
)
from eoskeeper.domain.alerting.settings import AlertSettings
from eoskeeper.domain.findings import Language
from eoskeeper.domain.guard_samples import GuardMode
from eoskeeper.domain.hooks import HookSettings
from eoskeeper.domain.lease.timing import LeaseTiming
from eoskeeper.domain.notice import NoticeSettings
from eoskeeper.domain.policy import FailoverMode, FailoverSettings, Policy, Role
from eoskeeper.domain.rules.catalogue import Rules
from eoskeeper.effects.alert_channels.channel import ChannelSettings
from eoskeeper.effects.production import ProductionSettings
from eoskeeper.effects.restart_watch import RestartWatchSettings
from eoskeeper.history.settings import HistorySettings
from eoskeeper.probes.folders import FoldersSettings
from eoskeeper.probes.nodeos_api import NodeosSettings
from eoskeeper.probes.ntp import NtpSettings
from eoskeeper.probes.process import ProcessSettings
from eoskeeper.probes.unit import UnitSettings
from eoskeeper.registers.etcd_settings import EtcdSettings
from eoskeeper.runtime.journal import JournalSettings
from eoskeeper.runtime.log_setup import Level, LogForm, LogSettings
from eoskeeper.telemetry.influx_settings import InfluxdbSettings
from eoskeeper.web.server import WebSettings

__all__ = ["Config"]


_FORMS = {
    LogFormat.AUTO: LogForm.AUTO,
    LogFormat.JSON: LogForm.JSON,
    LogFormat.TEXT: LogForm.PRETTY,
}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A configuration without a problem; made by ``load`` and ``load_text`` only."""

    language: Language = Language.ENGLISH
    host: HostTable
    producer: ProducerTable = ProducerTable()
    nodeos: NodeosTable = NodeosTable()
    failover: FailoverSettings = FailoverSettings()
    etcd: EtcdSettings = EtcdSettings()
    lease: LeaseTiming = LeaseTiming()
    guard: GuardTable = GuardTable()
    hooks: HookSettings = HookSettings()
    paths: PathsTable = PathsTable()
    peers: dict[str, PeerTable] = {}
    members: MembersTable = MembersTable()
    web: WebTable = WebTable()
    log: LogTable = LogTable()
    influxdb: InfluxdbSettings = InfluxdbSettings()
    rules: Rules = Rules()
    alarm: AlarmTable = AlarmTable()
    notice: NoticeSettings = NoticeSettings()
    heartbeat: HeartbeatTable = HeartbeatTable()
    ntp: NtpSettings = NtpSettings()
    journal: JournalSettings = JournalSettings()
    history: HistorySettings = HistorySettings()

    def policy(self) -> Policy:
        """What a decision may depend on."""
        return Policy(
            host=self.host.name,
            role=self.host.role.role,
            producer=self.producer.account,
            chain_id=self.nodeos.chain_id,
            failover=self.failover,
            lease=self.lease if self.keeps_lease else None,
            guard=self._guard_mode(),
            hooks=self.hooks,
            members=frozenset(self.peers) if self.members.token is not None else frozenset(),
        )

    @property
    def keeps_lease(self) -> bool:
        """Whether the lease lies in etcd; a host that does nothing by itself never holds it."""
        return bool(self.etcd.endpoints) and self.acts

    @property
    def acts(self) -> bool:
        """Whether this host carries out what it decides, and may hold."""
        is_observer = self.host.role.role is Role.OBSERVER
        return self.failover.mode is FailoverMode.AUTO and not is_observer

    def _guard_mode(self) -> GuardMode | None:
        if not (self.guard.enabled and self.acts):
            return None
        return GuardMode.DEADLINE if self.keeps_lease else GuardMode.LOOK

    def nodeos_settings(self) -> NodeosSettings:
        """Where and how nodeos is asked."""
        return NodeosSettings(url=self.nodeos.url, timeout_s=self.nodeos.timeout_s)

    def process_settings(self) -> ProcessSettings:
        """By which listening port the process of nodeos is known."""
        parts = urlsplit(self.nodeos.url)
        return ProcessSettings(host=parts.hostname or "127.0.0.1", port=parts.port or 80)

    def production_settings(self) -> ProductionSettings:
        """Where and how production is paused and resumed."""
        return ProductionSettings(
            url=self.nodeos.producer_url or self.nodeos.url,
            paused_url=self.nodeos.url,
            timeout_s=self.nodeos.timeout_s,
        )

    def restart_watch_settings(self) -> RestartWatchSettings:
        """The same for a nodeos that starts again."""
        return RestartWatchSettings(
            url=self.nodeos.producer_url or self.nodeos.url,
            paused_url=self.nodeos.url,
            timeout_s=self.nodeos.timeout_s,
        )

    def log_settings(self) -> LogSettings:
        """The keeper's own log."""
        return LogSettings(
            level=Level(self.log.level), form=_FORMS[self.log.format], file=self.log.file
        )

    def web_addresses(self) -> tuple[tuple[str, int], ...]:
        """Addresses and ports to serve the status on; none for nowhere."""
        found = (listen_address(one) for one in self.web.addresses)
        return tuple(one for one in found if one is not None)

    def web_settings(self) -> tuple[WebSettings, ...]:
        """Where the status is served and to whom, one for each address."""
        return tuple(self._web_settings_of(host, port) for host, port in self.web_addresses())

    def _web_settings_of(self, host: str, port: int) -> WebSettings:
        is_open = self.web.open_on_loopback and is_loopback(host)
        return WebSettings(
            host=host,
            port=port,
            token=None if is_open else self.web.token,
            certificate=self.web.certificate,
            key=self.web.key,
            client_ca=None if is_open else self.web.client_ca,
            names=self.web.names,
        )

    def folders_settings(self) -> FoldersSettings:
        """Whose free space is watched."""
        return FoldersSettings(folders=self.nodeos.folders, state_folder=self.paths.state)

    def unit_settings(self) -> UnitSettings | None:
        """The systemd unit of nodeos; None when none is known."""
        unit = self.nodeos.unit or self.nodeos.journal_unit
        return None if unit is None else UnitSettings(unit=unit)

    def alert_settings(self) -> AlertSettings:
        """Who is told what, and how often."""
        return self.alarm.settings()

    def channels(self) -> dict[str, ChannelSettings]:
        """Every channel by its name, each with all that it needs."""
        return self.alarm.complete_channels()

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret that stands anywhere in it."""
        return tuple(secrets_in(self))

    def unused(self) -> tuple[str, ...]:
        """Settings that nothing follows from, to be told to the operator."""
        return self.alarm.unused()
