"""Words of the rule not_producing_reason: what nodeos means, and what helps against it."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.domain.findings import Text

__all__ = ["REMEDIES", "REMEDY", "TEXTS", "TITLE"]

TITLE = Text(en="nodeos refuses to produce", zh="nodeos 拒绝出块")


def _said(en: str, zh: str) -> Text:
    """A reason, with nodeos's own words and their age."""
    return Text(
        en=f"{en} (said {{age_s:.0f}} s ago: {{text}})",
        zh=f"{zh}({{age_s:.0f}} 秒前日志: {{text}})",
    )


TEXTS: Mapping[str, Text] = {
    "nothing": Text(
        en="nodeos names no reason against producing", zh="nodeos 没有给出不出块的原因"
    ),
    "no_reading": Text(
        en="neither the log nor the producer API has been read", zh="日志与 producer API 均未读到"
    ),
    "paused_as_due": _said("paused, as this host should be", "已暂停, 本机本应如此"),
    "paused_by_hand": Text(
        en="nodeos was paused by hand, not through the keeper, while this host holds production "
        "(for {age_s:.0f} s)",
        zh="本机负责出块, nodeos 却被人绕过 keeper 手动暂停(已 {age_s:.0f} 秒)",
    ),
    "paused_somehow": Text(
        en="nodeos says paused while this host holds production (for {age_s:.0f} s): by hand, or "
        "by itself for missing votes (Spring)",
        zh="本机负责出块, nodeos 却报告已暂停(已 {age_s:.0f} 秒): 被手动暂停, "
        "或因缺票自动暂停(Spring)",
    ),
    "no_key": _said(
        "nodeos does not hold the signing key that the schedule names",
        "nodeos 没有出块名单所要求的签名私钥",
    ),
    "irreversible_too_old": _said("the last irreversible block is too old", "最后不可逆块过旧"),
    "watermark": _said(
        "our producer has already signed at this height or time",
        "我方 BP 已在此高度或时间签过块",
    ),
    "votes_of_ours": _said("no recent vote of our own finalizer", "近期没有我方 finalizer 的投票"),
    "votes_of_others": _said(
        "no recent votes of other finalizers", "近期没有其他 finalizer 的投票"
    ),
    "votes": _said("no recent votes of any finalizer", "近期没有任何 finalizer 的投票"),
    "max_reversible_blocks": _said("too many blocks are not final", "不可逆之前的区块过多"),
    "stale_production_off": _said("nodeos is not synced since its start", "nodeos 启动后尚未同步"),
    "block_vault": _said("the block vault rejected the block", "block vault 拒绝了该区块"),
    "other": _said("a reason that the keeper does not know", "keeper 不认识的原因"),
}
"""By code, as ``Declaration.texts``."""

REMEDY = Text(
    en="Read nodeos's reason in its log ('Not producing block because'); while it lasts, let "
    "another host produce.",
    zh="在 nodeos 日志中查看 'Not producing block because' 的原因; 未解决前让另一台主机出块。",
)
"""Where no code has its own."""

_FINALITY = Text(
    en="The network does not finalize: see which finalizers are away (get_finalizer_info). Do not "
    "switch over because of this: another host would meet the same.",
    zh="全网最终性停滞: 用 get_finalizer_info 查看哪些 finalizer 缺席。不要因此切换: "
    "其他主机也会遇到同样情况。",
)

REMEDIES: Mapping[str, Text] = {
    "paused_by_hand": Text(
        en="If it was meant, say so to the keeper (eoskeeper pause), or the standby takes over "
        "after its delay. If not, resume with eoskeeper resume; never by the API, past the keeper.",
        zh="若是有意暂停, 请用 eoskeeper pause 告知 keeper, 否则备用节点到时会接管。若不是, 用 "
        "eoskeeper resume 恢复, 切勿绕过 keeper 直接调 API。",
    ),
    "paused_somehow": Text(
        en="Look for 'no recent votes' in the nodeos log of the last own turn. If it is there, see "
        "to the finalizer key; if not, somebody paused it: use eoskeeper pause and resume.",
        zh="查看上一个己方轮次的 nodeos 日志有无 'no recent votes'。有则检查 finalizer 密钥; "
        "无则是人为暂停: 请使用 eoskeeper pause 与 resume。",
    ),
    "irreversible_too_old": Text(
        en="See why finality stands still; raise or remove max-irreversible-block-age only when "
        "you know why.",
        zh="查明不可逆块停滞的原因; 原因未明不要调大或删除 max-irreversible-block-age。",
    ),
    "watermark": Text(
        en="Another host has just produced for us, or the clock went back: make sure that only one "
        "host produces. It ends by itself when the chain has grown past that height.",
        zh="另一台主机刚刚代我方出过块, 或时钟倒退: 确认只有一台主机在出块。链长超过该高度后会"
        "自行恢复。",
    ),
    "votes_of_ours": Text(
        en="Activate this host's own finalizer key (cleos push action eosio actfinkey); never copy "
        "the other host's. production-pause-vote-timeout-ms = 0 switches this pause off.",
        zh="激活本机自己的 finalizer 密钥(cleos push action eosio actfinkey), 切勿复制另一台的。"
        "production-pause-vote-timeout-ms = 0 可关闭此自动暂停。",
    ),
    "votes_of_others": Text(
        en="Votes do not reach this host: relays between it and the network need vote-threads = 4; "
        "see also whether the whole network has stopped to finalize.",
        zh="投票没有传到本机: 与外网之间的中继节点须设 vote-threads = 4; "
        "并确认是否全网停止最终化。",
    ),
    "votes": Text(
        en="No votes reach this host at all: see its links and the vote-threads of its relays, "
        "then whether the network finalizes.",
        zh="本机收不到任何投票: 检查链接与中继节点的 vote-threads, 再看全网是否在最终化。",
    ),
    "max_reversible_blocks": _FINALITY,
    "stale_production_off": Text(
        en="Wait until it is synced. Set enable-stale-production only to start a network anew.",
        zh="等待同步完成。仅在重启整个网络时才设置 enable-stale-production。",
    ),
    "block_vault": Text(
        en="See whether another host produces through the same vault, and the vault's database.",
        zh="检查是否有另一台主机使用同一 block vault 出块, 以及其数据库。",
    ),
}
"""By code, as ``Declaration.remedies``."""
