"""Fixtures of the page's tests."""

from tests.contract.page.browser import browser, browser_page, stage, wide_stage

__all__ = ["browser", "browser_page", "stage", "wide_stage"]
