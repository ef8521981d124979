"""The rules that decide, each with a number: a decision's trace is a few bytes, its words are here.

Numbers are stored in ledgers, so a rule keeps its number for ever and a new one gets the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from messages.dialects.dialect import Words
from messages.reasons import Reason


class Rule(IntEnum):
    """What was found, in the order in which a request meets it."""

    TERMINAL_REGISTERED = 1
    MERCHANT_OF_TERMINAL = 2
    SIGNED_ON = 3
    BATCH_OPEN = 4
    MAC_GOOD = 5
    CARD_READ = 6
    CARD_IN_DATE = 7
    CHIP_NOT_BYPASSED = 8
    TRANSACTION_KNOWN = 9
    TRANSACTION_SERVED = 10
    SOCIAL_CARD = 11
    DEBIT_CARD = 12
    ENTRY_BY_CARD = 13
    PIN_GIVEN = 14
    PIN_BLOCK_GOOD = 15
    AMOUNT_SHAPE = 16
    ISSUER_KNOWN = 17
    LINK_READY = 18
    DAILY_CAP = 19
    FIRST_OF_ITS_KEY = 20
    FORWARDED_IN_TIME = 21
    NUMBERS_AT_HAND = 22
    ACCESS_REGISTERED = 23
    ROUTE_ON_US = 24
    ROUTE_DIRECT = 25
    ROUTE_MEMBER = 26
    ROUTE_SOCIAL = 27
    OVER_JINBAO = 28
    OVER_BANK_LINK = 29
    OVER_ALTERNATE = 30
    CHOSEN_AGAIN = 31
    ROUTE_EXISTS = 32
    ORIGINAL_KNOWN = 33
    ORIGINAL_MATCHES = 34
    ORIGINAL_AMOUNT = 35
    ORIGINAL_FREE = 36
    TERMINAL_ADMITTED = 37
    FEE_QUOTED = 38
    FEE_ALLOWS = 39
    ACQUIRER_QUALIFIED = 40
    POINT_REGISTERED = 41
    POINT_AGREED = 42
    PILOT_BEGUN = 43
    STAGE_OPEN = 44
    PAYLOAD_READ = 45
    BILL_RESERVED = 46
    PAYEE_KNOWN = 47
    SETTLEMENT_CARD = 48
    COUNTER_ROOM = 49
    ROUTE_PRODUCTS = 50
    HEADER_TAKEN = 51
    DIALECT_REGISTERED = 52


WORDS: dict[Rule, Words] = {
    Rule.TERMINAL_REGISTERED: Words("the terminal is registered", "终端已登记"),
    Rule.MERCHANT_OF_TERMINAL: Words("the merchant is the terminal's", "商户与终端相符"),
    Rule.SIGNED_ON: Words("the terminal is signed on", "终端已签到"),
    Rule.BATCH_OPEN: Words("the batch is the open one", "批次号为当前批次"),
    Rule.MAC_GOOD: Words("the request's MAC is good", "请求MAC正确"),
    Rule.CARD_READ: Words("a card number was read", "已读取卡号"),
    Rule.CARD_IN_DATE: Words("the card has not expired", "卡片未过期"),
    Rule.CHIP_NOT_BYPASSED: Words("a chip card was read by its chip", "芯片卡未降级"),
    Rule.TRANSACTION_KNOWN: Words("the codes name a transaction", "交易类型可识别"),
    Rule.TRANSACTION_SERVED: Words("the transaction is served", "该交易已开通"),
    Rule.SOCIAL_CARD: Words(
        "only social-security cards, notice 四(四)2", "仅受理金融社保卡，四(四)2"
    ),
    Rule.DEBIT_CARD: Words("only debit cards, 银发〔2011〕177号", "仅限借记卡，银发〔2011〕177号"),
    Rule.ENTRY_BY_CARD: Words("no manual entry for this transaction", "该交易不允许手工输入卡号"),
    Rule.PIN_GIVEN: Words("a PIN is needed, 银发〔2011〕177号", "须输入密码，银发〔2011〕177号"),
    Rule.PIN_BLOCK_GOOD: Words("the PIN block is well formed", "PIN格式正确"),
    Rule.AMOUNT_SHAPE: Words(
        "the amount's shape; cash in multiples of 10 yuan, 银发〔2011〕177号",
        "金额格式；取款为10元的整数倍，银发〔2011〕177号",
    ),
    Rule.ISSUER_KNOWN: Words("the card's issuer is known", "发卡行可识别"),
    Rule.LINK_READY: Words("the link to the issuer is signed on", "发卡行线路已签到"),
    Rule.DAILY_CAP: Words("the daily cap per card, notice 四(四)1", "每卡每日累计限额，四(四)1"),
    Rule.FIRST_OF_ITS_KEY: Words("no request with this key came before", "非重复交易"),
    Rule.FORWARDED_IN_TIME: Words("the issuer still had its time", "发卡行仍有处理时间"),
    Rule.NUMBERS_AT_HAND: Words("the switch has numbers to give", "系统流水号可用"),
    Rule.ACCESS_REGISTERED: Words(
        "the terminal came over a class of line that its acquirer registered, notice 四(三)3",
        "终端接入方式与收单机构登记一致，四(三)3",
    ),
    Rule.DIALECT_REGISTERED: Words(
        "the terminal spoke the dialect that is registered for it", "终端报文规范与登记一致"
    ),
    Rule.ROUTE_ON_US: Words(
        "on us: acquirer and issuer are one bank, whose own host is asked",
        "本行交易：收单与发卡同属一家机构，直接送该行主机",
    ),
    Rule.ROUTE_DIRECT: Words(
        "off us: to the issuer's host, and the switch is the clearing centre",
        "跨行交易：直接送发卡行主机，由本平台承担清算中心职能",
    ),
    Rule.ROUTE_MEMBER: Words(
        "off us: to the clearing centre, which forwards", "跨行交易：送清算中心转接"
    ),
    Rule.ROUTE_SOCIAL: Words(
        "a social service: to the social-security host, over 金保专网 only",
        "社保业务：仅经金保专网送社保主机",
    ),
    Rule.ROUTE_PRODUCTS: Words(
        "bonds, wealth products, remote purchase: to the product host, notice 三(三)",
        "国债、理财、远程消费：送产品主机，三(三)",
    ),
    Rule.OVER_JINBAO: Words(
        "over 金保专网, which the acquirer registered", "经收单机构登记的金保专网"
    ),
    Rule.OVER_BANK_LINK: Words(
        "over a bank link, which the acquirer registered", "经收单机构登记的银行专线"
    ),
    Rule.OVER_ALTERNATE: Words(
        "the registered alternate: the first choice could not be used",
        "首选线路不可用，改走已登记的备用线路",
    ),
    Rule.CHOSEN_AGAIN: Words(
        "chosen again: the line went down before the first byte was sent",
        "发送前线路中断，重新选择线路",
    ),
    Rule.FEE_QUOTED: Words("a tariff has its price", "收费标准齐备"),
    Rule.FEE_ALLOWS: Words("the fee tables price it here", "此处办理该交易有收费标准"),
    Rule.ACQUIRER_QUALIFIED: Words(
        "the acquirer is qualified for 助农取款, notice 四(三)2",
        "收单机构具有助农取款资质，四(三)2",
    ),
    Rule.POINT_REGISTERED: Words(
        "the service point is registered, notice 四(三)1", "助农服务点已登记，四(三)1"
    ),
    Rule.POINT_AGREED: Words(
        "an agreement with the service point stands, notice 四(四)4", "已与服务点签订协议，四(四)4"
    ),
    Rule.PILOT_BEGUN: Words("the district is a pilot, notice 三", "所在区县已开展试点，三"),
    Rule.STAGE_OPEN: Words(
        "the stage of this transaction is open here, notice 四(二)", "该业务已在此处开通，四(二)"
    ),
    Rule.ROUTE_EXISTS: Words(
        "a line of a registered class leads there", "登记的接入方式可达该机构"
    ),
    Rule.ORIGINAL_KNOWN: Words("the original is known and approved", "原交易存在且已成功"),
    Rule.ORIGINAL_MATCHES: Words(
        "kind, merchant, card and numbers are the original's", "类型、商户、卡号及流水与原交易相符"
    ),
    Rule.ORIGINAL_AMOUNT: Words("the amount fits the original's", "金额与原交易相符"),
    Rule.ORIGINAL_FREE: Words("nothing else has taken of the original", "原交易未被撤销或退货"),
    Rule.PAYLOAD_READ: Words("field 62 says which service", "业务数据域完整"),
    Rule.BILL_RESERVED: Words("the host reserved the bill", "业务主机已锁定单据"),
    Rule.TERMINAL_ADMITTED: Words("the terminal may do this", "该终端允许此交易"),
    Rule.PAYEE_KNOWN: Words(
        "the payee's account is of a known bank, and not the payer's own",
        "收款账号所属银行可识别，且非付款账号本身",
    ),
    Rule.HEADER_TAKEN: Words(
        "the issuer's side took the message by its header", "报文头已被发卡方接受"
    ),
    Rule.SETTLEMENT_CARD: Words(
        "a remittance is paid from the service point's settlement card",
        "现金汇款由服务点结算卡付款",
    ),
    Rule.COUNTER_ROOM: Words(
        "the counter of this transaction, per card and day, 银发〔2014〕235号",
        "该业务每卡每日累计限额，银发〔2014〕235号",
    ),
}
"""English and Chinese words of every rule, as the thing that holds where it is kept."""

OF_A_DAY = frozenset(
    {
        Rule.SOCIAL_CARD,
        Rule.TERMINAL_ADMITTED,
        Rule.ACQUIRER_QUALIFIED,
        Rule.POINT_REGISTERED,
        Rule.POINT_AGREED,
        Rule.PILOT_BEGUN,
        Rule.STAGE_OPEN,
    }
)
"""What a midnight or a reload can change between two copies of one request."""


class Decline(msgspec.Struct, frozen=True, gc=False):
    """A valid request refused: our reason, the rule that said so, and figures for the report."""

    reason: Reason
    rule: Rule
    facts: Mapping[str, object] = {}
