"""The report in a browser: filtered by verdict, folded, printable, and nothing of a card in it."""

from __future__ import annotations

from pathlib import Path
from shutil import which

import msgspec
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from simulators.cards import FIRST_PAN, Card
from simulators.conformance.evidence.page import page
from simulators.conformance.judging.host import STRANGER
from simulators.installation import terminal_identity
from tests.simulators.conformance.evidence.made import report

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(name="file", scope="module")
def _file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(report()), encoding="utf-8")
    return path


def test_it_is_one_file_that_loads_nothing_and_shows_no_card(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "src=" not in text
    assert "http" not in text.replace("http-equiv", "")
    for secret in (FIRST_PAN, FIRST_PAN[6:16], Card().track_2):
        assert secret not in text


def _visible(tab: Tab) -> list[str]:
    lines = tab.locator(".line[data-verdict]:visible")
    return [str(line.get_attribute("data-verdict")) for line in lines.all()]


def test_it_works_in_a_browser(file: Path) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=which("chromium"), args=_FLAGS)
        tab = browser.new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(file.as_uri())
        tab.wait_for_selector("[data-ready=yes]")
        assert len(_visible(tab)) == len(report().lines)
        tab.locator("button[data-wanted=fail]").click()
        assert _visible(tab) == ["fail"]
        assert tab.locator("h3.area:visible").all_inner_texts() == ["encoding"]
        link = tab.locator("#ENC-03 a").first
        record = str(link.get_attribute("href"))
        link.click()
        frame = tab.locator(record)
        assert frame.get_attribute("open") is not None
        assert "Primary account number" in frame.inner_text()
        assert "ENC-03" in frame.inner_text()
        tab.locator("button[data-wanted=all]").click()
        assert len(tab.pdf()) > 10_000
        assert not errors
        browser.close()


def test_a_finding_names_its_terminal_and_strangers_are_counted() -> None:
    whole = report()
    findings = page(whole).split('<div class="findings">')[1].partition("</table>")[0]
    assert "terminal" in findings
    assert terminal_identity().id in findings
    stranger = {"n": 9, "what": "received", "words": f"{STRANGER}: this is HTTP"}
    more = msgspec.structs.replace(whole, records=[*whole.records, stranger])
    assert "1 connections on which nothing readable came" in page(more)
    assert "nothing readable came" not in page(whole)
