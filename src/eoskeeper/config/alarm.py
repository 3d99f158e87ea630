"""Tables of alarming: what the alarm engine is told, and the channels with their kinds.

A new kind of channel is one line here: its Struct in ``AnyChannel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from eoskeeper.config.secret import Secret
from eoskeeper.config.tables import Mobile
from eoskeeper.domain.alerting.settings import AlertSettings, ContactGroup
from eoskeeper.effects.alert_channels.apprise_transport import Apprise
from eoskeeper.effects.alert_channels.channel import ChannelSettings
from eoskeeper.effects.alert_channels.dingtalk import Dingtalk
from eoskeeper.effects.alert_channels.feishu import Feishu
from eoskeeper.effects.alert_channels.sms_aliyun import SmsAliyun
from eoskeeper.effects.alert_channels.sms_gateway import SmsGateway
from eoskeeper.effects.alert_channels.sms_tencent import SmsTencent
from eoskeeper.effects.alert_channels.wecom_app import WecomApp
from eoskeeper.effects.alert_channels.wecom_bot import WecomBot

__all__ = ["EVERYONE", "AlarmTable", "AnyChannel", "HeartbeatTable"]

AnyChannel = WecomApp | WecomBot | Dingtalk | Feishu | SmsGateway | SmsAliyun | SmsTencent | Apprise

EVERYONE = "everyone"
"""The one contact group of a file that names none."""

ChannelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z",
        description="1 to 32 letters, digits, dashes and underscores",
    ),
]


class AlarmTable(AlertSettings, frozen=True, kw_only=True):
    """``[alarm]``: who is told, through what, and how often.

    Attributes:
        mobiles: telephone numbers of every SMS channel that names none of its own. As in 2018.
        timezone: name in the time zone database, for the hours of contacts and notices; None
            takes the machine's.
        channels: by name, what contacts and fallbacks refer to.
    """

    mobiles: tuple[Mobile, ...] = ()
    timezone: str | None = None
    channels: dict[ChannelName, AnyChannel] = msgspec.field(default_factory=dict)

    def settings(self) -> AlertSettings:
        """What the engine is told; without contacts everybody is told everything."""
        kept: dict[str, Any] = {
            name: getattr(self, name) for name in AlertSettings.__struct_fields__
        }
        contacts = self.contacts or self._everyone()
        return AlertSettings(**(kept | {"contacts": contacts}))

    def _everyone(self) -> Mapping[str, ContactGroup]:
        """A fallback gets what its channel could not deliver, and nothing else."""
        fallbacks = {channel.fallback for channel in self.channels.values()}
        names = tuple(name for name in self.channels if name not in fallbacks)
        return {EVERYONE: ContactGroup(channels=names)} if names else {}

    def complete_channels(self) -> dict[str, ChannelSettings]:
        """Every channel, with telephone numbers where it needs some and names none."""
        return {name: self._with_mobiles(channel) for name, channel in self.channels.items()}

    def _with_mobiles(self, channel: ChannelSettings) -> ChannelSettings:
        if needs_mobiles(channel):
            return msgspec.structs.replace(channel, mobiles=self.mobiles)
        return channel

    def unused(self) -> tuple[str, ...]:
        """Keys that nothing follows from: numbers without an SMS channel, channels of nobody."""
        called = {name for group in self.settings().contacts.values() for name in group.channels}
        called |= {channel.fallback or "" for channel in self.channels.values()}
        idle = [f"alarm.channels.{name}" for name in self.channels if name not in called]
        if self.mobiles and not any(map(needs_mobiles, self.channels.values())):
            idle.insert(0, "alarm.mobiles")
        return tuple(idle)


class HeartbeatTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[heartbeat]``: an outside watch that tells people when the pings of this keeper stop.

    Attributes:
        url: asked with GET; it is a key in itself. None pings nobody.
        period_s: from one ping to the next.
        timeout_s: for one ping.
    """

    url: Secret | None = None
    period_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    timeout_s: Annotated[float, Meta(ge=0.5, le=60)] = 5.0


def needs_mobiles(channel: ChannelSettings) -> bool:
    """It sends short messages, and names nobody whom it sends them to."""
    return getattr(channel, "mobiles", None) == ()
