"""The keeper's mind: pure values and functions; no clock, no I/O, no logging."""
