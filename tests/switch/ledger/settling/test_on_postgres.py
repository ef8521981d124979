"""The store on PostgreSQL: two commands at once keep a day once."""

from __future__ import annotations

import threading

from switch.ledger.postgres import PostgresLedger
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import AlreadyClearedError, Mark, MarkState


def test_of_two_that_clear_a_day_at_once_one_is_refused(ledger_url: str) -> None:
    told: list[str] = []
    ledgers = [PostgresLedger(ledger_url) for _ in range(2)]

    def keep(number: int) -> None:
        marks = [Mark(f"{number}-{n}", 20140618, MarkState.CARRIED) for n in range(200)]
        try:
            PostgresSettlement(ledgers[number]).keep_clearing(20140618, b"%d" % number, marks)
            told.append("kept")
        except AlreadyClearedError:
            told.append("refused")

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = PostgresSettlement(ledgers[0])
    kept = store.clearing(20140618)
    assert sorted(told) == ["kept", "refused"]
    assert {mark.rrn[:1].encode() for mark in store.carried()} == {kept}
    store.close()
    for ledger in ledgers:
        ledger.close()
