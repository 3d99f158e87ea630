"""The commands of `eoskeeper devnet`: a real network to try things on, up in seconds."""

# ruff: noqa: FBT002  a flag on a command line is a bool parameter
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from eoskeeper.devnet.clock import monotonic_s
from eoskeeper.devnet.errors import DevnetError
from eoskeeper.devnet.network import Devnet, HostStatus
from eoskeeper.devnet.plan import KEEPER_HOSTS, MIN_PRODUCERS, DevnetOptions

devnet_app = typer.Typer(
    no_args_is_help=True,
    help="A real Antelope network on this machine: a, b, c share one producer, f is a full node, "
    "o runs all other producers.",
)


def default_directory() -> Path:
    """Return where the devnet lies when nobody says otherwise."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "eoskeeper" / "devnet"


Directory = Annotated[
    Path | None,
    typer.Option("--dir", help="Its folder. Default: $XDG_STATE_HOME/eoskeeper/devnet."),
]
HostName = Annotated[str, typer.Argument(metavar="HOST", help="a, b, c, f or o.")]


@contextmanager
def _errors_said() -> Iterator[None]:
    """Turn what a person can mend into one message and exit status 1."""
    try:
        yield
    except DevnetError as error:
        Console(stderr=True).print(f"devnet: {error}", markup=False, highlight=False)
        sys.exit(1)


def _open(directory: Path | None) -> Devnet:
    return Devnet.open(directory or default_directory())


def _say(text: str) -> None:
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


@devnet_app.command()
def up(
    directory: Directory = None,
    producers: Annotated[
        int, typer.Option(min=MIN_PRODUCERS, help="Producers in all; a round is 6 s for each.")
    ] = MIN_PRODUCERS,
    keepers: Annotated[
        bool, typer.Option("--keepers/--no-keepers", help="Start a keeper on a, b, c and f.")
    ] = False,
    pages: Annotated[
        bool,
        typer.Option("--pages/--no-pages", help="With keepers: peers, and status pages to open."),
    ] = True,
    namespaces: Annotated[
        bool | None,
        typer.Option(
            "--namespaces/--no-namespaces",
            help="Give each host a network of its own (needs root). Default: when possible.",
        ),
    ] = None,
) -> None:
    """Start a network; its processes go on when this command has ended."""
    options = DevnetOptions(
        producers=producers, keepers=keepers, namespaces=namespaces, pages=keepers and pages
    )
    began_s = monotonic_s()
    with _errors_said():
        devnet = Devnet.create(directory or default_directory(), options)
        devnet.up(lambda text: _say(f"{monotonic_s() - began_s:5.1f} s  {text}"))
        _say(f"{monotonic_s() - began_s:5.1f} s  up\n\n{_what_next(devnet, directory)}")


def _what_next(devnet: Devnet, directory: Path | None) -> str:
    command = "eoskeeper devnet {}" + (f" --dir {directory}" if directory else "")
    a = devnet.host("a")
    lines = [
        f"Host a produces as {devnet.our_producer}; b and c stand by, paused.",
        f"  logs of nodeos     {devnet.directory}/*/nodeos.log",
    ]
    if devnet.options.keepers:
        lines.append(
            f"  logs of keepers    {devnet.directory}/{{{','.join(KEEPER_HOSTS)}}}/keeper.log"
        )
    if devnet.options.pages:
        lines += [f"  status page of {name}   {devnet.page_url(name)}" for name in KEEPER_HOSTS]
    lines += [
        f"  what is going on   {command.format('status')}",
        f"  kill the primary   {command.format('kill a')}",
        f"  nodeos of host a   {' '.join([*a.enter, 'curl', '-s', a.url + '/v1/chain/get_info'])}",
    ]
    if a.enter:
        lines.append(f"  enter host a       {' '.join(a.enter)} bash")
    return "\n".join([*lines, f"  end all of it      {command.format('down')}"])


@devnet_app.command()
def down(directory: Directory = None) -> None:
    """End every process and remove every trace, also after a crash."""
    with _errors_said():
        devnet = _open(directory)
        devnet.down()
        _say(f"The devnet in {devnet.directory} is down; nothing of it is left.")


@devnet_app.command()
def status(
    directory: Directory = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what every host does."""
    with _errors_said():
        devnet = _open(directory)
        hosts = devnet.status()
        if as_json:
            sys.stdout.write(msgspec.json.encode(hosts).decode() + "\n")
        else:
            Console().print(_table(devnet, hosts))


def _table(devnet: Devnet, hosts: list[HostStatus]) -> Table:
    where = "own networks" if devnet.has_namespaces else "all on loopback"
    table = Table(title=f"{devnet.directory} ({where}, {devnet.options.producers} producers)")
    for name in ("host", "nodeos", "pid", "line", "head", "irreversible", "paused", "producing"):
        table.add_column(
            name, justify="right" if name in {"pid", "head", "irreversible"} else "left"
        )
    table.add_column("keeper", justify="right")
    for host in hosts:
        figures = (host.head, host.irreversible, host.paused, host.producing, host.keeper_pid)
        table.add_row(host.name, host.node, _cell(host.pid), host.line, *map(_cell, figures))
    return table


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case True:
            return "yes"
        case False:
            return "no"
        case _:
            return str(value)


@devnet_app.command()
def kill(host: HostName, directory: Directory = None) -> None:
    """SIGKILL a host's nodeos."""
    with _errors_said():
        _open(directory).kill(host)
        _say(f"nodeos of host {host} is killed")


@devnet_app.command()
def stop(host: HostName, directory: Directory = None) -> None:
    """SIGTERM a host's nodeos and wait for its end."""
    with _errors_said():
        _open(directory).stop(host)
        _say(f"nodeos of host {host} has ended")


@devnet_app.command()
def start(
    host: HostName,
    directory: Directory = None,
    pause_on_startup: Annotated[
        bool | None,
        typer.Option(
            "--pause-on-startup/--no-pause-on-startup",
            help="Default: a starts producing, b and c paused.",
        ),
    ] = None,
) -> None:
    """Start a host's nodeos again; it replays if it was killed."""
    with _errors_said():
        _open(directory).start(host, pause_on_startup)
        _say(f"nodeos of host {host} answers")


@devnet_app.command()
def freeze(host: HostName, directory: Directory = None) -> None:
    """SIGSTOP a host's nodeos."""
    with _errors_said():
        _open(directory).freeze(host)
        _say(f"nodeos of host {host} is frozen")


@devnet_app.command()
def thaw(host: HostName, directory: Directory = None) -> None:
    """SIGCONT a host's nodeos."""
    with _errors_said():
        _open(directory).thaw(host)
        _say(f"nodeos of host {host} goes on")


@devnet_app.command()
def cut(
    host: HostName,
    directory: Directory = None,
    one_way: Annotated[
        bool, typer.Option("--one-way", help="It still hears everyone, but no block leaves it.")
    ] = False,
) -> None:
    """Cut a host's line."""
    with _errors_said():
        _open(directory).cut(host, one_way=one_way)
        _say(f"the line of host {host} is cut{' one way' if one_way else ''}")


@devnet_app.command()
def heal(host: HostName, directory: Directory = None) -> None:
    """Mend a host's line."""
    with _errors_said():
        _open(directory).heal(host)
        _say(f"the line of host {host} is mended")


if __name__ == "__main__":
    devnet_app(prog_name="python -m eoskeeper.devnet.cli")
