"""The two tiny contracts with which a devnet governs its chain, as WebAssembly made by hand.

Each passes the data of one action to one privileged function of nodeos. A chain needs no more to
activate a protocol feature and to change its producers.
"""

from collections.abc import Sequence

from eoskeeper.devnet.packing import name_bytes, packed_bytes, packed_list, varuint

I32, I64 = 0x7F, 0x7E
LOCAL_GET, I32_CONST, I64_CONST, I64_NE, CALL = 0x20, 0x41, 0x42, 0x52, 0x10
IF_EMPTY, DROP, END, RETURN = (0x04, 0x40), 0x1A, 0x0B, 0x0F
ACTION_PARAMETER = 2
# nodeos takes address 0 for a null pointer and refuses it.
DATA_ADDRESS = 8


def _signed(number: int) -> bytes:
    """Pack a signed constant (LEB128)."""
    packed = b""
    while True:
        byte, number = number & 0x7F, number >> 7
        if (number, byte & 0x40) in ((0, 0), (-1, 0x40)):
            return packed + bytes([byte])
        packed += bytes([byte | 0x80])


def _section(number: int, items: Sequence[bytes]) -> bytes:
    return bytes([number]) + packed_bytes(packed_list(items))


def _function_type(parameters: Sequence[int], results: Sequence[int]) -> bytes:
    return b"\x60" + packed_bytes(bytes(parameters)) + packed_bytes(bytes(results))


def _import(name: str, type_index: int) -> bytes:
    return packed_bytes(b"env") + packed_bytes(name.encode()) + bytes([0, type_index])


def _unless_action(name: str) -> bytes:
    number = int.from_bytes(name_bytes(name), "little", signed=True)
    test = bytes([LOCAL_GET, ACTION_PARAMETER, I64_CONST]) + _signed(number) + bytes([I64_NE])
    return test + bytes([*IF_EMPTY, RETURN, END])


def _module(imports: Sequence[tuple[str, bytes]], body: bytes) -> bytes:
    """Assemble a module whose last function is `apply(receiver, account, action)`."""
    types = [kind for _, kind in imports] + [_function_type([I64, I64, I64], [])]
    return (
        b"\0asm\x01\0\0\0"
        + _section(1, types)
        + _section(2, [_import(name, index) for index, (name, _) in enumerate(imports)])
        + _section(3, [bytes([len(imports)])])
        + _section(5, [b"\0\x01"])
        + _section(7, [packed_bytes(b"apply") + b"\0" + varuint(len(imports))])
        + _section(10, [packed_bytes(b"\0" + body + bytes([END]))])
    )


READ = ("read_action_data", _function_type([I32, I32], [I32]))
SIZE = ("action_data_size", _function_type([], [I32]))
PROPOSE = ("set_proposed_producers_ex", _function_type([I64, I32, I32], [I64]))
PREACTIVATE = ("preactivate_feature", _function_type([I32], []))


def _read_action_data() -> bytes:
    """Let function 0 write the action's data, of the size that function 1 tells."""
    return bytes([I32_CONST, DATA_ADDRESS, CALL, 1, CALL, 0, DROP])


def schedule_contract() -> bytes:
    """Return the contract whose `setprods` proposes its data as the producer schedule.

    The data are in format 1 of `set_proposed_producers_ex`, that is `packing.producer_schedule`.
    nodeos loads it only once WTMSIG_BLOCK_SIGNATURES is active.
    """
    propose = bytes([I64_CONST, 1, I32_CONST, DATA_ADDRESS, CALL, 1, CALL, 2, DROP])
    return _module(
        [READ, SIZE, PROPOSE], _unless_action("setprods") + _read_action_data() + propose
    )


def activation_contract() -> bytes:
    """Return the contract whose `activate` preactivates the feature of the 32-byte digest."""
    preactivate = bytes([I32_CONST, DATA_ADDRESS, CALL, 2])
    return _module(
        [READ, SIZE, PREACTIVATE], _unless_action("activate") + _read_action_data() + preactivate
    )


def _field(name: str, kind: str) -> bytes:
    return packed_bytes(name.encode()) + packed_bytes(kind.encode())


def _structure(name: str, fields: Sequence[tuple[str, str]]) -> bytes:
    return (
        packed_bytes(name.encode())
        + packed_bytes(b"")
        + packed_list([_field(*field) for field in fields])
    )


def schedule_abi() -> bytes:
    """Return the packed interface of `schedule_contract`, so that tools can show its actions."""
    structures = [
        _structure("key_weight", [("key", "public_key"), ("weight", "uint16")]),
        _structure("authority_v0", [("threshold", "uint32"), ("keys", "key_weight[]")]),
        _structure("producer", [("producer_name", "name"), ("authority", "authority")]),
        _structure("setprods", [("schedule", "producer[]")]),
    ]
    variants = [packed_bytes(b"authority") + packed_list([packed_bytes(b"authority_v0")])]
    action = name_bytes("setprods") + packed_bytes(b"setprods") + packed_bytes(b"")
    empty = packed_list([])
    # types, structs, actions, tables, clauses, error messages, extensions, variants
    return (
        packed_bytes(b"eosio::abi/1.1")
        + empty
        + packed_list(structures)
        + packed_list([action])
        + empty * 4
        + packed_list(variants)
    )
