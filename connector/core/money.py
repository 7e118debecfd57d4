"""Exact money: Decimal in memory, rounded by name, with each currency's own minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

ZERO = Decimal(0)

# ISO 4217: currencies whose minor unit is not a hundredth.
_MINOR_UNIT_DIGITS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}  # fmt: skip

# The largest amount that both ledgers can carry on one line (QuickBooks: ten digits before the point).
AMOUNT_LIMIT = Decimal("9999999999.99")

# A number written by a person has no more digits than this; a longer one is not a price.
NUMBER_LENGTH_MAX = 30
# Wider than two such numbers multiplied: what is too large for a ledger is held later, by a rule that says so.
_ROUNDING = Context(prec=3 * NUMBER_LENGTH_MAX)


def minor_unit_digits(currency: str) -> int:
    """Digits after the point that an amount in this currency has in the books."""
    return _MINOR_UNIT_DIGITS.get(currency, 2)


def round_half_up(amount: Decimal, digits: int) -> Decimal:
    """Round an amount to so many digits, halves away from zero, as both ledgers do."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_ROUNDING)


def to_cents(amount: Decimal, currency: str) -> Decimal:
    """Round an amount once to the minor unit of its currency."""
    return round_half_up(amount, minor_unit_digits(currency))


def parse_decimal(text: object) -> Decimal | None:
    """Read a plain decimal number as a source wrote it; None when it is not one (text, NaN, infinity, too long)."""
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        return None
    written = str(text).strip()
    if not written or len(written) > NUMBER_LENGTH_MAX or "_" in written or not written.isascii():
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= NUMBER_LENGTH_MAX else None


def plain(amount: Decimal) -> str:
    """Write an amount without exponent, as reports and JSON output show it."""
    return format(amount, "f")
