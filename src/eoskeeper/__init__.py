"""eoskeeper: a daemon beside nodeos that watches, alarms, and fails over.

Two hosts never produce at once; `docs/` tells under which assumptions.
"""

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
