"""What happens in the demo (switch/cli), as data: acts in order, and how each must end.

The first card is the one of the cap; the second bank is the one that falls silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from messages.dialects.dialect import Words
from simulators.installation import CARDS_EACH
from switch.cli.demo.city import OTHER_CARD
from switch.core.transaction import State

_SECOND_BANK: Final = CARDS_EACH
WITHDRAWAL: Final = Words("withdrawal", "助农取款")


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is shown: a job of the terminal, and what must come of it.

    `ends` are the verdict and DE 39 of the job, `state` is what the ledger must say in the end
    (None: the request must not be in it). `then_reverses` has the terminal send its reversal,
    `kills` ends the switch with kill -9 while the bank has the request; its amount is that of no
    other act.
    """

    what: Words
    why: Words
    job: Mapping[str, object]
    ends: tuple[str, str]
    state: State | None = None
    then_reverses: bool = False
    kills: bool = False


STORY: Final = (
    Act(
        what=Words("sign-on", "签到"),
        why=Words(
            "The terminal gets working keys under its master key.", "终端凭主密钥获得工作密钥。"
        ),
        job={"do": "sign_on"},
        ends=("approved", "00"),
    ),
    Act(
        what=WITHDRAWAL,
        why=Words("A farmer withdraws cash at the village clinic.", "农民在村卫生室用社保卡取现。"),
        job={"do": "withdrawal", "yuan": 500},
        ends=("approved", "00"),
        state=State.APPROVED,
    ),
    Act(
        what=WITHDRAWAL,
        why=Words(
            "The wrong PIN: the bank refuses, and the amount is free again.",
            "密码错误：发卡行拒绝，额度随即释放。",
        ),
        job={"do": "withdrawal", "yuan": 500, "wrong_pin": True},
        ends=("declined", "55"),
        state=State.DECLINED,
    ),
    Act(
        what=WITHDRAWAL,
        why=Words("The rest of the day's cap, to the last fen.", "用完当日剩余额度，一分不差。"),
        job={"do": "withdrawal", "yuan": 1_500},
        ends=("approved", "00"),
        state=State.APPROVED,
    ),
    Act(
        what=WITHDRAWAL,
        why=Words("10 yuan more: refused, and no bank is asked.", "再取10元：拒绝，不发往银行。"),
        job={"do": "withdrawal", "yuan": 10},
        ends=("declined", "61"),
    ),
    Act(
        what=WITHDRAWAL,
        why=Words("A bank card without social-security functions.", "不具备社保功能的银行卡。"),
        job={"do": "withdrawal", "yuan": 100, "card": OTHER_CARD},
        ends=("declined", "57"),
    ),
    Act(
        what=WITHDRAWAL,
        why=Words(
            "Somebody changes one bit on the line; the terminal must sign on again.",
            "线路上有人改动一个比特；终端须重新签到。",
        ),
        job={"do": "withdrawal", "yuan": 100, "card": 1, "is_tampered": True},
        ends=("declined", "A0"),
    ),
    Act(
        what=WITHDRAWAL,
        why=Words(
            "The bank debits the account and says nothing: 98, and one reversal.",
            "发卡行已扣款却不应答：应答98，并冲正一次。",
        ),
        job={"do": "withdrawal", "yuan": 300, "card": _SECOND_BANK},
        ends=("no_answer", "98"),
        state=State.REVERSED,
        then_reverses=True,
    ),
    Act(
        what=WITHDRAWAL,
        why=Words(
            "kill -9 while the bank has the request; the next process reverses it.",
            "请求在银行途中时 kill -9；新进程接管并冲正。",
        ),
        job={"do": "withdrawal", "yuan": 200, "card": _SECOND_BANK},
        ends=("line_lost", ""),
        state=State.REVERSED,
        then_reverses=True,
        kills=True,
    ),
    Act(
        what=WITHDRAWAL,
        why=Words(
            "After the crash the cap is still known to the last fen.", "崩溃之后，限额分文不差。"
        ),
        job={"do": "withdrawal", "yuan": 10},
        ends=("declined", "61"),
    ),
    Act(
        what=WITHDRAWAL,
        why=Words("And the village goes on.", "业务照常。"),
        job={"do": "withdrawal", "yuan": 100, "card": 1},
        ends=("approved", "00"),
        state=State.APPROVED,
    ),
)
"""The acts in order."""
