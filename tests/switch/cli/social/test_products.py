"""`jinbao product-host` as a process: its ready line and its books."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.switch.cli.simulating.city import running


def test_it_listens_on_a_free_port_and_ends_with_its_books(tmp_path: Path) -> None:
    books = tmp_path / "host.json"
    with running("product-host", "--books", str(books)) as host:
        address, _, port = host.ready["product_host"].rpartition(":")
        socket.create_connection((address, int(port)), timeout=5).close()
        assert host.end() == (0, "")
    told = json.loads(books.read_text("utf-8"))
    assert {each["sort"] for each in told["products"]} == {"BND", "WLT", "RMT"}
    assert told["orders"] == told["deeds"] == []
