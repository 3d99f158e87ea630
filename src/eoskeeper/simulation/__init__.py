"""The simulation: the keeper's own domain code in a seeded world with virtual time."""
