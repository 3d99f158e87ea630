"""Registers say who holds the lease: one record in etcd, or in memory for tests."""
