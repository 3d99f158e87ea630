"""Rule links: how many p2p links nodeos has, and whether its partners are among them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Figure, Finding, Grade, Severity, Text
from eoskeeper.domain.rules.rule import (
    Declaration,
    HoldSeconds,
    Limits,
    View,
    on_every_role,
    severities,
)
from eoskeeper.domain.rules.sight import connections_in_sight, process_in_sight
from eoskeeper.domain.samples import Link

__all__ = ["LINKS", "Links", "established_links"]

Partner = Annotated[str, Meta(min_length=1, max_length=255)]


class Links(Limits, frozen=True, kw_only=True):
    """Every link is a way for our blocks out and for others' in.

    Attributes:
        least: established links, either direction; 5 as in 2018. Lower it on a small network.
        partners: the hosts that production moves to and from, and whoever else must be linked
            directly: each a p2p address ``host:port`` or an agent-name of nodeos. Of two hosts
            that list each other one link survives, and on one side it has no configured address:
            so name a partner by its agent-name where both do. Source: spring v1.2.2
            net_plugin.cpp:3334-3355.
        hold_s: nodeos tries a lost peer again after 30 s.
    """

    hold_s: HoldSeconds = 45.0
    least: Annotated[int, Meta(ge=0, le=1000)] = 5
    partners: tuple[Partner, ...] = ()

    def assess(self, view: View, now: Moment) -> tuple[Finding, ...]:
        """Grade the count, and each partner under its own name."""
        return (self._count(view, now), *(_partner(one, view, now) for one in self.partners))

    def _count(self, view: View, now: Moment) -> Finding:
        links = established_links(view, now)
        if links is None:
            return Finding("links", Grade.UNKNOWN, "no_reading")
        figures: dict[str, Figure] = {"links": links, "least": self.least}
        if links < self.least:
            return Finding("links", Grade.FAILED, "few", figures)
        return Finding("links", Grade.OK, "enough", figures)


def established_links(view: View, now: Moment) -> int | None:
    """Links that have shaken hands, else sockets; None when neither was read of late.

    The list of nodeos is the better one (a socket may belong to something else than p2p) but ten
    times slower: that there is not a single socket left is believed at once.
    """
    process = process_in_sight(view, now)
    sockets = None if process is None else process.links
    read = connections_in_sight(view, now)
    if read is None or sockets == 0:
        return sockets
    return sum(link.established for link in read.links)


def _partner(name: str, view: View, now: Moment) -> Finding:
    read = connections_in_sight(view, now)
    figures: dict[str, Figure] = {"partner": name}
    if read is None:
        return Finding("links", Grade.UNKNOWN, "no_list", figures, subject=name)
    if any(link.established and _is_of(link, name) for link in read.links):
        return Finding("links", Grade.OK, "partner_linked", figures, subject=name)
    return Finding("links", Grade.DEGRADED, "partner_missing", figures, subject=name)


def _is_of(link: Link, name: str) -> bool:
    """An incoming link has no configured address, and a port of chance."""
    if name in {link.agent, link.peer.removesuffix(":trx").removesuffix(":blk")}:
        return True
    host = name.rpartition(":")[0]
    return bool(host) and not link.peer and link.remote.rpartition(":")[0] == host


LINKS = Declaration(
    name="links",
    title=Text(en="Too few links", zh="链接数不足"),
    texts={
        "enough": Text(en="{links} links", zh="{links} 个链接"),
        "few": Text(en="{links} links, fewer than {least}", zh="链接数 {links}, 低于下限 {least}"),
        "partner_linked": Text(en="linked with {partner}", zh="已与 {partner} 建立链接"),
        "partner_missing": Text(en="no link with partner {partner}", zh="与伙伴 {partner} 无链接"),
        "no_list": Text(
            en="the list of links has not been read of late: whether {partner} is linked is not"
            " known",
            zh="近期未读到链接列表: 与 {partner} 是否有链接未知",
        ),
        "no_reading": Text(en="the links have not been read of late", zh="近期未读到链接"),
    },
    remedy=Text(
        en="Check p2p-peer-address in config.ini and the firewall; add peers, or with fewer peers"
        " on purpose lower [rules.links] least.",
        zh="检查 config.ini 的 p2p-peer-address 与防火墙; 增加节点,"
        " 或在节点较少时调低 [rules.links] least。",
    ),
    remedies={
        "partner_missing": Text(
            en="See whether the partner's nodeos runs and its p2p port is reachable from here."
            " After some refusals nodeos does not try an address again: /v1/net/disconnect and"
            " /v1/net/connect it.",
            zh="检查伙伴主机的 nodeos 是否运行、p2p 端口是否可达。某些拒绝之后 nodeos 不再重试"
            "该地址: 先 /v1/net/disconnect 再 /v1/net/connect。",
        )
    },
    depends_on=("isolation",),
    failed=on_every_role(Severity.WARNING),
    degraded=severities(primary=Severity.WARNING, standby=Severity.WARNING, observer=Severity.INFO),
)
