"""Quantity and price of an invoice line, such that Xero comes to our amount (pure).

With unitdp=4 Xero keeps four decimals of a UnitAmount, multiplies, and rounds the line to cents. How it rounds an exact half is
published nowhere: a product that ends in one is not sent, and the line says its figures in words instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from connector.core.drafting import InvoiceLine, clean_text
from connector.core.money import minor_unit_digits, round_half_up, to_cents

PLACES = 4


@dataclass(frozen=True, slots=True)
class Priced:
    """What a line says of its quantity and its price."""

    text: str
    quantity: Decimal
    price: Decimal


def priced(line: InvoiceLine, currency: str) -> Priced:
    """The line's own figures where they are safe, else those at four decimals, else one piece at the amount with the figures in words."""
    is_whole = not line.pieces or line.quantity == line.pieces
    if is_whole and _comes_to(line.quantity, line.unit_price, line.amount, currency):
        return Priced(line.description, line.quantity, line.unit_price)
    price = round_half_up(line.price, PLACES)
    if line.pieces > 0 and line.pieces == round_half_up(line.pieces, PLACES) and _comes_to(line.pieces, price, line.amount, currency):
        return Priced(line.text, line.pieces, price)
    if line.quantity == 1:
        return Priced(line.description, line.quantity, line.unit_price)
    return Priced(clean_text(f"{line.description} ({line.quantity} × {line.unit_price})"), Decimal(1), line.amount)


def _comes_to(quantity: Decimal, price: Decimal, amount: Decimal, currency: str) -> bool:
    """Whether the product is the amount, whichever way a half cent goes."""
    product = quantity * price
    half = Decimal("0.5").scaleb(-minor_unit_digits(currency))
    return to_cents(product, currency) == amount and abs(product - amount) != half
