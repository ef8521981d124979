"""The closed list of reasons for an answer, which every dialect maps to its response codes.

A reason is what happened in our words; a response code (DE 39) is what one network calls it.
The names are a public contract: rule files, reports and `docs/reference/reasons.md` use them.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a request got its answer."""

    APPROVED = "approved"
    FORMAT_ERROR = "format_error"
    MAC_WRONG = "mac_wrong"
    PIN_BLOCK_WRONG = "pin_block_wrong"
    PIN_MISSING = "pin_missing"
    NOT_SIGNED_ON = "not_signed_on"
    BATCH_MISMATCH = "batch_mismatch"
    TERMINAL_UNKNOWN = "terminal_unknown"
    MERCHANT_UNKNOWN = "merchant_unknown"
    ACQUIRER_NOT_QUALIFIED = "acquirer_not_qualified"
    SERVICE_NOT_OPEN = "service_not_open"
    SERVICE_NOT_FOR_TERMINAL = "service_not_for_terminal"
    TRANSACTION_UNKNOWN = "transaction_unknown"
    AMOUNT_INVALID = "amount_invalid"
    CARD_NUMBER_INVALID = "card_number_invalid"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_PERMITTED = "card_not_permitted"
    CHIP_REQUIRED = "chip_required"
    ISSUER_UNKNOWN = "issuer_unknown"
    DAILY_CAP_EXCEEDED = "daily_cap_exceeded"
    DAILY_COUNT_EXCEEDED = "daily_count_exceeded"
    DUPLICATE = "duplicate"
    IN_PROGRESS = "in_progress"
    ORIGINAL_NOT_FOUND = "original_not_found"
    ORIGINAL_AMOUNT_WRONG = "original_amount_wrong"
    ORIGINAL_MISMATCH = "original_mismatch"
    ROUTE_UNAVAILABLE = "route_unavailable"
    LINE_FAILURE = "line_failure"
    ISSUER_SILENT = "issuer_silent"
    MESSAGE_REJECTED = "message_rejected"
    CUT_OVER = "cut_over"
    SETTLEMENT_UNBALANCED = "settlement_unbalanced"
    SYSTEM_ERROR = "system_error"
