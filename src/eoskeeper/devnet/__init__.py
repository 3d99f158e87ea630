"""A real Antelope network of five hosts on one machine, for tests and for trying things out.

Nothing is imported here: the small processes beside each host load one module of this package
and should not pay for the others. Start at `network.Devnet`.
"""
