"""Composition: from a configuration to a running keeper."""
