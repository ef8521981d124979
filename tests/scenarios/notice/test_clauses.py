"""The notice in its own words: a test for each clause that a system carries out.

What each rests on is in the packaged files; docs/notice.md names the test of each clause, and how
its rule is turned round there so that the test fails.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.config.registry.kinds import District, OpeningRow, PointRow, Village
from switch.core.configuration import Channel
from switch.core.rules import Rule
from switch.registry.snapshot import Asked
from tests.scenarios.notice.hall import (
    ATM,
    BRANCH,
    CLINIC,
    HOSPITAL,
    NET_BANK,
    OTHER,
    PAYEE,
    SHOP,
    Adds,
    Hall,
)
from tests.switch.cli.registering.bringing import change
from tests.switch.config import folders
from tests.switch.config.registry.making import bring_in, first_rows, rehearse

FIRST_DAY = "2014-06-17"
PERSON = "TEST00000001"
CHARGING = ("jinbao", '"free"]', '"./bank.toml"]')
"""The banks of `charging` in the place of those that charge nothing."""


def charging(*changes: tuple[str, str]) -> Adds:
    """Return what writes banks that charge at the ceiling, with these changes."""
    text = (resources.files("specs") / "tariffs" / "at-ceiling.toml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)

    def adds(folder: Path) -> None:
        (folder / "bank.toml").write_text(text, "utf-8")

    return adds


def test_nothing_is_done_in_a_district_before_its_day_as_a_pilot() -> None:
    """三: the pilots are chosen together, and begin on their day."""

    def later(folder: Path) -> None:
        (district,) = first_rows()["district"]
        day = date(2014, 6, 20)
        rehearse(folder, {"district": [district.model_copy(update={"pilot_from": day})]})

    assert Hall(FIRST_DAY).ask("rural_withdrawal", 100) == "00"
    hall = Hall("2014-06-19", adds=later)
    assert hall.ask("rural_withdrawal", 100) == "40"
    assert (hall.why["rule"], hall.why["open_from"]) == (Rule.PILOT_BEGUN, 20140620)
    assert (hall.why["stage"], hall.why["clause"]) == ("initial", "三")
    assert hall.ask("cash_withdrawal", 100, ATM) == "00"
    assert Hall("2014-06-20", adds=later).ask("rural_withdrawal", 100) == "00"


def test_each_district_begins_when_it_is_ready() -> None:
    """二(一): pilots first, then step by step."""

    def later(folder: Path) -> None:
        district = District(id="late", name="Late", pilot_from=date(2014, 7, 1))
        town = Village(id="test-town", district="late", name="Test town")
        rehearse(folder, {"district": [district], "village": [town]})

    hall = Hall("2014-06-30", adds=later)
    assert hall.ask("rural_withdrawal", 100, CLINIC) == "00"
    assert hall.ask("rural_withdrawal", 100, HOSPITAL) == "40"
    assert hall.why["open_from"] == 20140701
    assert Hall("2014-07-01", adds=later).ask("rural_withdrawal", 100, HOSPITAL) == "00"


def test_branches_self_service_devices_and_points_all_serve_the_card() -> None:
    """四(一): 银行网点、自助设备、POS终端和社会保障卡受理终端."""
    hall = Hall(FIRST_DAY)
    channels = {each.channel for each in hall.configuration.terminals.values()}
    assert {Channel.RURAL, Channel.URBAN} <= channels
    assert {"pos", "composite"} <= {each.name for each in hall.configuration.terminal_dialects}
    assert hall.ask("rural_withdrawal", 100, CLINIC) == "00"
    assert hall.ask("cash_withdrawal", 100, ATM, f25="02") == "00"
    assert hall.ask("cash_withdrawal", 100, BRANCH) == "00"
    assert hall.ask("social_balance_inquiry", 0, NET_BANK) == "00"


def test_a_point_begins_with_four_services_and_a_branch_with_all() -> None:
    """四(二): 小额取款、自主缴费、查询、消费; 金融机构网点可一次性开放."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100) == "00"
    assert hall.ask("bill_payment", 35) == "00"
    assert hall.ask("social_balance_inquiry") == "00"
    assert hall.ask("social_sale", 80) == "00"
    assert hall.ask("transfer", 300) == "40"
    assert (hall.why["stage"], hall.why["clause"]) == ("transfer", "四(二)")
    assert hall.ask("transfer", 300, BRANCH) == "00"


def test_social_services_are_open_at_points_from_the_beginning() -> None:
    """四(二): 持卡人信息查询、费用结算、社保费缴纳、待遇发放、对账."""
    hall = Hall(FIRST_DAY)
    assert hall.serve("social_inquiry", S1="QRY", S6=PERSON) == "00"
    assert hall.serve("social_payment", 120, S1="PAY", S5="C1", S6=PERSON) == "00"
    assert hall.serve("medical_settlement", 60, S1="FEE", S5="T1", S6=PERSON) == "00"
    assert hall.serve("benefit_inquiry", S1="BEN", S6=PERSON) == "00"
    registry, clinic = hall.configuration.registry, hall.configuration.terminals[CLINIC]
    assert registry is not None
    place = "rural", clinic.merchant, clinic.acquirer
    reconciled = Asked("social_reconciliation", *place, is_social=True, day=20140617)
    assert registry.judge(reconciled).is_open
    assert hall.serve("social_payment", 120, card=OTHER, S1="PAY", S5="C2", S6=PERSON) == "57"


def test_a_plain_pos_serves_no_social_security() -> None:
    """四(三)3: 复合型机具 serve it; what is registered as a POS does not, whatever it speaks."""

    def registered(folder: Path) -> None:
        (machine,) = first_rows()["machine"]
        rehearse(folder, {"machine": [machine.model_copy(update={"device": "pos"})]})

    hall = Hall(FIRST_DAY, adds=registered)
    assert hall.serve("social_payment", 120, S1="PAY", S5="C1", S6=PERSON) == "58"
    assert (hall.why["rule"], hall.why["clause"]) == (Rule.TERMINAL_ADMITTED, "四(三)3")
    assert (hall.why["stage"], hall.why["open_from"]) == ("initial", None)
    assert hall.ask("rural_withdrawal", 100) == "00"


def test_transfers_open_at_points_when_it_is_time() -> None:
    """四(二): 待条件成熟后逐步开通其他金融功能."""

    def opened(folder: Path) -> None:
        opening = OpeningRow(
            stage="transfer", scope="all", from_day=date(2015, 1, 1), approval="A-7"
        )
        rehearse(folder, {"opening": [opening]})

    before = Hall("2014-12-31", adds=opened)
    assert before.ask("transfer", 300) == "40"
    assert before.why["open_from"] == 20150101
    hall = Hall("2015-01-01", adds=opened)
    assert hall.ask("transfer", 300) == "00"
    assert [(f[3], f[2]) for f in hall.requests()[-2:]] == [
        ("400000", hall.requests()[-2][102]),
        ("460000", PAYEE),
    ]


def test_points_are_health_centres_and_village_clinics() -> None:
    """四(三)1: 选择乡镇卫生院或村社卫生室."""

    def with_shop(folder: Path) -> None:
        shop = PointRow(
            merchant="999653053990003",
            village="test-village",
            name="Shop",
            category="other",
            open_from=date(2014, 6, 17),
            agreement=date(2014, 6, 17),
            clauses=frozenset({"cash_source", "errors", "disputes", "risk"}),
        )
        rehearse(folder, {"point": [shop]})

    hall = Hall(FIRST_DAY, adds=with_shop)
    assert hall.ask("rural_withdrawal", 100, CLINIC) == "00"
    assert hall.ask("rural_withdrawal", 100, HOSPITAL) == "00"
    assert hall.ask("rural_withdrawal", 100, SHOP) == "58"
    assert hall.why["rule"] == Rule.POINT_REGISTERED


def test_in_town_the_standard_tariff_holds_and_neither_stage_nor_cap() -> None:
    """四(三)1: 城镇地区，按照标准银行卡服务收取费用."""
    others = '"sale", "preauthorisation", "inquiry", "payment", "transfer", "remittance"'
    priced = '{ transaction = ["withdrawal"], price = { fixed_fen = 200 } }'
    free = f'{{ transaction = [{others}], price = "free" }}'
    standard = ('standard = [{ price = "free" }]', f"standard = [{priced}, {free}]")
    hall = Hall(FIRST_DAY, CHARGING, adds=charging(standard))
    assert hall.ask("cash_withdrawal", 5_000, ATM, f25="02") == "00"
    assert hall.kept().record.fee_fen == 200
    assert hall.kept().cap is None
    assert hall.requests()[-1][18] == "6011"
    assert hall.requests()[-1][25] == "02"
    assert hall.requests()[-1][60][8:10] == "01"
    assert hall.ask("cash_withdrawal", 5_000, BRANCH) == "00"
    assert (hall.requests()[-1][18], hall.requests()[-1][60][8:10]) == ("6010", "06")
    assert hall.ask("cash_withdrawal", 100, CLINIC) == "58"


def test_an_acquirer_needs_its_qualification() -> None:
    """四(三)2: 应具有人民银行颁发的助农取款服务收单机构资质."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100) == "00"
    registry = hall.configuration.registry
    assert registry is not None
    hall.reconfigure(registry=replace(registry, qualifications={}))
    assert hall.ask("rural_withdrawal", 100) == "58"
    assert hall.why["rule"] == Rule.ACQUIRER_QUALIFIED


def test_each_composite_device_has_a_bank_that_leads(tmp_path: Path) -> None:
    """四(三)3: 指定具体银行牵头完成复合型机具的统一研发、布设; a POS is its owner's matter."""
    folder = folders.make(tmp_path / "city")
    bring_in(folder, first_rows())
    told = ("set", "machine", "terminal=50010002", "owner=99910000", "installed=2014-07-01")
    refused = change(folder, *told, "device=composite")
    assert refused.status == 2
    assert "四(三)3 names a lead bank for composite terminals" in refused.err
    assert change(folder, *told, "device=pos").status == 0
    assert change(folder, *told, "device=composite", "lead_bank=99900000").status == 0


def test_each_device_has_its_village_its_owner_and_the_bank_that_leads() -> None:
    """四(三)3: 由发卡量最大的商业银行负责布放; 复合型机具指定具体银行牵头."""
    hall = Hall(FIRST_DAY)
    rows = first_rows()
    banks = set(hall.configuration.acquirers)
    (machine,) = rows["machine"]
    assert machine.terminal in hall.configuration.terminals  # type: ignore[attr-defined]
    assert {machine.owner, machine.lead_bank} <= banks  # type: ignore[attr-defined]
    villages = {point.village for point in rows["point"]}  # type: ignore[attr-defined]
    assert {row.village for row in rows["cards"]} <= villages  # type: ignore[attr-defined]


def test_an_acquirer_comes_over_the_line_that_it_chose() -> None:
    """四(三)3: 通过“金保专网”免费统一接入或其他途径接入."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100, CLINIC) == "00"
    assert hall.kept().record.link == "issuer-jinbao"
    assert hall.ask("rural_withdrawal", 100, HOSPITAL) == "00"
    assert hall.kept().record.link == "issuer"


def test_what_a_card_withdraws_in_a_day_is_what_the_central_bank_says() -> None:
    """四(四)1: 每卡每日累计最高取款金额参照人民银行规定."""
    hall = Hall(FIRST_DAY)
    assert [hall.ask("rural_withdrawal", yuan) for yuan in (600, 400, 10)] == ["00", "00", "61"]
    assert hall.why["cap_fen"] == 100_000
    later = Hall("2014-09-10")
    assert [later.ask("rural_withdrawal", yuan) for yuan in (2_000, 10)] == ["00", "61"]


def test_the_dedicated_type_is_seen_beyond_the_terminal() -> None:
    """四(四)1: 采用专门交易类型."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100) == "00"
    assert hall.requests()[-1][60][15:18] == "041"
    assert hall.ask("cash_withdrawal", 100, ATM) == "00"
    assert hall.requests()[-1][60][15:18] == "000"


def test_other_bank_cards_wait_for_the_approval() -> None:
    """四(四)2: 开设初期，仅受理金融社保卡; 审核通过后开放其他银行卡."""
    hall = Hall("2014-11-30")
    assert hall.ask("rural_withdrawal", 100, CLINIC, OTHER) == "57"
    assert (hall.why["open_from"], hall.why["clause"]) == (20141201, "四(四)2")
    assert Hall("2014-12-01").ask("rural_withdrawal", 100, CLINIC, OTHER) == "00"


def test_inquiries_cost_nothing_at_any_banks_pos() -> None:
    """四(四)3(1): 本行、他行POS查询不收取费用."""
    hall = Hall(FIRST_DAY, CHARGING, adds=charging())
    for terminal in (CLINIC, HOSPITAL):
        assert hall.ask("social_balance_inquiry", 0, terminal) == "00"
        assert hall.kept().record.fee_fen == 0


def test_a_withdrawal_at_the_own_banks_pos_in_the_city_costs_nothing() -> None:
    """四(四)3(2): 市内本行POS取款不收取费用."""
    hall = Hall(FIRST_DAY, CHARGING, adds=charging())
    assert hall.ask("rural_withdrawal", 500, HOSPITAL) == "00"
    assert hall.kept().record.fee_fen == 0


def test_a_withdrawal_at_another_bank_costs_what_the_banks_say_up_to_the_ceiling() -> None:
    """四(四)3(3): 跨行取款由各参与银行自行确定; 如遇调整，按新规定执行."""
    assert _fee(FIRST_DAY) == 400
    assert _fee("2014-09-10") == 250


def _fee(day: str, *changes: tuple[str, str]) -> int:
    hall = Hall(day, CHARGING, adds=charging(*changes))
    assert hall.ask("rural_withdrawal", 500, CLINIC) == "00"
    return hall.kept().record.fee_fen


def test_a_bill_payment_costs_what_the_bank_says() -> None:
    """四(四)3(4): 自主缴费由各参与银行自行确定收费标准."""
    price = ('payment = "free"', "payment = { fixed_fen = 100 }")
    hall = Hall(FIRST_DAY, CHARGING, adds=charging(price))
    assert hall.ask("bill_payment", 35) == "00"
    assert hall.kept().record.fee_fen == 100


def test_at_a_clinic_neither_issuer_nor_network_takes_a_share() -> None:
    """四(四)3(5): 医疗等公益类机构免收发卡行服务费和网络服务费."""
    hall = Hall(FIRST_DAY, CHARGING, adds=charging())
    for kind, yuan in (("social_sale", 500), ("bill_payment", 35), ("rural_withdrawal", 500)):
        assert hall.ask(kind, yuan, CLINIC) == "00"
        record = hall.kept().record
        assert "I3" in record.fee_rules.split()
        assert {leg for leg, _ in record.legs} <= {"ci", "ca"}


def test_a_bank_can_take_less_in_the_country() -> None:
    """四(四)3(6): 尽可能减免农村地区持卡人的费用."""
    half = ("discount_percent = { R = 0,", "discount_percent = { R = 50,")
    assert (_fee(FIRST_DAY), _fee(FIRST_DAY, half)) == (400, 200)


def test_without_an_agreement_with_all_its_clauses_a_point_does_nothing() -> None:
    """四(四)4: 现金来源、差错处理、客户纠纷处理、风险防范."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100) == "00"

    def lacking(folder: Path) -> None:
        (clinic, *_) = first_rows()["point"]
        without = clinic.model_copy(update={"agreement": None, "clauses": frozenset()})
        rehearse(folder, {"point": [without]})

    without = Hall(FIRST_DAY, adds=lacking)
    assert without.ask("rural_withdrawal", 100) == "58"
    assert without.why["rule"] == Rule.POINT_AGREED


def test_after_the_end_of_its_agreement_a_point_does_nothing() -> None:
    """四(四)4: 签订合作协议; what it says, it says for its term."""
    (clinic, *_) = first_rows()["point"]

    def ending(folder: Path) -> None:
        ends = clinic.model_copy(update={"agreement_until": date(2014, 9, 29)})
        rehearse(folder, {"point": [ends]})

    assert Hall("2014-09-30").ask("rural_withdrawal", 100) == "00"
    assert Hall("2014-09-29", adds=ending).ask("rural_withdrawal", 100) == "00"
    over = Hall("2014-09-30", adds=ending)
    assert over.ask("rural_withdrawal", 100) == "58"
    assert (over.why["rule"], over.why["clause"]) == (Rule.POINT_AGREED, "四(四)4")
    assert (over.why["stage"], over.why["open_from"]) == ("initial", None)
    assert over.ask("rural_withdrawal", 100, HOSPITAL) == "00"


@pytest.mark.parametrize("kind", ["inspection", "training"])
def test_points_have_a_file_of_inspections_and_trainings_none_of_them_to_come(
    tmp_path: Path, kind: str
) -> None:
    """四(四)4: 建立信息档案，加强培训，每季度巡检."""
    folder = folders.make(tmp_path / "city")
    bring_in(folder, first_rows())
    rest = "finding=good" if kind == "inspection" else "subject=PIN"
    told = ("set", kind, "merchant=999653080110001", "by=wang", rest)
    assert change(folder, *told, "day=2014-07-01").status == 0
    refused = change(folder, *told, "day=2999-01-01")
    assert refused.status == 2
    assert "2999-01-01" in refused.err


def test_an_issuers_private_lines_wait_for_its_approved_plan() -> None:
    """五(二): 专网对接方案，报人民银行审批后组织实施."""
    hall = Hall(FIRST_DAY)
    assert hall.ask("rural_withdrawal", 100) == "00"
    assert hall.kept().record.link == "issuer-jinbao"
    plan = next(row for row in first_rows()["plan"] if row.key == "99910000")

    def later(folder: Path) -> None:
        changed = plan.model_copy(update={"approved": date(2014, 6, 18)})
        rehearse(folder, {"plan": [changed]})

    before = Hall(FIRST_DAY, adds=later)
    assert before.ask("rural_withdrawal", 100) == "00"
    assert before.kept().record.link == "issuer"


def test_cards_outside_the_ranges_of_a_plan_take_another_line() -> None:
    """五(二): the plan says which cards are issued; only they go over 金保专网."""
    hall = Hall("2014-12-01")
    assert hall.ask("rural_withdrawal", 100) == "00"
    assert hall.kept().record.link == "issuer-jinbao"
    assert hall.ask("rural_withdrawal", 100, CLINIC, OTHER) == "00"
    assert hall.kept().record.link == "issuer"
