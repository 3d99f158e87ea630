"""Stand-ins for the outside world, held to the real one by the contract tests."""
