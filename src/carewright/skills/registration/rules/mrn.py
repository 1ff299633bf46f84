"""Our record numbers: seven digits and a check digit, read aloud as 004 218 77.

The check digit is Damm's (H. M. Damm, Total anti-symmetrische Quasigruppen, Marburg 2004, chapter 5): it finds every
single wrong digit and every swap of two neighbours, which the Luhn digit does not (09 and 90).
"""

DIGITS = 7
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def make_mrn(serial: int) -> str:
    """The record number for a running number from 1; ValueError when seven digits are used up."""
    if not 1 <= serial < 10**DIGITS:
        raise ValueError(f"Record numbers run from 1 to {10**DIGITS - 1}; got {serial}.")
    digits = f"{serial:0{DIGITS}d}"
    return digits + _check_digit(digits)


def check_mrn(text: str) -> str | None:
    """The record number without blanks and hyphens if its check digit is right, else None."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) != DIGITS + 1 or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if _check_digit(digits) == "0" else None


def show_mrn(mrn: str) -> str:
    """In groups of three, as it is read aloud; numbers of another form are shown as they are."""
    if check_mrn(mrn) is None:
        return mrn
    return f"{mrn[:3]} {mrn[3:6]} {mrn[6:]}"


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
