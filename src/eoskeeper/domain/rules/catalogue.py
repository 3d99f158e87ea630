"""The catalogue: every health rule, with its limits for the configuration and its words for people.

A new rule is its own file and two lines here.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from eoskeeper.domain.rules.api_answers import API_ANSWERS, ApiAnswers
from eoskeeper.domain.rules.api_latency import API_LATENCY, ApiLatency
from eoskeeper.domain.rules.block_arrival import BLOCK_ARRIVAL, BlockArrival
from eoskeeper.domain.rules.clock_offset import CLOCK_OFFSET, ClockOffset
from eoskeeper.domain.rules.disk import DISK, Disk
from eoskeeper.domain.rules.finality_lag import FINALITY_LAG, FinalityLag
from eoskeeper.domain.rules.finality_progress import FINALITY_PROGRESS, FinalityProgress
from eoskeeper.domain.rules.finalizer import FINALIZER, Finalizer
from eoskeeper.domain.rules.forks import FORKS, Forks
from eoskeeper.domain.rules.guard import GUARD, GuardRule
from eoskeeper.domain.rules.head_age import HEAD_AGE, HeadAge
from eoskeeper.domain.rules.head_progress import HEAD_PROGRESS, HeadProgress
from eoskeeper.domain.rules.hooks import HOOKS, HooksRule
from eoskeeper.domain.rules.isolation import ISOLATION, Isolation
from eoskeeper.domain.rules.keeper import KEEPER, Keeper
from eoskeeper.domain.rules.links import LINKS, Links
from eoskeeper.domain.rules.load import LOAD, Load
from eoskeeper.domain.rules.log_alive import LOG_ALIVE, LogAlive
from eoskeeper.domain.rules.main_thread import MAIN_THREAD, MainThread
from eoskeeper.domain.rules.memory import MEMORY, Memory
from eoskeeper.domain.rules.not_producing_reason import NOT_PRODUCING_REASON, NotProducingRule
from eoskeeper.domain.rules.own_turn import OWN_TURN, OwnTurn
from eoskeeper.domain.rules.peer_keepers import PEER_KEEPERS, PeerKeepers
from eoskeeper.domain.rules.process import PROCESS, Process
from eoskeeper.domain.rules.producer_api import PRODUCER_API, ProducerApi
from eoskeeper.domain.rules.producers_seen import PRODUCERS_SEEN, ProducersSeen
from eoskeeper.domain.rules.producing_elsewhere import PRODUCING_ELSEWHERE, ProducingElsewhere
from eoskeeper.domain.rules.register import REGISTER, RegisterRule
from eoskeeper.domain.rules.rule import Declaration, Rule
from eoskeeper.domain.rules.schedule import SCHEDULE, ScheduleRule
from eoskeeper.domain.rules.standby_unpaused import STANDBY_UNPAUSED, StandbyUnpaused
from eoskeeper.domain.rules.state_database import STATE_DATABASE, StateDatabase
from eoskeeper.domain.rules.strangers import STRANGERS, Strangers
from eoskeeper.domain.rules.telemetry import TELEMETRY, Telemetry
from eoskeeper.domain.rules.two_producers import TWO_PRODUCERS, TwoProducers
from eoskeeper.domain.rules.version_differs import VERSION_DIFFERS, VersionDiffers

__all__ = ["CATALOGUE", "Rules", "rules_by_name"]


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tables ``[rules.NAME]``: an operator's limits; every rule is on unless switched off."""

    process: Process = Process()
    api_answers: ApiAnswers = ApiAnswers()
    main_thread: MainThread = MainThread()
    api_latency: ApiLatency = ApiLatency()
    producer_api: ProducerApi = ProducerApi()
    head_age: HeadAge = HeadAge()
    head_progress: HeadProgress = HeadProgress()
    finality_progress: FinalityProgress = FinalityProgress()
    finality_lag: FinalityLag = FinalityLag()
    producers_seen: ProducersSeen = ProducersSeen()
    links: Links = Links()
    isolation: Isolation = Isolation()
    schedule: ScheduleRule = ScheduleRule()
    own_turn: OwnTurn = OwnTurn()
    not_producing_reason: NotProducingRule = NotProducingRule()
    standby_unpaused: StandbyUnpaused = StandbyUnpaused()
    producing_elsewhere: ProducingElsewhere = ProducingElsewhere()
    two_producers: TwoProducers = TwoProducers()
    strangers: Strangers = Strangers()
    forks: Forks = Forks()
    block_arrival: BlockArrival = BlockArrival()
    clock_offset: ClockOffset = ClockOffset()
    finalizer: Finalizer = Finalizer()
    log_alive: LogAlive = LogAlive()
    state_database: StateDatabase = StateDatabase()
    disk: Disk = Disk()
    memory: Memory = Memory()
    load: Load = Load()
    version_differs: VersionDiffers = VersionDiffers()
    peer_keepers: PeerKeepers = PeerKeepers()
    register: RegisterRule = RegisterRule()
    guard: GuardRule = GuardRule()
    hooks: HooksRule = HooksRule()
    telemetry: Telemetry = Telemetry()
    keeper: Keeper = Keeper()


CATALOGUE: Mapping[str, Declaration] = {
    declaration.name: declaration
    for declaration in (
        PROCESS,
        API_ANSWERS,
        MAIN_THREAD,
        API_LATENCY,
        PRODUCER_API,
        HEAD_AGE,
        HEAD_PROGRESS,
        FINALITY_PROGRESS,
        FINALITY_LAG,
        PRODUCERS_SEEN,
        LINKS,
        ISOLATION,
        SCHEDULE,
        OWN_TURN,
        NOT_PRODUCING_REASON,
        STANDBY_UNPAUSED,
        PRODUCING_ELSEWHERE,
        TWO_PRODUCERS,
        STRANGERS,
        FORKS,
        BLOCK_ARRIVAL,
        CLOCK_OFFSET,
        FINALIZER,
        LOG_ALIVE,
        STATE_DATABASE,
        DISK,
        MEMORY,
        LOAD,
        VERSION_DIFFERS,
        PEER_KEEPERS,
        REGISTER,
        GUARD,
        HOOKS,
        TELEMETRY,
        KEEPER,
    )
}
"""Every declaration by name, causes before what they explain."""


def rules_by_name(rules: Rules) -> Mapping[str, Rule]:
    """Each rule with its limits, in the order of the catalogue."""
    return {name: getattr(rules, name) for name in CATALOGUE}
