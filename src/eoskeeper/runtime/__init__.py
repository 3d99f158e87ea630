"""Runtime: what lets a pure keeper run on a host: clock, tasks, journal, control socket, logs.

Knows the domain and the operating system, and no other adapter.
"""
