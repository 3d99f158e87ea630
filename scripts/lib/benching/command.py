"""``scripts/bench keeper``."""

from __future__ import annotations

import argparse
import json
import platform
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.benching.measuring import Measured, await_ready, measure
from scripts.lib.benching.noise import Noise
from scripts.lib.benching.settings import everything_on

from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet
from eoskeeper.devnet.plan import KEEPER_HOSTS, DevnetOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["run"]

SETTLE_S = 30.0
"""After a start the keepers look back at the chain and the log, which is no part of the promise."""


def run(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when something broke."""
    options = _parser().parse_args(arguments)
    # Whoever ends the bench ends its network, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with tempfile.TemporaryDirectory(prefix="eoskeeper-bench-") as directory:
            print(json.dumps(_run(options, Path(directory)), indent=2))
    except (DevnetError, OSError) as error:
        _say(f"scripts/bench keeper: {error}")
        return 1
    return 0


def _run(options: argparse.Namespace, directory: Path) -> dict[str, object]:
    hosts = list(KEEPER_HOSTS)
    # Whoever is read last in a round has run a little longer; let it not always be the same.
    random.Random(options.seed).shuffle(hosts)  # noqa: S311 - no secret
    noise = Noise()
    with _network(directory, options.producers) as devnet:
        keepers = await_ready(devnet, hosts)
        _say(f"all are ready; they settle for {SETTLE_S:g} s")
        time.sleep(SETTLE_S)
        measure(devnet, keepers, options.minutes, noise, _say)
    keepers.sort(key=lambda one: one.host)
    _say(_table(keepers, noise))
    return {
        "bench": "keeper",
        "minutes": options.minutes,
        "seed": options.seed,
        "producers": options.producers,
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in ("aiohttp", "psutil", "typer")},
        "machine": noise.figures(),
        "keepers": [one.figures() for one in keepers],
    }


@contextmanager
def _network(directory: Path, producers: int) -> Iterator[Devnet]:
    """Real nodes and keepers with everything on; gone when the block ends, however it does."""
    with everything_on(directory) as settings:
        # In network namespaces the database would be out of reach.
        options = DevnetOptions(
            producers=producers,
            keepers=True,
            pages=True,
            namespaces=False,
            keeper_settings=settings,
        )
        with Devnet.create(directory / "net", options) as devnet:
            devnet.up(_say)
            yield devnet


def _table(keepers: Sequence[Measured], noise: Noise) -> str:
    lines = [
        "host  state      % of a core: median   min    max   peak MiB  shared-out MiB  switches/s"
    ]
    for one in keepers:
        figures = one.figures()
        percent = _three(figures["processor_percent"])
        mark = "" if all(one.goals.values()) else "   goal not met"
        lines.append(
            f"{one.host:4s}  {one.state:9s}  {percent[0]:19.2f} {percent[1]:6.2f} {percent[2]:6.2f}"
            f"  {one.peak_mib:8.1f}  {max(one.proportional_mib):14.1f}"
            f"  {max(one.switches_per_s):10.1f}{mark}"
        )
    loop = _three(noise.figures()["loop_processor_ms"])
    waited = _three(noise.figures()["loop_waited_ms"])
    lines.append(
        f"machine: the same loop took {loop[1]:.1f} to {loop[2]:.1f} ms of processor time "
        f"(median {loop[0]:.1f}) and waited up to {waited[2]:.1f} ms; "
        f"load average up to {max(noise.load):.1f}"
    )
    return "\n".join(lines)


def _three(figures: object) -> tuple[float, float, float]:
    assert isinstance(figures, dict), "something was measured"
    return figures["median"], figures["min"], figures["max"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench keeper",
        description="Measures keepers on a real network of this machine, with everything on.",
    )
    parser.add_argument("--minutes", type=int, default=10, help="at least 1; default 10")
    parser.add_argument("--seed", type=int, default=0, help="for the order of the hosts")
    parser.add_argument("--producers", type=int, default=21, help="4 to 125; default 21")
    return parser


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
