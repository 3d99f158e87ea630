"""Telemetry: what is sent to InfluxDB, told to Prometheus and drawn in Grafana."""
