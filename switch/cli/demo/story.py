"""What happens in the demo (switch/cli), as data: acts in order, and how each must end.

Card 0 is the one of the cap; the amount of the crash is that of no other act.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from messages.dialects.dialect import Words
from simulators.installation import CARDS_EACH
from switch.cli.demo import city
from switch.core.transaction import State

_CLINIC, _SHOP = 0, 1
_SECOND: Final = city.SECOND * CARDS_EACH
_SILENT: Final = city.SILENT * CARDS_EACH
_FORGED: Final = city.FORGED * CARDS_EACH
NAMES: Final[Mapping[str, Words]] = {
    "sign_on": Words("sign-on", "签到"),
    "withdrawal": Words("withdrawal", "助农取款"),
    "balance": Words("balance inquiry", "余额查询"),
    "sale": Words("sale", "消费"),
    "void": Words("void of the sale", "消费撤销"),
    "refund": Words("refund", "退货"),
    "social_inquiry": Words("social-security inquiry", "社保信息查询"),
    "contribution": Words("contribution payment", "社保费缴纳"),
    "medical": Words("medical settlement", "费用结算"),
    "benefit_inquiry": Words("benefit status", "待遇发放查询"),
    "reconciliation": Words("social reconciliation", "社保对账"),
    "purchase": Words("treasury bond", "购买国债"),
    "payout": Words("pay-out of a pension", "待遇发放"),
}
"""What each job is called."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is shown: a job of a terminal, and what must come of it.

    `ends` are the verdict and DE 39 of the job, `state` is what the ledger must say in the end
    (None: the request must not be in it), `fee_fen` what its cardholder pays besides. Before it
    the switch is opened anew at `opens`, or 金保专网 is cut (`cuts`). `then_reverses` has the
    terminal send its reversal, `kills` ends the switch with kill -9 while the bank has the request.
    """

    why: Words
    job: Mapping[str, object]
    ends: tuple[str, str]
    state: State | None = None
    at: int = _CLINIC
    fee_fen: int = 0
    opens: str = ""
    cuts: bool = False
    then_reverses: bool = False
    kills: bool = False

    @property
    def what(self) -> Words:
        """What it is called."""
        return NAMES[str(self.job["do"])]

    @property
    def yuan(self) -> int:
        """Its amount; 0 where it has none."""
        return int(str(self.job.get("yuan", 0)))


_GOOD: Final = ("approved", "00")


def _withdrawal(yuan: int, card: int = 0, **more: object) -> dict[str, object]:
    return {"do": "withdrawal", "yuan": yuan, "card": card, **more}


STORY: Final = (
    Act(
        why=Words(
            "The clinic's terminal comes over 金保专网 and gets working keys.",
            "卫生室终端经金保专网签到，获得工作密钥。",
        ),
        job={"do": "sign_on"},
        ends=_GOOD,
    ),
    Act(
        why=Words(
            "A farmer takes cash at the clinic, with a card of the clinic's bank: free.",
            "农民在村卫生室用本行社保卡取现：免费。",
        ),
        job=_withdrawal(500),
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "The wrong PIN: the bank refuses, and the amount is free again.",
            "密码错误：发卡行拒绝，额度随即释放。",
        ),
        job=_withdrawal(500, wrong_pin=True),
        ends=("declined", "55"),
        state=State.DECLINED,
    ),
    Act(
        why=Words(
            "The shop's terminal is another bank's and comes over a bank link.",
            "小卖部终端属另一家银行，经银行专线签到。",
        ),
        job={"do": "sign_on"},
        ends=_GOOD,
        at=_SHOP,
    ),
    Act(
        why=Words(
            "The same card at the shop: another bank's terminal, so its bank takes 0.5 %.",
            "同一张卡在小卖部取现：跨行，发卡行收取0.5%。",
        ),
        job=_withdrawal(700),
        ends=_GOOD,
        state=State.APPROVED,
        at=_SHOP,
        fee_fen=350,
    ),
    Act(
        why=Words(
            "Both terminals count: 800 of 2 000 are left, 810 are refused, no bank is asked.",
            "两台终端合并累计：剩余800元，申请810元被拒，不发往银行。",
        ),
        job=_withdrawal(810),
        ends=("declined", "61"),
    ),
    Act(
        why=Words("The rest of the day's cap, to the last fen.", "用完当日剩余额度，一分不差。"),
        job=_withdrawal(800),
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words("A bank card without social-security functions.", "不具备社保功能的银行卡。"),
        job=_withdrawal(100, city.OTHER_CARD),
        ends=("declined", "57"),
    ),
    Act(
        why=Words(
            "Somebody changes one bit on the line; the terminal must sign on again.",
            "线路上有人改动一个比特；终端须重新签到。",
        ),
        job=_withdrawal(100, 1, is_tampered=True),
        ends=("declined", "A0"),
    ),
    Act(
        why=Words(
            "Another bank's card at the clinic: its holder pays 2.00, the clinic's side nothing.",
            "他行卡在卫生室取现：持卡人付2.00元，公益机构免收发卡行和网络费。",
        ),
        job=_withdrawal(400, _SECOND),
        ends=_GOOD,
        state=State.APPROVED,
        fee_fen=200,
    ),
    Act(
        why=Words("Medicine is bought at the clinic.", "在卫生室买药。"),
        job={"do": "sale", "yuan": 80, "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words("It was the wrong one: the sale is taken back.", "买错了药：撤销这笔消费。"),
        job={"do": "void", "yuan": 80, "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "At the shop the merchant pays for a purchase, the cardholder does not.",
            "小卖部消费：费用由商户承担，持卡人不付费。",
        ),
        job={"do": "sale", "yuan": 120, "card": 2},
        ends=_GOOD,
        state=State.APPROVED,
        at=_SHOP,
    ),
    Act(
        why=Words("A part is brought back: 50 yuan are refunded.", "部分商品退回：退款50元。"),
        job={"do": "refund", "yuan": 50, "card": 2},
        ends=_GOOD,
        state=State.APPROVED,
        at=_SHOP,
    ),
    Act(
        why=Words("What is left in the account? Asking is free.", "查询余额，免费。"),
        job={"do": "balance", "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "Is the farmer insured? The social-security host answers, over 金保专网 only.",
            "查询参保状态：仅经金保专网由社保主机应答。",
        ),
        job={"do": "social_inquiry", "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "A contribution: bill reserved, card debited, bill confirmed; both or neither.",
            "缴纳社保费：锁定单据、扣款、确认单据，两腿同成同败。",
        ),
        job={"do": "contribution", "yuan": 120, "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "A treatment of 300: pooled fund 180, personal account 60, the card the rest.",
            "医疗费300元：统筹支付180元，个人账户60元，余下由银行卡支付。",
        ),
        job={"do": "medical", "yuan": 60, "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words("Which benefits are to be paid out this month?", "查询本月待遇发放情况。"),
        job={"do": "benefit_inquiry", "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "A pension is paid out by file: one credit a card, once a payment number.",
            "按文件发放养老待遇：一卡一笔，同一发放号只入账一次。",
        ),
        job={"do": "payout", "yuan": 115, "card": 1},
        ends=("paid", ""),
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "The clinic's day of social services agrees with the host's.",
            "卫生室当日社保业务与社保主机对账相平。",
        ),
        job={"do": "reconciliation"},
        ends=_GOOD,
    ),
    Act(
        why=Words(
            "金保专网 is cut. Nothing was sent yet, so the registered bank link is taken.",
            "金保专网中断。报文尚未发出，改走已登记的银行专线。",
        ),
        job=_withdrawal(200, 2),
        ends=_GOOD,
        state=State.APPROVED,
        cuts=True,
    ),
    Act(
        why=Words(
            "The bank approves, but its cryptogram is wrong: the card refuses, no cash is paid.",
            "发卡行同意，但其密文有误：卡片拒绝，不付现金，随即冲正。",
        ),
        job=_withdrawal(150, _FORGED),
        ends=("chip_refused", "00"),
        state=State.REVERSED,
        fee_fen=75,
        then_reverses=True,
    ),
    Act(
        why=Words(
            "The bank debits the account and says nothing: 98, and one reversal.",
            "发卡行已扣款却不应答：应答98，并冲正一次。",
        ),
        job=_withdrawal(300, _SILENT),
        ends=("no_answer", "98"),
        state=State.REVERSED,
        fee_fen=150,
        then_reverses=True,
    ),
    Act(
        why=Words(
            "kill -9 while the bank has the request; the next process reverses it.",
            "请求在银行途中时 kill -9；新进程接管并冲正。",
        ),
        job=_withdrawal(250, _SILENT),
        ends=("line_lost", ""),
        state=State.REVERSED,
        fee_fen=125,
        then_reverses=True,
        kills=True,
    ),
    Act(
        why=Words(
            "23:50. After the crash the cap is still known, at the other terminal too.",
            "23:50。崩溃之后，另一台终端上限额同样分文不差。",
        ),
        job=_withdrawal(10),
        ends=("declined", "61"),
        at=_SHOP,
    ),
    Act(
        why=Words(
            "00:05. A new day: the same card, the same shop, a fresh cap.",
            "00:05。新的一天：同一张卡、同一台终端，额度重新计算。",
        ),
        job=_withdrawal(600),
        ends=_GOOD,
        state=State.APPROVED,
        at=_SHOP,
        fee_fen=300,
        opens=city.NEXT_DAY,
    ),
    Act(
        why=Words(
            "Phase three: a treasury bond is chosen from a list, ordered, paid by card, issued.",
            "第三阶段：从产品列表选购国债，下单、刷卡支付、查询结果。",
        ),
        job={"do": "purchase", "product": "GZ1403", "units": 3, "yuan": 300, "card": 1},
        ends=_GOOD,
        state=State.APPROVED,
    ),
    Act(
        why=Words(
            "金保专网 is whole again, and the village goes on.", "金保专网已恢复，业务照常。"
        ),
        job=_withdrawal(100, 1),
        ends=_GOOD,
        state=State.APPROVED,
    ),
)
"""The acts in order."""
