"""From an empty chain to a producer schedule, with as few transactions as it takes.

One protocol feature by the API, one by a contract of 160 bytes, then accounts and a schedule by
another of 174 bytes. Everything happens on host o, which produces alone until the schedule holds.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from eoskeeper.devnet.clock import SLOTS_PER_TURN, await_that, slot_of, utc_now
from eoskeeper.devnet.contract import activation_contract, schedule_abi, schedule_contract
from eoskeeper.devnet.packing import Action, new_account, producer_schedule, set_abi, set_code
from eoskeeper.devnet.plan import PRODUCER, other_producers
from eoskeeper.devnet.signing import CHAIN_KEY, OUR_KEY
from eoskeeper.devnet.trickle import ACCOUNT as TRICKLE_ACCOUNT
from eoskeeper.devnet.trickle import reference_of, signed_transaction

# Digests of builtin protocol features, the same in every build of nodeos.
# Source: spring v1.2.2 libraries/chain/protocol_feature_manager.cpp.
PREACTIVATE_FEATURE = "0ec7e080177b2c02b278d5088611686b49d739925a92d9bfcacd7fc6b74053bd"
WTMSIG_BLOCK_SIGNATURES = "299dcb6af692324b899b39f16d5a530a33062804e41f09dc97e9f156b4476707"
# A schedule that is proposed while one producer runs the chain is active some five slots later.
SCHEDULE_LEAD_SLOTS = 8
STEP_TIMEOUT_S = 15.0


class Call(Protocol):
    """A call of one nodeos API: path and JSON body to JSON answer."""

    def __call__(self, path: str, body: Any = None, /) -> Any:  # noqa: ANN401  any JSON value
        """Call it."""


def genesis(now: datetime) -> str:
    """Return the first state of a chain that begins now."""
    return json.dumps(
        {
            "initial_timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000"),
            "initial_key": CHAIN_KEY.public,
            "initial_configuration": {
                "max_block_net_usage": 1_048_576,
                "target_block_net_usage_pct": 1_000,
                "max_transaction_net_usage": 524_288,
                "base_per_transaction_net_usage": 12,
                "net_usage_leeway": 500,
                "context_free_discount_net_usage_num": 20,
                "context_free_discount_net_usage_den": 100,
                "max_block_cpu_usage": 400_000,
                "target_block_cpu_usage_pct": 1_000,
                "max_transaction_cpu_usage": 350_000,
                "min_transaction_cpu_usage": 100,
                "max_transaction_lifetime": 3_600,
                "deferred_trx_expiration_window": 600,
                "max_transaction_delay": 3_888_000,
                "max_inline_action_size": 524_288,
                "max_inline_action_depth": 4,
                "max_authority_depth": 6,
            },
        },
        indent=2,
    )


def push(call: Call, *actions: Action) -> None:
    """Sign and push one transaction.

    Raises:
        DevnetError: nodeos refused it.
    """
    reference = reference_of(call("/v1/chain/get_info", {}))
    call("/v1/chain/send_transaction", signed_transaction(list(actions), reference))


def _by_eosio(name: str, data: bytes) -> Action:
    return Action("eosio", name, "eosio", data)


def _await_feature(call: Call, digest: str) -> None:
    def is_active() -> bool:
        answer = call("/v1/chain/get_activated_protocol_features", {"limit": 100})
        features = answer["activated_protocol_features"]
        return any(feature["feature_digest"] == digest for feature in features)

    await_that(is_active, f"protocol feature {digest[:8]} is active", timeout_s=STEP_TIMEOUT_S)


def found_chain(call: Call, producers: int, progress: Callable[[str], None]) -> None:
    """Turn the empty chain of host o into one with `producers` producers, ours among them.

    Raises:
        DevnetError: a step failed; there is no use in going on with this chain.
    """
    progress("activating protocol features")
    features = {"protocol_features_to_activate": [PREACTIVATE_FEATURE]}
    call("/v1/producer/schedule_protocol_feature_activations", features)
    _await_feature(call, PREACTIVATE_FEATURE)
    push(
        call,
        _by_eosio("setcode", set_code("eosio", activation_contract())),
        _by_eosio("activate", bytes.fromhex(WTMSIG_BLOCK_SIGNATURES)),
    )
    _await_feature(call, WTMSIG_BLOCK_SIGNATURES)
    progress(f"creating {producers} producers and their schedule")
    push(
        call,
        _by_eosio("setcode", set_code("eosio", schedule_contract())),
        _by_eosio("setabi", set_abi("eosio", schedule_abi())),
        *_new_accounts(producers),
    )
    propose_schedule(call, first_schedule(producers, slot_of(utc_now())))


def _new_accounts(producers: int) -> list[Action]:
    """Create everybody's account; ours has the key with which its hosts sign blocks."""
    keys = dict.fromkeys([TRICKLE_ACCOUNT, *other_producers(producers - 1)], CHAIN_KEY)
    keys[PRODUCER] = OUR_KEY
    return [
        _by_eosio("newaccount", new_account(name, key.public_bytes)) for name, key in keys.items()
    ]


def first_schedule(producers: int, slot: int) -> list[str]:
    """Return a schedule, proposed at `slot`, in which our first turn comes soon.

    Chains have their own orders, so nobody may rely on one; and a round of 21 producers would be
    126 s of waiting.
    """
    names = other_producers(producers - 1)
    turn = (slot + SCHEDULE_LEAD_SLOTS) // SLOTS_PER_TURN + 1
    names.insert(turn % producers, PRODUCER)
    return names


def propose_schedule(call: Call, producers: Sequence[str]) -> None:
    """Propose producers, in this order, each with the key that its host has."""
    keys = ((name, OUR_KEY if name == PRODUCER else CHAIN_KEY) for name in producers)
    data = producer_schedule((name, key.public_bytes) for name, key in keys)
    push(call, _by_eosio("setprods", data))
