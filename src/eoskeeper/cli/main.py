"""The command ``eoskeeper``: run, look, order, check. Each command's module does the work."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from eoskeeper import __version__
from eoskeeper.domain.findings import Language

__all__ = ["app", "main"]

EXIT_CODES = """\b
Exit codes: 0 done; 1 it did not go well (not healthy, refused, unsafe now);
2 wrong usage or configuration; 3 no keeper answers; 70 a bug; 75 could not stop."""

app = typer.Typer(
    name="eoskeeper",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Watches nodeos, and fails over so that two hosts never produce at once.",
    epilog=EXIT_CODES,
)

ConfigOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="TOML, or the config.ini of 2018; else the usual places."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
ByOption = Annotated[str, typer.Option("--by", help="Who orders it, for the journal.")]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, max=3600, help="Seconds to go on asking until it is safe.")
]
LanguageOption = Annotated[
    Language | None, typer.Option("--language", help="Else that of the configuration.")
]
RuleArgument = Annotated[
    str, typer.Argument(help="Name of a rule, as `alarms` prints it; * is all.")
]
OthersOption = Annotated[
    bool,
    typer.Option("--others-paused", help="You have paused every other host of the cluster."),
]


class When(StrEnum):
    """When a switchover begins."""

    GAP = "gap"
    NOW = "now"


class Register(StrEnum):
    """Where simulated worlds keep their lease."""

    CHAIN = "chain"
    ETCD = "etcd"
    BOTH = "both"


def main() -> None:
    """Entry point of the console script."""
    app(prog_name="eoskeeper")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"eoskeeper {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the program itself."""


def _command(module: str) -> Any:  # noqa: ANN401 - a module, loaded when its command is called
    """Load the work of a command only when it is called: `status` must not load a web server."""
    return import_module(f"eoskeeper.cli.{module}")


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the keeper in the foreground."""
    raise typer.Exit(_command("running").run(config))


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show this host, and its peers where they are configured."""
    raise typer.Exit(_command("looking").status(config, as_json=as_json))


@app.command()
def watch(
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
    language: LanguageOption = None,
) -> None:
    """Show live what the status page shows, until ctrl-C."""
    raise typer.Exit(_command("watching").watch(config, language, once=once))


@app.command()
def explain(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Tell why this host does, or does not, take over: every condition with its figure."""
    raise typer.Exit(_command("looking").explain(config, as_json=as_json))


@app.command()
def history(
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=10_000)] = 40,
    as_json: JsonOption = False,
) -> None:
    """Show what was decided, why, and what became of it; needs no running keeper."""
    raise typer.Exit(_command("looking").history(config, limit, as_json=as_json))


@app.command()
def rounds(
    config: ConfigOption = None,
    log: Annotated[
        list[Path] | None, typer.Option("--log", help="A nodeos log, .gz too; - is stdin; again.")
    ] = None,
    more_logs: Annotated[
        list[Path] | None, typer.Argument(metavar="[LOG]...", help="More logs, in any order.")
    ] = None,
    url: Annotated[str, typer.Option("--url", help="A chain API: http://127.0.0.1:8888.")] = "",
    producer: Annotated[str, typer.Option("--producer", help="Each turn of this one.")] = "",
    count: Annotated[
        int, typer.Option("--rounds", min=1, max=10_000, help="With --url: how many rounds.")
    ] = 3,
    since: Annotated[str, typer.Option("--since", help="2h before the newest, or a time.")] = "",
    schedule: Annotated[str, typer.Option("--schedule", help="a,b,c in slot order.")] = "",
    every_line: Annotated[
        bool, typer.Option("--every-line", help="Slower: finds deep forks with --producer, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the turns that producers made and missed: of a log, a chain API, or the keeper."""
    module = _command("rounds")
    question = module.RoundsQuestion(
        config=config,
        logs=(*(log or ()), *(more_logs or ())),
        url=url,
        producer=producer,
        rounds=count,
        since=since,
        schedule=schedule,
        every_line=every_line,
    )
    raise typer.Exit(module.rounds(question, as_json=as_json))


@app.command()
def pause(config: ConfigOption = None, by: ByOption = "") -> None:
    """Stop production on this host; it stays off until `eoskeeper resume`."""
    raise typer.Exit(_command("ordering").pause(config, by))


@app.command()
def resume(
    config: ConfigOption = None,
    by: ByOption = "",
    wait_s: WaitOption = 0.0,
    others_paused: OthersOption = False,
) -> None:
    """Let this host produce; refused with the reason while another host may."""
    ordering = _command("ordering")
    raise typer.Exit(ordering.resume(config, by, wait_s, others_paused=others_paused))


@app.command()
def switchover(
    to: Annotated[str, typer.Option("--to", help="The host that is to produce.")],
    at: Annotated[
        When, typer.Option("--at", help="Between two own turns; or at once, which may lose blocks.")
    ] = When.GAP,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell whether it could be.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Hand production over to another host without losing a block; run it on the holder."""
    work = _command("switching")
    wanted = work.Wanted(to, by, at is When.GAP, dry_run, yes, as_json)
    raise typer.Exit(work.switchover(config, wanted))


@app.command()
def failover(
    to: Annotated[str, typer.Option("--to", help="This host: the one that is to produce.")],
    words: Annotated[str, typer.Option("--words", help="The sentence that accepts the risk.")] = "",
    wait_s: WaitOption = 0.0,
    config: ConfigOption = None,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Produce here although the holder is out of reach; says what proof is missing."""
    work = _command("forcing")
    raise typer.Exit(work.failover(config, work.Forced(to, by, words, wait_s, as_json)))


maintenance_app = typer.Typer(
    no_args_is_help=True, help="Let the keeper decide nothing for a while."
)
app.add_typer(maintenance_app, name="maintenance")


@maintenance_app.command("on")
def maintenance_on(
    duration: Annotated[str, typer.Option("--for", help="How long: 30m, 2h; at most a day.")],
    config: ConfigOption = None,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """No takeover, no hand-over, no fence for a node that is away; the guard goes on."""
    raise typer.Exit(_command("ordering").maintain(config, by, duration, as_json=as_json))


@maintenance_app.command("off")
def maintenance_off(
    config: ConfigOption = None, by: ByOption = "", as_json: JsonOption = False
) -> None:
    """The keeper decides again."""
    raise typer.Exit(_command("ordering").maintain(config, by, "", as_json=as_json))


@app.command()
def alarms(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show open and pending alarms: evidence, remedy, who was told; exit 1 while one is open."""
    raise typer.Exit(_command("alarming").alarms(config, as_json=as_json))


@app.command()
def silence(
    rule: RuleArgument,
    duration: Annotated[str, typer.Option("--for", help="How long: 90s, 30m, 2h, 1d.")] = "1h",
    reason: Annotated[str, typer.Option("--reason", help="For those who wonder later.")] = "",
    config: ConfigOption = None,
    by: ByOption = "",
) -> None:
    """Send no messages about a rule for a while; what is still open then is told."""
    raise typer.Exit(_command("alarming").silence(config, rule, duration, by, reason))


@app.command()
def unsilence(rule: RuleArgument, config: ConfigOption = None, by: ByOption = "") -> None:
    """End the silences of a rule."""
    raise typer.Exit(_command("alarming").unsilence(config, rule, by))


@app.command()
def ack(rule: RuleArgument, config: ConfigOption = None, by: ByOption = "") -> None:
    """Say that you work on an alarm: no repeats, and nobody else is called."""
    raise typer.Exit(_command("alarming").acknowledge(config, rule, by))


@app.command("test-alarm")
def send_test(
    channel: Annotated[str, typer.Option("--channel", help="One channel; else every one.")] = "",
    config: ConfigOption = None,
) -> None:
    """Send a test message and print the services' answers; needs no running keeper."""
    raise typer.Exit(_command("alarm_test").send_tests(config, channel))


@app.command()
def check(config: ConfigOption = None) -> None:
    """Check the configuration, and ask the node whether it is as it should be."""
    raise typer.Exit(_command("checking").check(config))


@app.command()
def migrate(
    file: Annotated[Path, typer.Argument(help="The config.ini of 2018.")] = Path(
        "/etc/eoskeeper/config.ini"
    ),
) -> None:
    """Print the TOML that says the same as a config.ini of 2018."""
    raise typer.Exit(_command("checking").print_migrated(file))


@app.command()
def guard_settings(config: ConfigOption = None) -> None:
    """Print the file of JSON that eoskeeper-guard reads, told from the configuration."""
    raise typer.Exit(_command("checking").print_guard_settings(config))


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many, from --seed on.")] = 400,
    seed: Annotated[int | None, typer.Option("--seed", help="The first; else a fresh one.")] = None,
    register: Annotated[
        Register, typer.Option("--register", help="Where the worlds keep their lease.")
    ] = Register.BOTH,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=0.1, max=1440, help="Of faults in each world; else 20 or 2."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=1, help="Begin no more seeds after that.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, max=256, help="Processes; 0: one for each processor.")
    ] = 0,
    trace: Annotated[bool, typer.Option("--trace", help="Tell the story of --seed only.")] = False,
) -> None:
    """Search for two producers in simulated worlds full of faults; needs no host and no chain."""
    work = _command("simulating")
    if trace:
        raise typer.Exit(work.trace(seed, register, minutes))
    raise typer.Exit(work.simulate(seed, seeds, register, minutes, jobs, seconds))


dashboards_app = typer.Typer(no_args_is_help=True, help="Dashboards for Grafana.")
app.add_typer(dashboards_app, name="dashboards")


@dashboards_app.command("export")
def export_dashboards(
    store: Annotated[str, typer.Option("--for", help="influxdb or prometheus.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path(
        "eoskeeper-grafana"
    ),
) -> None:
    """Write dashboards and provisioning files; files of the same names are replaced."""
    raise typer.Exit(_command("dashboards").export(store, out))


def play(
    directory: Annotated[Path, typer.Option("--dir", help="Folder of a devnet with keepers.")],
) -> None:
    """Play the story of a failover on a running devnet, and print the account."""
    raise typer.Exit(_command("story").play(directory))


def _add_devnet() -> None:
    from eoskeeper.devnet.cli import devnet_app  # noqa: PLC0415 - only where it can be loaded

    devnet_app.command("play")(play)
    app.add_typer(devnet_app, name="devnet", help="A real local network to try it on.")


def _wants_devnet(arguments: list[str]) -> bool:
    """Only who asks for it, or for the list of all commands, waits until it is loaded."""
    first = next((one for one in arguments if not one.startswith("-")), "devnet")
    return first == "devnet" or "--help" in arguments


if _wants_devnet(sys.argv[1:]):
    _add_devnet()
