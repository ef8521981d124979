"""Scrapes: every counter and histogram, read at the moment of asking, over a real port."""

from __future__ import annotations

from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from switch.shell.watching.counters import COUNTERS, WAITS, Counters
from switch.shell.watching.metrics import Scrape, serve_metrics


def _samples(port: int) -> dict[tuple[str, str], float]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_reads_what_the_counters_are_now() -> None:
    counters = Counters()
    port, end = serve_metrics(("127.0.0.1", 0), counters, lambda: {"connections": 3})
    try:
        assert _samples(port)["jinbao_accepted_total", ""] == 0
        counters.accepted = 7
        counters.whole.record(900_000)
        counters.whole.record(5_000_000)
        found = _samples(port)
    finally:
        end()
    assert found["jinbao_accepted_total", ""] == 7
    assert found["jinbao_connections", ""] == 3
    assert found["jinbao_whole_seconds_count", ""] == 2
    assert found["jinbao_whole_seconds_sum", ""] == 0.0059
    assert found["jinbao_whole_seconds_bucket", "0.001024"] == 1
    assert found["jinbao_whole_seconds_bucket", "0.008192"] == 2
    assert found["jinbao_whole_seconds_bucket", "+Inf"] == 2


def test_every_counter_and_histogram_is_there_and_says_what_it_is() -> None:
    metrics = {metric.name: metric for metric in Scrape(Counters(), dict).collect()}
    for name, text in COUNTERS.items():
        assert metrics[f"jinbao_{name}"].documentation == text
    for name in WAITS:
        assert metrics[f"jinbao_{name}_seconds"].type == "histogram"
