"""What the nemesis does to a network: one literal table, and what may not meet, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEASE_S = 20.0
LONGEST_STOP_S = 3 * LEASE_S


class Part(StrEnum):
    """What of a host a fault strikes."""

    KEEPER = "keeper"
    GUARD = "guard"
    NODEOS = "nodeos"
    MEMBER = "etcd"
    LINE = "line"


class Deed(StrEnum):
    """What is done to it; `field.py` knows how, and how it is undone."""

    KILL = "killed"
    STOP = "stopped"
    CUT_ALL = "cut off from all"
    CUT_IN = "deaf"
    CUT_OUT = "mute"
    CUT_ETCD = "cut off from etcd"
    CUT_P2P = "cut off from the chain"
    CUT_PEERS = "member cut off from the others"
    HALVES = "on one side with the other producers"
    HALVES_ALONE = "on one side without the other producers"
    UNPAUSED = "restarted unpaused by hand"
    CURL = "resumed by hand behind its keeper's back"


class Target(StrEnum):
    """Whom it strikes, looked up when it begins."""

    HOLDER = "the holder"
    STANDBY = "a standby"
    ANY = "any"
    LEADER = "the leader of etcd"


@dataclass(frozen=True)
class Fault:
    """One row: how often it is drawn, and for how many seconds it lasts (mostly short)."""

    part: Part
    deed: Deed
    target: Target
    weight: int
    lasts_s: tuple[float, float]


_STOPPED = (0.1, LONGEST_STOP_S)
_KILLED = (1.0, 30.0)
_CUT = (0.5, LONGEST_STOP_S)

FAULTS = (
    Fault(Part.KEEPER, Deed.KILL, Target.HOLDER, 2, _KILLED),
    Fault(Part.KEEPER, Deed.KILL, Target.STANDBY, 1, _KILLED),
    Fault(Part.KEEPER, Deed.STOP, Target.HOLDER, 2, _STOPPED),
    Fault(Part.KEEPER, Deed.STOP, Target.STANDBY, 1, _STOPPED),
    Fault(Part.GUARD, Deed.KILL, Target.HOLDER, 1, (1.0, 1.0)),
    Fault(Part.GUARD, Deed.STOP, Target.HOLDER, 1, _STOPPED),
    Fault(Part.GUARD, Deed.STOP, Target.STANDBY, 1, _STOPPED),
    Fault(Part.NODEOS, Deed.KILL, Target.HOLDER, 2, _KILLED),
    Fault(Part.NODEOS, Deed.KILL, Target.STANDBY, 1, _KILLED),
    Fault(Part.NODEOS, Deed.STOP, Target.HOLDER, 2, _STOPPED),
    Fault(Part.NODEOS, Deed.STOP, Target.STANDBY, 1, _STOPPED),
    Fault(Part.NODEOS, Deed.UNPAUSED, Target.ANY, 1, (1.0, 1.0)),
    Fault(Part.NODEOS, Deed.CURL, Target.STANDBY, 1, (1.0, 1.0)),
    Fault(Part.MEMBER, Deed.KILL, Target.LEADER, 1, _KILLED),
    Fault(Part.MEMBER, Deed.KILL, Target.ANY, 1, _KILLED),
    Fault(Part.MEMBER, Deed.STOP, Target.LEADER, 1, _STOPPED),
    Fault(Part.MEMBER, Deed.STOP, Target.ANY, 1, _STOPPED),
    Fault(Part.LINE, Deed.CUT_ALL, Target.HOLDER, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_ALL, Target.STANDBY, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_IN, Target.HOLDER, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_OUT, Target.HOLDER, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_ETCD, Target.HOLDER, 2, _CUT),
    Fault(Part.LINE, Deed.CUT_P2P, Target.HOLDER, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_PEERS, Target.LEADER, 1, _CUT),
    Fault(Part.LINE, Deed.CUT_PEERS, Target.ANY, 1, _CUT),
    Fault(Part.LINE, Deed.HALVES, Target.HOLDER, 1, _CUT),
    Fault(Part.LINE, Deed.HALVES_ALONE, Target.HOLDER, 1, _CUT),
)

BY_HAND = frozenset({Deed.UNPAUSED, Deed.CURL})


@dataclass(frozen=True)
class Struck:
    """A fault on a host."""

    host: str
    part: Part
    deed: Deed


def must_not_meet(one: Struck, other: Struck) -> str:
    """Why these two are not let loose together; empty when they are.

    >>> must_not_meet(Struck("a", Part.KEEPER, Deed.KILL), Struck("b", Part.GUARD, Deed.STOP))
    ''
    """
    if one.part is Part.LINE and other.part is Part.LINE:
        return "one partition at a time: to end one would end the other"
    if one.host != other.host:
        return ""
    parts, deeds = {one.part, other.part}, {one.deed, other.deed}
    if len(parts) == 1:
        return "one thing is struck once at a time"
    if parts == {Part.KEEPER, Part.GUARD}:
        return (
            "nobody is left who could stop nodeos: systemd's OnFailure and watchdog stand for that,"
            " and there is no systemd here"
        )
    if Deed.UNPAUSED in deeds and Part.KEEPER in parts:
        return "not covered: a nodeos that starts unpaused while its keeper is away"
    if Deed.CURL in deeds and parts & {Part.KEEPER, Part.LINE}:
        return "not covered: a resume by hand while its keeper is away or cannot see the chain"
    return ""
