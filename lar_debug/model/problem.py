"""The one kind of exception that a person reads: a single line that says what to do."""

import unicodedata

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def one_line(text: str) -> str:
    """A text without what would break its line, change how it is read, or cannot be printed;
    such characters stand there as Python writes them."""
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in _UNSEEN
        else letter
        for letter in text
    )


class Problem(Exception):
    """Something a person can mend. The command line prints the line and exits with 2."""

    def __str__(self) -> str:
        # Names of threads, keys and files may hold anything.
        return one_line(super().__str__())
