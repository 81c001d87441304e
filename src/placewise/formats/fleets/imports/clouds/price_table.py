"""Prices of an hour by instance type, from a CSV file with headings."""

from __future__ import annotations

import csv
import io
import math

from placewise.errors import InputError
from placewise.formats.fleets.imports.account import Account
from placewise.formats.given import Given
from placewise.model.scalar import decimal

_TYPES = ("instance type", "instancetype", "api name", "type", "instance", "name")
_PRICES = (
    *("price", "price per hour", "priceperunit", "cost per node hour", "hourly price", "usd per hour", "on demand"),
    "linux on demand cost",
)
_USUAL = {
    "termtype": ("ondemand",),
    "unit": ("hrs", "hours"),
    "operating system": ("linux",),
    "tenancy": ("shared",),
    "capacitystatus": ("used",),
    "pre installed s/w": ("na", ""),
}
"""Columns of Amazon's own table that say which price a row has. That of an hour of Linux on demand is taken."""
_LONGEST = 1 << 16


def read_price_table(given: Given, account: Account) -> dict[str, float]:
    """Return the price of each type, in the currency of the table.

    The columns are called as AWS does: Instance Type and PricePerUnit, or in other words for them. Raises InputError
    for a table without them, and for two prices of one type.
    """
    try:
        rows = list(csv.reader(io.StringIO(given.text(), newline="")))
    except csv.Error as error:
        raise InputError(f"is not valid CSV: {error}", file=given.path) from error
    # Amazon's own tables begin with lines about the table.
    start, columns, usual = _headings(rows)
    if columns is None:
        expected = "headings such as Instance Type and PricePerUnit"
        raise InputError("has no columns of types and prices", file=given.path, place="line 1", expected=expected)
    prices: dict[str, float] = {}
    for number, row in enumerate(rows[start + 1 :], start + 2):
        if not any(row):
            continue
        place = f"line {number}"
        if len(row) <= max(columns):
            raise InputError("has too few columns", file=given.path, place=place, found=len(row))
        if any(position < len(row) and row[position].strip().lower() not in words for position, words in usual):
            account.drop("prices", given.path, place, "it is not that of an hour of Linux on demand")
            continue
        name, written = row[columns[0]].strip(), row[columns[1]].strip().lstrip("$")
        price = decimal(written.partition(" ")[0])
        if not name or price is None or not 0 <= price < math.inf:
            account.drop("prices", given.path, place, "it is of no type, or no number")
            continue
        if prices.setdefault(name, price) != price:
            raise InputError(
                "an instance type has two prices",
                file=given.path,
                place=place,
                found=name,
                expected="one price per type",
            )
    return prices


def _headings(
    rows: list[list[str]],
) -> tuple[int, tuple[int, int] | None, list[tuple[int, tuple[str, ...]]]]:
    """Return the row of headings, the columns of types and of prices, and which columns must have which words."""
    for number, row in enumerate(rows[:20]):
        names = [cell.strip().lstrip("\ufeff").lower().replace("_", " ") for cell in row]
        types = [names.index(one) for one in _TYPES if one in names]
        found = [names.index(one) for one in _PRICES if one in names]
        if types and found:
            return number, (types[0], found[0]), [(names.index(one), _USUAL[one]) for one in _USUAL if one in names]
    return 0, None, []
