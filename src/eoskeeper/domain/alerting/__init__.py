"""Alerting: from findings to messages, in stages that each have one file; see ``engine``."""
