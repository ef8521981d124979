"""Opens a report in headless Chromium, without a network: what went wrong in it, what it drew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Page, list[str]]]:
    """Open a file; give the page when it has drawn, and a list of what went wrong."""
    found = shutil.which("chromium")
    assert found, "Debian: apt-get install chromium"
    troubles: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith(("file:", "data:", "blob:"))
                else troubles.append(f"asked for {asked.url}")
            ),
        )
        page.goto(path.resolve().as_uri())
        page.wait_for_function("document.readyState === 'complete'")
        try:
            yield page, troubles
        finally:
            browser.close()


def drawn_charts(page: Page) -> int:
    """Return how many charts have lines, points or bars in them."""
    return page.locator(
        "figure.chart:has(.scatterlayer path), figure.chart:has(.barlayer path)"
    ).count()
