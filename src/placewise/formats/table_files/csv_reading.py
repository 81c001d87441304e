"""CSV as Arrow reads it, without threads.

A process that ends while threads of Arrow's pool still start is aborted: with pyarrow 26 in one of fifty runs.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow.csv

from placewise.errors import InputError


def on_one_thread(**options: Any) -> pyarrow.csv.ReadOptions:
    """Return options of reading with which no thread of Arrow's pool starts."""
    return pyarrow.csv.ReadOptions(use_threads=False, **options)


def column_names(content: bytes) -> list[str]:
    """Return the names in the first line that is not empty. Raises InputError where there is none, or it is no CSV."""
    # Arrow's own reader of headers starts threads.
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace", newline="")
    try:
        return next(filter(None, csv.reader(text)))
    except csv.Error as error:
        raise InputError(f"is not valid CSV: {error}", expected="names of columns in the first line") from error
    except StopIteration:
        raise InputError("is not valid CSV: it is empty", expected="names of columns in the first line") from None
