"""Whole numbers in what strangers send."""


def whole_number(text: str, *, most: int) -> int | None:
    """
    Return the number that ASCII digits write; `None` if there are others, or if it exceeds `most`.

    Python reads digits of other scripts as well, and refuses thousands of them with an error.
    """
    digits = len(str(most))
    if not text.isascii() or not text.isdigit() or len(text.lstrip("0")) > digits:
        return None
    number = int(text[-digits:])
    return number if number <= most else None
