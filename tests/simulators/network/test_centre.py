"""A clearing centre's node between a member and two banks: date, MAC and PIN of each leg."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import CENTRE, centre_identities, issuer_identity
from simulators.issuer import Issuer
from simulators.network.centre import Bank, Centre
from simulators.wire import Heard
from switch.core.moment import Moment
from tests.simulators.acting import INTERBANK, START_MS

_CARDS = (0, 1_000)
_AT = Moment(0, START_MS)


class Node:
    """A centre with two banks, which talk at once; `heard` is what the banks were sent."""

    def __init__(self) -> None:
        banks = [centre_identities(number) for number in range(2)]
        self.centre = Centre(
            issuer_identity(), INTERBANK, [Bank(prefix=p, identity=i) for p, i in banks]
        )
        self.banks = [Issuer(issuer_identity(n), INTERBANK, Accounts()) for n in range(2)]
        for bank, card in zip(self.banks, _CARDS, strict=True):
            bank.accounts.open(fictional_card(card), 1_000_000)
        self.heard: list[tuple[int, Heard]] = []

    def connect(self, number: int) -> None:
        self.banks[number].connected()
        self.centre.bank_connected(number, _AT)
        self.carry()

    def carry(self) -> list[bytes]:
        back: list[bytes] = []
        while self.centre.for_banks:
            number, whole = self.centre.for_banks.pop(0)
            frame = INTERBANK.bare(whole)
            self.heard.append((number, INTERBANK.hear(frame)))
            for answer in self.banks[number].received(frame, _AT):
                back += self.centre.bank_says(number, INTERBANK.bare(answer), _AT)
        return back

    def received(self, whole: bytes, at: Moment = _AT) -> list[Heard]:
        frames = self.centre.received(INTERBANK.bare(whole), at) + self.carry()
        return [INTERBANK.hear(INTERBANK.bare(frame)) for frame in frames]


@pytest.fixture
def node() -> Node:
    """Return a node whose banks are connected."""
    made = Node()
    for number in range(2):
        made.connect(number)
    return made


def _request(card: int = 0, **changes: str) -> dict[int, str]:
    pan = fictional_card(card).pan
    fields = {
        2: pan,
        3: "010000",
        4: "000000050000",
        7: "0618093512",
        11: "000777",
        12: "093512",
        13: "0618",
        18: "8011",
        22: "021",
        25: "00",
        32: "99900000",
        33: "99900000",
        37: "416900000001",
        41: "50010001",
        42: "999653080110001",
        43: f"{'CQ TEST VILLAGE CLINIC':<40}",
        49: "156",
        60: "0000" + "0" * 26,
    }
    return fields | {int(name[1:]): text for name, text in changes.items()}


def _said(mti: str, fields: dict[int, str], mak: Mak | None = None) -> bytes:
    heads = INTERBANK.framing.build_heads(
        {"header": {"destination": f"{CENTRE:<11}", "source": f"{'99900000':<11}"}}
    )
    mac = INTERBANK.mac(mak or issuer_identity().mak)
    return INTERBANK.say(heads, mti, dict(sorted(fields.items())), mac)


@pytest.mark.parametrize(("card", "bank"), [(0, 0), (1_000, 1)])
def test_a_request_goes_to_the_bank_of_its_card_with_the_clearing_date(
    node: Node, card: int, bank: int
) -> None:
    (answer,) = node.received(_said("0200", _request(card)))
    assert (answer.mti, answer.get(39), answer.get(15)) == ("0210", "00", "0618")
    assert INTERBANK.is_authentic(answer, INTERBANK.mac(issuer_identity().mak))
    number, heard = node.heard[-1]
    assert (number, heard.get(15)) == (bank, "0618")
    assert (heard.get(7), heard.get(11)) == ("0618093512", "000777")
    assert node.banks[bank].accounts.balance_fen(fictional_card(card).pan) == 950_000


def test_a_reversal_goes_where_its_original_went(node: Node) -> None:
    node.received(_said("0200", _request(1_000)))
    original = "0200000777061809351200099900000" + "00099900000"
    fields = _request(1_000, f11="000778", f90=original)
    (answer,) = node.received(_said("0420", fields))
    assert (answer.mti, answer.get(39)) == ("0430", "00")
    assert node.banks[1].accounts.balance_fen(fictional_card(1_000).pan) == 1_000_000


def test_after_23_hours_it_is_the_next_clearing_day(node: Node) -> None:
    late = Moment(0, START_MS + 13 * 3_600_000 + 1_800_000)
    assert node.centre.clearing_date(late) == "0619"
    assert node.centre.clearing_date(_AT) == "0618"


def _sign_on(node: Node, at: Moment) -> list[Heard]:
    fields = {7: "0618093000", 11: "000001", 33: "99900000", 70: "001"}
    heads = INTERBANK.framing.build_heads({})
    node.centre.connected()
    return node.received(INTERBANK.say(heads, "0820", fields), at)


def test_at_23_hours_switch_and_banks_are_told_of_the_next_day(node: Node) -> None:
    assert [heard.mti for heard in _sign_on(node, _AT)] == ["0830"]
    due_ns = node.centre.next_due_ns
    assert due_ns == 13 * 3_600_000_000_000 + 1_800_000_000_000
    told = node.centre.expire(Moment(due_ns, START_MS + due_ns // 1_000_000))
    (heard,) = (INTERBANK.hear(INTERBANK.bare(frame)) for frame in told)
    assert (heard.mti, heard.get(70), heard.get(15)) == ("0820", "201", "0619")
    assert (heard.get(33), heard.get(100)) == (CENTRE, "99900000")
    node.carry()
    assert [bank.days_told for bank in node.banks] == [["0619"], ["0619"]]
    (ended,) = node.centre.expire(Moment(due_ns + 60_000_000_000, START_MS))
    assert INTERBANK.hear(INTERBANK.bare(ended)).get(70) == "202"
    assert node.centre.next_due_ns == due_ns + 86_400_000_000_000


def test_a_switch_that_signs_on_after_the_cut_over_is_told_at_once(node: Node) -> None:
    late = Moment(0, START_MS + 14 * 3_600_000)
    answer, notice = _sign_on(node, late)
    assert (answer.mti, notice.get(70), notice.get(15)) == ("0830", "201", "0619")


def test_a_bank_that_is_away_or_unknown_is_answered_for_with_91(node: Node) -> None:
    node.centre.bank_disconnected(1)
    for pan in (fictional_card(1_000).pan, "6228480000000000000"):
        (answer,) = node.received(_said("0200", _request(f2=pan)))
        assert (answer.get(39), answer.get(15)) == ("91", "0618")


def test_a_wrong_mac_is_answered_with_a0_and_no_bank_hears(node: Node) -> None:
    before = len(node.heard)
    (answer,) = node.received(_said("0200", _request(), Mak(bytes(range(16)))))
    assert answer.get(39) == "A0"
    assert len(node.heard) == before


def test_a_member_that_asks_is_given_keys_and_they_are_in_force(node: Node) -> None:
    asked = {7: "0618093000", 11: "000005", 33: "99900000", 53: "2600000000000000", 70: "101"}
    heads = INTERBANK.framing.build_heads({})
    answer, reset = node.received(INTERBANK.say(heads, "0820", asked))
    assert (answer.mti, answer.get(39), reset.mti, reset.get(70)) == ("0830", "00", "0800", "101")
    fresh = issuer_identity().zmk.unwrap(Mak, bytes.fromhex(reset.get(48)[2:]))
    accepted = {7: reset.get(7), 11: reset.get(11), 39: "00", 53: reset.get(53), 70: "101"}
    node.received(INTERBANK.say(heads, "0810", accepted | {100: "99900000"}))
    (answer,) = node.received(_said("0200", _request(), fresh))
    assert answer.get(39) == "00"
    assert INTERBANK.is_authentic(answer, INTERBANK.mac(fresh))


def test_a_pin_block_that_is_none_is_answered_with_99(node: Node) -> None:
    fields = _request(f26="12", f52="0123456789ABCDEF", f53="2600000000000000")
    (answer,) = node.received(_said("0200", fields))
    assert answer.get(39) == "99"
