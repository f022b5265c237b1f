"""Cells that a spreadsheet program would run: written so that they are harmless, read back as they were.

The rule: a cell that begins with = + - @ tab or carriage return gets an apostrophe in front, unless it is a plain number
or telephone number. Reading takes the apostrophe away again.
"""

import re

RISKY = ("=", "+", "-", "@", "\t", "\r")
PLAIN = re.compile(r"[+-]?[\d .,()/-]*\d", re.ASCII)  # "-5", "+33 1 23 45"
SET_ASIDE = tuple(f"'{sign}" for sign in RISKY)


def harmless(cell: str) -> str:
    """The cell as it may stand in a file that people open in a spreadsheet."""
    return f"'{cell}" if cell.startswith((*RISKY, *SET_ASIDE)) and not PLAIN.fullmatch(cell) else cell


def original(cell: str) -> str:
    """What a cell said before `harmless`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*RISKY, *SET_ASIDE)) else cell
