"""Finer cuts than a pulled cable: packets dropped silently inside a host's own network namespace.

Each cut is a table of its own in the host's nftables, so that it ends without a trace. Nothing is
done outside the namespaces that the devnet made. Source: nft(8).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence

from eoskeeper.devnet.host import Host

TABLE = "nemesis"
CLIENT, PEER = 2379, 2380
P2P = 9876


def drop(host: Host, rules: Iterable[tuple[str, str]]) -> None:
    """Drop what the rules match: pairs of a chain (`input`, `output`) and a match of nft.

    Raises:
        RuntimeError: nft refused, or the host has no namespace of its own.
    """
    lines = [f"add table inet {TABLE}"]
    for chain in ("input", "output"):
        hook = f"{{ type filter hook {chain} priority 0; policy accept; }}"
        lines.append(f"add chain inet {TABLE} {chain} {hook}")
    lines += [f"add rule inet {TABLE} {chain} {match} drop" for chain, match in rules]
    _nft(host, ["-f", "-"], "\n".join(lines) + "\n")


def mend(host: Host) -> None:
    """End every cut of a host; nothing happens where there is none."""
    _nft(host, ["-f", "-"], f"add table inet {TABLE}\ndelete table inet {TABLE}\n")


def everything(chains: Sequence[str] = ("input", "output")) -> list[tuple[str, str]]:
    """All that crosses the cable."""
    return [(chain, f"{'iifname' if chain == 'input' else 'oifname'} eth0") for chain in chains]


def ports(*numbers: int) -> list[tuple[str, str]]:
    """All TCP of these ports that crosses the cable, whichever end has the port."""
    listed = "{ " + ", ".join(map(str, numbers)) + " }"
    return [
        (chain, f"{match} tcp {end} {listed}")
        for chain, match in everything()
        for end in ("sport", "dport")
    ]


def between(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """All that goes to or comes from these addresses."""
    listed = "{ " + ", ".join(addresses) + " }"
    return [("input", f"ip saddr {listed}"), ("output", f"ip daddr {listed}")]


def _nft(host: Host, words: list[str], script: str) -> None:
    if host.namespace is None:
        message = f"{host.name} has no network of its own: nothing is cut on the machine's"
        raise RuntimeError(message)
    done = subprocess.run(
        [*host.enter, "nft", *words],
        input=script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode:
        message = f"nft on {host.name}: {done.stderr.strip()}"
        raise RuntimeError(message)
