"""What fields may not say together, and addresses that nothing could be reached at."""

from __future__ import annotations

from pathlib import Path

import pytest

from eoskeeper.config import Config, ConfigError, Secret, load_text

TOKEN = "planted-0123456789abcdef"  # noqa: S105 - planted for the tests


def paths_of_problems(text: str) -> list[str]:
    """Paths of the problems in a file, none for a sound one."""
    try:
        load_text(text)
    except ConfigError as error:
        return [problem.path for problem in error.problems]
    return []


def remedy_of(text: str) -> str:
    """The remedy of the only problem."""
    with pytest.raises(ConfigError) as caught:
        load_text(text)
    (problem,) = caught.value.problems
    return problem.remedy


def cluster_host(role: str, more: str = "") -> str:
    """A file of a host that may produce."""
    return f'[host]\nrole = "{role}"\nname = "me"\n[producer]\naccount = "eosio"\n{more}'


@pytest.mark.parametrize("role", ["A", "B", "C", "primary"])
def test_a_role_that_may_produce_needs_an_account(role: str) -> None:
    """Without the account nothing tells which turns are ours."""
    assert paths_of_problems(f'[host]\nrole = "{role}"\n') == ["producer.account"]
    assert paths_of_problems(cluster_host(role)) == []


@pytest.mark.parametrize("role", ["F", "observer"])
def test_an_observer_needs_nothing_and_may_name_an_account(role: str) -> None:
    """A full node has no account; it may watch one."""
    assert paths_of_problems(f'[host]\nrole = "{role}"\n') == []
    assert paths_of_problems(cluster_host(role)) == []


@pytest.mark.parametrize("key", ["takeover_after_turns", "takeover_window_turns"])
def test_an_observer_has_no_delay(key: str) -> None:
    """A delay on an observer means that the operator thinks that it would take over."""
    text = cluster_host("F", f"[failover]\n{key} = 5\n")
    assert paths_of_problems(text) == [f"failover.{key}"]


def test_a_standby_needs_an_explicit_delay() -> None:
    """Two hosts called standby without one would share the counts of C."""
    assert paths_of_problems(cluster_host("standby")) == ["failover.takeover_after_turns"]
    given = cluster_host("standby", "[failover]\ntakeover_after_turns = 5\n")
    assert load_text(given).policy().takeover_after_turns == 5


@pytest.mark.parametrize(
    ("role", "failover", "sound"),
    [
        ("B", "takeover_after_turns = 2", True),
        ("B", "takeover_after_turns = 1", False),
        ("B", "first_standby_turns = 3", False),
        ("B", "first_standby_turns = 3\ntakeover_after_turns = 3", True),
        ("C", "first_standby_turns = 7", True),
        ("C", "first_standby_turns = 8", False),
        ("A", "first_standby_turns = 11", False),
    ],
)
def test_no_delay_is_below_the_first_standby(role: str, failover: str, *, sound: bool) -> None:
    """The holder fences after first_standby_turns: whoever acts before, acts beside it."""
    paths = paths_of_problems(cluster_host(role, f"[failover]\n{failover}\n"))
    assert paths == ([] if sound else ["failover.takeover_after_turns"])


@pytest.mark.parametrize(
    ("account", "sound"),
    [
        ("eosstorebest", True),
        ("a", True),
        ("eos.store.1", True),
        ("abcdefghijkla", True),
        ("abcdefghijklz", False),
        ("abcdefghijklab", False),
        ("eosstore.", False),
        ("eosstore6", False),
        ("EOSSTORE", False),
        ("", False),
        ("eos\\n", False),
    ],
)
def test_an_account_is_a_name_of_the_chain(account: str, *, sound: bool) -> None:
    """Names with other characters, too long, or with a dot at the end do not exist."""
    text = f'[host]\nrole = "A"\n[producer]\naccount = "{account}"\n'
    assert paths_of_problems(text) == ([] if sound else ["producer.account"])


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://127.0.0.1:8888", None),
        ("http://10.0.0.2:80", None),
        ("http://[::1]:8888", None),
        ("unix:///run/nodeos.sock", None),
        ("http://localhost:8888", "http://127.0.0.1:8888"),
        ("http://nodeos.example:9000", "http://IP:9000"),
        ("https://127.0.0.1:8888", "no TLS"),
        ("127.0.0.1:8888", "write it like"),
        ("http://127.0.0.1", "add the port"),
        ("http://127.0.0.1:99999", "write it like"),
        ("http://127.0.0.1:8888/v1", "remove all but"),
        ("http://127.0.0.1:8888/", "remove all but"),
        ("http://user@127.0.0.1:8888", "remove all but"),
        ("unix://nodeos.sock", "from / on"),
        ("unix:///" + "x" * 106, None),
        ("unix:///" + "x" * 107, "shorter"),
    ],
)
@pytest.mark.parametrize("key", ["url", "producer_url"])
def test_nodeos_is_asked_by_ip_or_socket(key: str, url: str, remedy: str | None) -> None:
    """A host name would be refused by nodeos itself; the remedy says what to write instead."""
    text = cluster_host("A", f'[nodeos]\n{key} = "{url}"\n')
    if remedy is None:
        assert paths_of_problems(text) == []
    else:
        assert paths_of_problems(text) == [f"nodeos.{key}"]
        assert remedy in remedy_of(text)


def test_one_log_only() -> None:
    """A file and a journal unit would be two answers to who made a block."""
    text = cluster_host("A", '[nodeos]\nlog = "/x"\njournal_unit = "nodeos"\n')
    assert paths_of_problems(text) == ["nodeos.journal_unit"]


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8686", ("127.0.0.1", 8686)),
        ("[::1]:80", ("::1", 80)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),  # noqa: S104 - an operator may want it
        ("off", None),
    ],
)
def test_the_web_address_is_taken_apart(listen: str, address: tuple[str, int] | None) -> None:
    """Address and port for the server; ``off`` for none."""
    text = cluster_host("A", f'[web]\nlisten = "{listen}"\ntoken = "{TOKEN}"\n')
    assert load_text(text).web_addresses() == (() if address is None else (address,))


def test_the_status_can_be_served_on_several_addresses() -> None:
    """Without a token on loopback only where that is asked for."""
    both = 'listen = ["127.0.0.1:8686", "10.0.0.5:8686"]'
    assert paths_of_problems(cluster_host("A", f"[web]\n{both}\n")) == ["web.token_file"]
    for is_open in (False, True):
        keys = f'token = "{TOKEN}"\nopen_on_loopback = {str(is_open).lower()}'
        local, other = load_text(cluster_host("A", f"[web]\n{both}\n{keys}\n")).web_settings()
        assert (local.address, other.address) == ("127.0.0.1:8686", "10.0.0.5:8686")
        assert other.token == Secret(TOKEN)
        assert local.token == (None if is_open else Secret(TOKEN))


def test_papers_without_a_certificate_protect_nothing() -> None:
    """A key or an authority alone would look like encryption."""
    text = cluster_host("A", '[web]\nkey = "/k"\nclient_ca = "/ca"\n')
    assert paths_of_problems(text) == ["web.key", "web.client_ca"]
    whole = '[web]\ncertificate = "/c"\nkey = "/k"\nclient_ca = "/ca"\nlisten = "10.0.0.5:8686"\n'
    (settings,) = load_text(cluster_host("A", whole)).web_settings()
    assert (settings.token, str(settings.client_ca)) == (None, "/ca")


def test_a_peer_may_be_asked_over_tls() -> None:
    """With its own authority and our own certificate."""
    keys = 'url = "https://bp-2:8686"\nca = "/ca"\ncertificate = "/c"\n'
    peer = load_text(cluster_host("A", f"[peers.b]\n{keys}")).peers["b"]
    assert (peer.url, str(peer.ca), str(peer.certificate)) == ("https://bp-2:8686", "/ca", "/c")


def test_each_of_several_addresses_is_judged() -> None:
    """The message has the bad one."""
    text = cluster_host("A", '[web]\nlisten = ["127.0.0.1:8686", "8687"]\n')
    assert paths_of_problems(text) == ["web.listen"]


@pytest.mark.parametrize("listen", ["8686", "localhost:80", "127.0.0.1", "127.0.0.1:x", ""])
def test_a_web_address_without_ip_and_port_is_refused(listen: str) -> None:
    """A name may resolve to more addresses than meant."""
    assert paths_of_problems(cluster_host("A", f'[web]\nlisten = "{listen}"\n')) == ["web.listen"]


@pytest.mark.parametrize(
    ("path", "sound"), [("/" + "x" * 106, True), ("/" + "x" * 107, False), ("x", False)]
)
def test_the_control_socket_fits_the_kernel(path: str, *, sound: bool) -> None:
    """107 bytes are the most that a unix socket's address holds."""
    text = cluster_host("A", f'[paths]\ncontrol_socket = "{path}"\n')
    assert paths_of_problems(text) == ([] if sound else ["paths.control_socket"])


def test_the_state_folder_is_absolute() -> None:
    """A relative one would depend on where the keeper was started, and lose its journal."""
    assert paths_of_problems(cluster_host("A", '[paths]\nstate = "x"\n')) == ["paths.state"]


def test_a_host_is_not_its_own_peer() -> None:
    """A copied file that was not adapted is told."""
    text = cluster_host("A", '[peers.me]\nurl = "http://10.0.0.1:8686"\n')
    assert paths_of_problems(text) == ["peers.me"]


def test_a_cluster_of_hosts_named_localhost_is_refused() -> None:
    """Hosts are told apart by their names."""
    text = cluster_host("A", '[peers.b]\nurl = "http://10.0.0.1:8686"\n')
    assert paths_of_problems(text.replace('"me"', '"localhost"')) == ["host.name"]


@pytest.mark.parametrize("url", ["10.0.0.1:8686", "http://10.0.0.1", "http://b:8686/status"])
def test_a_peer_has_an_address_with_a_port(url: str) -> None:
    """The path is the keeper's own affair."""
    text = cluster_host("A", f'[peers.b]\nurl = "{url}"\n')
    assert paths_of_problems(text) == ["peers.b.url"]


def test_a_host_names_its_role_in_letters_or_words() -> None:
    """The words of today and the letters of 2018 mean the same."""
    failover = "[failover]\ntakeover_after_turns = 7\n"
    roles = {
        name: load_text(cluster_host(name, failover if name == "standby" else "")).policy().role
        for name in ("A", "primary", "B", "C", "standby", "F", "observer")
    }
    assert [str(role) for role in roles.values()] == ["A", "A", "B", "C", "C", "F", "F"]


def settings_config() -> Config:
    """A nodeos whose producer API is on a socket of its own."""
    return load_text(
        cluster_host(
            "A",
            '[nodeos]\nproducer_url = "unix:///run/producer.sock"\ntimeout_s = 1.5\n'
            '[log]\nformat = "text"\n',
        )
    )


def test_each_part_gets_its_own_settings() -> None:
    """What is written once reaches every part that needs it."""
    config = settings_config()
    assert config.nodeos_settings().url == "http://127.0.0.1:8888"
    for effect in (config.production_settings(), config.restart_watch_settings()):
        assert effect.url == "unix:///run/producer.sock"
        assert effect.paused_url == "http://127.0.0.1:8888"
        assert effect.timeout_s == 1.5
    assert str(config.log_settings().form) == "pretty"


def web(listen: str, more: str = "") -> str:
    """A file with a web address."""
    return cluster_host("A", f'[web]\nlisten = "{listen}"\n{more}\n')


@pytest.mark.parametrize("listen", ["0.0.0.0:8686", "10.0.0.1:8686", "[::]:8686", "[fe80::1]:80"])
def test_an_address_that_others_reach_needs_a_token(listen: str) -> None:
    """The status tells who produces where, and when it would not."""
    assert paths_of_problems(web(listen)) == ["web.token_file"]
    assert paths_of_problems(web(listen, f'token = "{TOKEN}"')) == []


@pytest.mark.parametrize("listen", ["127.0.0.1:8686", "127.8.9.1:1", "[::1]:8686", "off"])
def test_loopback_needs_no_token_and_may_have_one(listen: str) -> None:
    """One may be wanted there, too, where other users are on the machine."""
    assert paths_of_problems(web(listen)) == []
    assert paths_of_problems(web(listen, f'token = "{TOKEN}"')) == []


@pytest.mark.parametrize(
    ("token", "sound"),
    [
        ("x" * 15, False),
        ("x" * 16, True),
        ("x" * 512, True),
        ("x" * 513, False),
        ("two words of a token", False),
        ("new\\nline-0123456789", False),
        ("gl\u00fchwein-0123456789", False),
    ],
)
def test_a_token_is_long_and_fits_into_a_header(token: str, *, sound: bool) -> None:
    """Ours and that of a peer; and it is not shown."""
    text = web("127.0.0.1:8686", f'token = "{token}"')
    text += f'[peers.b]\nurl = "http://10.0.0.2:8686"\ntoken = "{token}"\n'
    assert paths_of_problems(text) == ([] if sound else ["web.token", "peers.b.token"])
    if not sound:
        with pytest.raises(ConfigError) as caught:
            load_text(text)
        assert token not in str(caught.value)


def test_a_token_file_that_cannot_be_used_is_one_problem(tmp_path: Path) -> None:
    """Not also a missing token: a mistake is told once."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    text = web("0.0.0.0:8686", f'token_file = "{file}"')
    assert paths_of_problems(text) == ["web.token_file"]
    assert "chmod 640" in remedy_of(text)
    file.chmod(0o600)
    (settings,) = load_text(text).web_settings()
    assert settings.token == Secret(TOKEN)


def test_a_peer_has_no_user_in_its_address() -> None:
    """It would be sent in place of the token."""
    text = cluster_host("A", '[peers.b]\nurl = "http://u:p@10.0.0.1:8686"\n')
    assert paths_of_problems(text) == ["peers.b.url"]


def test_without_a_web_address_nothing_is_served() -> None:
    """Off is off."""
    assert load_text(web("off")).web_settings() == ()


MEMBERS = f'[members]\ntoken = "{TOKEN}-and-some-more"\n'
PEER = '[peers.b]\nurl = "http://192.0.2.1:1"\n'


@pytest.mark.parametrize(
    ("more", "path"),
    [
        (MEMBERS, "peers"),
        (f'{MEMBERS}{PEER}[web]\nlisten = "off"\n', "web.listen"),
        (f'[members]\ntoken = "{TOKEN}"\n{PEER}', "members.token"),
    ],
)
def test_members_need_each_other(more: str, path: str) -> None:
    """Somebody to talk to, a place to be asked at, and a token that cannot be guessed."""
    assert paths_of_problems(cluster_host("A", more)) == [path]


def test_the_members_are_the_peers() -> None:
    """And none are without the token."""
    assert load_text(cluster_host("A", MEMBERS + PEER)).policy().members == {"b"}
    assert load_text(cluster_host("A", PEER)).policy().members == frozenset()
