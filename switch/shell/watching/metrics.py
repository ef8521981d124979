"""Metrics for Prometheus (switch/shell/watching), on a port that has to be asked for.

The counters stay plain integers; they are turned into samples when somebody scrapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from switch.shell.watching.counters import COUNTERS, WAITS, Counters, Histogram

_US_PER_S: Final = 1_000_000


class Scrape(Collector):
    """Turns counters and gauges into samples."""

    def __init__(self, counters: Counters, gauges: Callable[[], Mapping[str, int]]) -> None:
        """Read `counters`, and call `gauges` (name -> number), at each scrape."""
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        for name, number in self._counters.plain().items():
            yield CounterMetricFamily(f"jinbao_{name}", COUNTERS[name], value=number)
        for name, number in self._gauges().items():
            yield GaugeMetricFamily(f"jinbao_{name}", f"{name} now", value=number)
        for name, waits in self._counters.waits().items():
            yield HistogramMetricFamily(
                f"jinbao_{name}_seconds",
                WAITS[name],
                buckets=_buckets(waits),
                sum_value=waits.total_us / _US_PER_S,
            )


def serve_metrics(
    address: tuple[str, int], counters: Counters, gauges: Callable[[], Mapping[str, int]]
) -> tuple[int, Callable[[], None]]:
    """Answer scrapes at `address` in a thread; return the port and what ends it."""
    registry = CollectorRegistry()
    registry.register(Scrape(counters, gauges))
    host, port = address
    server, thread = start_http_server(port, host, registry)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_port, end


def _buckets(waits: Histogram) -> list[tuple[str, float]]:
    buckets: list[tuple[str, float]] = []
    seen = 0
    for power, number in enumerate(waits.buckets[:-1]):
        seen += number
        buckets.append((repr(2**power / _US_PER_S), seen))
    buckets.append(("+Inf", waits.count))
    return buckets
