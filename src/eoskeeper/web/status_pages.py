"""Status pages: what the newest report says, for people, load balancers and Prometheus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from aiohttp import web

from eoskeeper.domain.report import Report
from eoskeeper.web.answers import json_response, problem, response_of
from eoskeeper.web.asking import Asked, Office
from eoskeeper.web.monitors import Health, MonitorAnswer, health_problems

__all__ = [
    "METRICS_TYPE",
    "health",
    "index_page",
    "liveness",
    "metrics",
    "page_file",
    "status",
    "verdict_page",
]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Source: Prometheus, "Exposition formats", text-based format."""

NO_REPORT = "no report yet"

INDEX = "index.html"


async def status(office: Office, _: Asked) -> web.Response:
    """The newest report."""
    report = office.report()
    if report is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, NO_REPORT)
    return json_response(HTTPStatus.OK, report)


async def liveness(_: Office, __: Asked) -> web.Response:
    """That the process answers at all."""
    return json_response(HTTPStatus.OK, {"alive": True})


async def health(office: Office, _: Asked) -> web.Response:
    """Whether the keeper is well."""
    report = office.report()
    now_utc = office.clock().utc_s
    found = (NO_REPORT,) if report is None else tuple(health_problems(report, now_utc))
    return json_response(_status_of(found), Health(not found, found))


def verdict_page(
    judge: Callable[[Report, float], Iterable[str]],
) -> Callable[[Office, Asked], Awaitable[web.Response]]:
    """A page that says yes with 200 and no with 503.

    Args:
        judge: what speaks against a yes, in words.
    """

    async def answer(office: Office, _: Asked) -> web.Response:
        report = office.report()
        if report is None:
            return json_response(
                HTTPStatus.SERVICE_UNAVAILABLE, MonitorAnswer(ok=False, problems=(NO_REPORT,))
            )
        found = tuple(judge(report, office.clock().utc_s))
        verdict = MonitorAnswer(ok=not found, problems=found, host=report.host, state=report.state)
        return json_response(_status_of(found), verdict)

    return answer


async def metrics(office: Office, _: Asked) -> web.Response:
    """All figures in the text form of Prometheus."""
    if office.offers.metrics is None:
        return problem(HTTPStatus.NOT_FOUND, "metrics are off: set prometheus.enabled")
    return response_of(HTTPStatus.OK, office.offers.metrics(), METRICS_TYPE)


async def index_page(office: Office, asked: Asked) -> web.Response:
    """The status page for a browser."""
    return await _file(office, asked, INDEX)


async def page_file(office: Office, asked: Asked) -> web.Response:
    """A file that the status page is made of."""
    return await _file(office, asked, asked.name)


async def _file(office: Office, asked: Asked, name: str) -> web.Response:
    found = await office.offers.page.find(name) if office.offers.page else None
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, "no such page")
    headers = asked.request.headers
    kept = [one.strip() for one in headers.get("If-None-Match", "").split(",")]
    is_kept = found.tag in kept or "*" in kept
    response = response_of(
        HTTPStatus.NOT_MODIFIED if is_kept else HTTPStatus.OK,
        b"" if is_kept else found.content,
        found.content_type,
    )
    # Asked for anew each time, so that a newer keeper never meets an older page.
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = found.tag
    return response


def _status_of(problems: tuple[str, ...]) -> HTTPStatus:
    return HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
