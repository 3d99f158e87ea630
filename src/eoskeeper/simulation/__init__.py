"""The simulation: the keeper's own domain code in a seeded world with virtual time.

``World`` is the world, ``run_seed`` lets random faults rain on one, ``story_of`` tells what happened.
"""

from eoskeeper.simulation.seeds import Verdict, run_seed
from eoskeeper.simulation.story import story_of
from eoskeeper.simulation.world import Setup, World

__all__ = ["Setup", "Verdict", "World", "run_seed", "story_of"]
