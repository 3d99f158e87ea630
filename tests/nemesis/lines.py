"""Finer cuts than a pulled cable: packets dropped silently inside a host's own network namespace.

A cut is a table of its own in the host's nftables, so that it ends without a trace. Nothing is
done outside the namespaces that the devnet made. Source: nft(8).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence

from eoskeeper.devnet.host import Host

TABLE = "nemesis"
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
    run_nft(host, *lines)


def mend(host: Host) -> None:
    """End every cut of a host; nothing happens where there is none."""
    end_table(host, TABLE)


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


def end_table(host: Host, table: str) -> None:
    """End all rules of a table, whether there is one or not."""
    run_nft(host, f"add table inet {table}", f"delete table inet {table}")


def run_nft(host: Host, *script: str) -> None:
    """Carry out lines of nft on a host, all of them or none.

    Raises:
        RuntimeError: nft refused, or the host has no namespace of its own.
    """
    if host.namespace is None:
        message = f"{host.name} has no network of its own: nothing is cut on the machine's"
        raise RuntimeError(message)
    done = subprocess.run(
        [*host.enter, "nft", "-f", "-"],
        input="\n".join(script) + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode:
        message = f"nft on {host.name}: {done.stderr.strip()}"
        raise RuntimeError(message)
