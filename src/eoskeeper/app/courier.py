"""Courier: hands every notification to its channels at once, and tells what the services said."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from eoskeeper.domain.alerting.alarms import Notification
from eoskeeper.domain.samples import DeliveryOutcome
from eoskeeper.effects.alert_channels.apprise_transport import Apprise, AppriseChannel
from eoskeeper.effects.alert_channels.channel import Channel, ChannelSettings, Message
from eoskeeper.effects.alert_channels.delivering import Deliverer
from eoskeeper.effects.alert_channels.dingtalk import Dingtalk, DingtalkChannel
from eoskeeper.effects.alert_channels.feishu import Feishu, FeishuChannel
from eoskeeper.effects.alert_channels.sms_aliyun import SmsAliyun, SmsAliyunChannel
from eoskeeper.effects.alert_channels.sms_gateway import SmsGateway, SmsGatewayChannel
from eoskeeper.effects.alert_channels.sms_tencent import SmsTencent, SmsTencentChannel
from eoskeeper.effects.alert_channels.wecom_app import WecomApp, WecomAppChannel
from eoskeeper.effects.alert_channels.wecom_bot import WecomBot, WecomBotChannel
from eoskeeper.runtime.clock import Clock

__all__ = ["Courier", "channel_of", "deliverer_of", "message_of"]

AT_ONCE = 16
"""Notifications on their way at the same time; the rest wait. They are few: one for each cause."""


class Courier:
    """Runs each delivery in a task of its own: a service that hangs keeps no other waiting."""

    def __init__(
        self, deliverer: Deliverer, host: str, tell: Callable[[DeliveryOutcome], None]
    ) -> None:
        """Take the channels, the name of this host and whom to tell."""
        self._deliverer = deliverer
        self._host = host
        self._tell = tell
        self._waiting: asyncio.Queue[Notification] = asyncio.Queue()

    def send(self, notification: Notification) -> None:
        """Begin a delivery; its outcomes are told later."""
        self._waiting.put_nowait(notification)

    async def run(self) -> None:
        """Deliver for ever."""
        places = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as running:
                while True:
                    notification = await self._waiting.get()
                    await places.acquire()
                    name = f"notification-{notification.notification_id}"
                    task = running.create_task(self._deliver(notification), name=name)
                    task.add_done_callback(lambda _: places.release())
        finally:
            await self._deliverer.close()

    async def _deliver(self, notification: Notification) -> None:
        message = message_of(notification, self._host)
        number = notification.notification_id
        async with asyncio.TaskGroup() as group:
            for channel in notification.channels:
                group.create_task(self._by_channel(number, channel, message))

    async def _by_channel(self, number: int, channel: str, message: Message) -> None:
        for outcome in await self._deliverer.deliver(number, channel, message):
            self._tell(outcome)


def message_of(notification: Notification, host: str) -> Message:
    """What the channels carry of a notification."""
    return Message(
        title=notification.title,
        lines=notification.lines,
        severity=notification.severity,
        resolved=notification.resolved,
        host=host,
        at_utc=notification.at_utc,
    )


def deliverer_of(settings: Mapping[str, ChannelSettings], clock: Clock) -> Deliverer:
    """Open no connection yet; make every configured channel."""
    channels = {name: (channel_of(one, clock), one) for name, one in settings.items()}
    return Deliverer(channels, clock, asyncio.sleep, random.random)


def channel_of(settings: ChannelSettings, clock: Clock) -> Channel:
    """The channel that a table of the configuration describes."""
    match settings:
        case WecomApp():
            return WecomAppChannel(settings, clock)
        case WecomBot():
            return WecomBotChannel(settings, clock)
        case Dingtalk():
            return DingtalkChannel(settings, clock)
        case Feishu():
            return FeishuChannel(settings, clock)
        case SmsGateway():
            return SmsGatewayChannel(settings, clock)
        case SmsAliyun():
            return SmsAliyunChannel(settings, clock)
        case SmsTencent():
            return SmsTencentChannel(settings, clock)
        case Apprise():
            return AppriseChannel(settings, clock)
        case _:
            message = f"no channel is made of {type(settings).__name__}"
            raise AssertionError(message)
