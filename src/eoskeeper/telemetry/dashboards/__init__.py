"""Dashboards for Grafana as code: one definition of each, drawn from InfluxDB or Prometheus."""
