"""Probes read the world and tell it as samples; no failure of the world is an exception."""
