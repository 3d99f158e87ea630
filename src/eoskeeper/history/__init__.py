"""History: what the keeper remembers for people, in one SQLite file beside its journals."""
