"""Files that tell Grafana of the store and of the folder of dashboards."""

from __future__ import annotations

from collections.abc import Mapping

from eoskeeper.telemetry.dashboards.grafana import DATASOURCE_UIDS
from eoskeeper.telemetry.dashboards.panel import Store

__all__ = ["DATASOURCES", "PROVIDER"]

_INFLUXDB = f"""\
# For /etc/grafana/provisioning/datasources. Address, database and user are those of your InfluxDB;
# an InfluxDB 2 or 3 answers InfluxQL too, with a header `Authorization: Token ...`.
apiVersion: 1
datasources:
  - name: eoskeeper (InfluxDB)
    uid: {DATASOURCE_UIDS[Store.INFLUXDB]}
    type: influxdb
    access: proxy
    url: http://127.0.0.1:8086
    jsonData:
      dbName: eosdb
      httpMode: GET
      timeInterval: 3s
"""

_PROMETHEUS = f"""\
# For /etc/grafana/provisioning/datasources. The address is that of your Prometheus, and the
# interval that of its scrapes.
apiVersion: 1
datasources:
  - name: eoskeeper (Prometheus)
    uid: {DATASOURCE_UIDS[Store.PROMETHEUS]}
    type: prometheus
    access: proxy
    url: http://127.0.0.1:9090
    jsonData:
      httpMethod: POST
      timeInterval: 15s
"""

DATASOURCES: Mapping[Store, str] = {
    Store.INFLUXDB: _INFLUXDB,
    Store.PROMETHEUS: _PROMETHEUS,
}
"""By store."""

PROVIDER = """\
# For /etc/grafana/provisioning/dashboards; the path is where the folder `dashboards` was copied to.
apiVersion: 1
providers:
  - name: eoskeeper
    folder: eoskeeper
    type: file
    allowUiUpdates: true
    options:
      path: /var/lib/grafana/dashboards/eoskeeper
"""
"""Where the dashboards are."""
