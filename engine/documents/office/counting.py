"""The numbers of lists in letters and Roman digits."""

from __future__ import annotations

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def counted(count: int, form: str) -> str:
    """`count` as the number of a list whose first is `form`: "1", "a", "A", "i" or "I"."""
    match form:
        case "a" | "A" if 0 < count <= 780:
            # A to Z, then AA, BB and so on, as word processors count.
            letters = chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1)
            return letters.lower() if form == "a" else letters
        case "i" | "I" if 0 < count < 4_000:
            digits = []
            for value, digit in _ROMAN:
                digits.append(digit * (count // value))
                count %= value
            return "".join(digits).lower() if form == "i" else "".join(digits)
        case _:
            return str(count)
