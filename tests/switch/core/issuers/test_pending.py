"""What is with an issuer: matched by DE 7 and 11 and what must be repeated, or explained."""

from __future__ import annotations

from switch.core.deadlines import NEVER
from switch.core.issuers.pending import RECENT, Pending, Waiting

_SENT = {3: "010000", 32: "99900000", 35: "6219991234567890120=4912"}


def _waiting(due_ns: int, gone: list[str] | None = None, name: str = "") -> Waiting:
    ended = [] if gone is None else gone
    return Waiting("0210", _SENT, (3, 32), lambda *_: None, lambda: ended.append(name), due_ns)


def _answer(stan: str, at: str = "0618093000", **changes: str) -> dict[int, str]:
    whole = {7: at, 11: stan, 3: "010000", 32: "99900000"}
    return whole | {int(key[1:]): text for key, text in changes.items()}


def _pending() -> Pending:
    return Pending(lambda _: None)


def test_an_answer_matches_once() -> None:
    pending, waiting = _pending(), _waiting(5)
    pending.add("0618093000", "000001", waiting)
    assert pending.has("0618093000", "000001")
    assert pending.match("0210", _answer("000001")) is waiting
    assert pending.match("0210", _answer("000001")) is None
    assert len(pending) == 0
    assert pending.explain("0210", _answer("000001"))["differs"] == "it was answered before"


def test_what_differs_is_named() -> None:
    pending = _pending()
    pending.add("0618093000", "000001", _waiting(5))
    differs = [
        pending.explain(mti, texts)["differs"]
        for mti, texts in (
            ("0430", _answer("000001")),
            ("0210", _answer("000001", f3="310000")),
            ("0210", _answer("000001", f32="1")),
            ("0210", _answer("000001", "0618093001")),
            ("0210", _answer("000002")),
            ("0210", _answer("000002", "0618093001")),
        )
    ]
    assert differs == ["mti", "F3", "F32", "F7", "F11", "all"]
    assert len(pending) == 1


def test_the_shorter_deadline_ends_first_whenever_it_was_added() -> None:
    pending, gone = _pending(), list[str]()
    pending.add("a", "1", _waiting(45, gone, "transaction"))
    pending.add("a", "2", _waiting(10, gone, "echo"))
    assert pending.next_due_ns() == 10
    pending.expire(10)
    assert gone == ["echo"]
    assert pending.next_due_ns() == 45
    pending.expire(45)
    assert gone == ["echo", "transaction"]
    assert pending.next_due_ns() == NEVER


def test_a_repeat_takes_the_place_of_its_first() -> None:
    pending, gone = _pending(), list[str]()
    pending.add("a", "1", _waiting(10, gone, "first"))
    pending.add("a", "1", _waiting(20, gone, "second"))
    pending.expire(10)
    assert gone == []
    assert len(pending) == 1
    pending.expire(20)
    assert gone == ["second"]


def test_what_is_remembered_of_the_past_is_bounded() -> None:
    pending = _pending()
    for number in range(RECENT + 50):
        pending.add("a", f"{number}", _waiting(0))
    pending.expire(0)
    assert len(pending._recent) == RECENT


def test_what_waits_shows_no_card() -> None:
    assert repr(_waiting(3)) == "Waiting(0210, due_ns=3)"


def test_the_answer_to_another_message_of_the_same_second_is_seen_by_what_it_repeats() -> None:
    sent = {32: "99900000", 37: "416900000001", 4: "000000020000", 41: "50010001"}
    pending = _pending()
    waiting = Waiting("0430", sent, (32,), lambda *_: None, lambda: None, 5)
    pending.add("0618093000", "000001", waiting)
    others = {"f37": "416900000002", "f4": "000000010000", "f41": "50010002"}
    for field, text in others.items():
        answer = _answer("000001", **{field: text})
        assert pending.explain("0430", answer)["differs"] == field.upper()
        assert pending.match("0430", answer) is None
    assert pending.match("0430", _answer("000001")) is waiting
