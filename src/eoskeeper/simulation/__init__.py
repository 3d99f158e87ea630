"""The simulation: the keeper's own domain code in a seeded world with virtual time.

``run_seed`` lets random faults rain on a ``World``; ``story_of`` tells what happened in it.
"""

from eoskeeper.simulation.seeds import Verdict, run_seed
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

__all__ = ["Setup", "Verdict", "World", "run_seed", "story_of"]
