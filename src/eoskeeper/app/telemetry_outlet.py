"""Telemetry outlet: when points are made of what a cycle tells, and which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eoskeeper.domain.chain_time import Moment
from eoskeeper.domain.findings import Language
from eoskeeper.domain.publication import Publication
from eoskeeper.domain.report import Report
from eoskeeper.telemetry.influx_settings import InfluxdbSettings
from eoskeeper.telemetry.line_protocol import Point
from eoskeeper.telemetry.points import event_points, sample_points
from eoskeeper.telemetry.points_2018 import points_2018
from eoskeeper.telemetry.spool import Kind

__all__ = ["TelemetryOutlet"]

Put = Callable[[Sequence[Point], Kind], None]


class TelemetryOutlet:
    """Samples go every ``period_s``, what happens goes at once."""

    def __init__(self, put: Put, settings: InfluxdbSettings, language: Language) -> None:
        """Take where points go, which are wanted, and the language of the 2018 words."""
        self._put = put
        self._settings = settings
        self._language = language
        self._due_mono_s: float | None = None

    def put(self, publication: Publication) -> None:
        """Take one cycle."""
        if self._settings.measurements:
            events = event_points(publication)
            if events:
                self._put(events, Kind.EVENT)
        if self._is_due(publication.now):
            samples = self._samples(publication.report)
            if samples:
                self._put(samples, Kind.SAMPLE)

    def _samples(self, report: Report) -> tuple[Point, ...]:
        own = sample_points(report) if self._settings.measurements else ()
        if not self._settings.tables_2018:
            return own
        chinese = self._settings.chinese_fields
        return (*points_2018(report, self._language, chinese_fields=chinese), *own)

    def _is_due(self, now: Moment) -> bool:
        """Cycles come about each second; after a rest the period begins anew."""
        if self._due_mono_s is None or now.mono_s - self._due_mono_s > self._settings.period_s:
            self._due_mono_s = now.mono_s
        if now.mono_s < self._due_mono_s:
            return False
        self._due_mono_s += self._settings.period_s
        return True
