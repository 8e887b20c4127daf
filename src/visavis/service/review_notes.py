"""What a reviewer may write in their own words: little, and nothing that is plainly somebody's.

Long digit runs, addresses and the filler of machine-readable zones are refused. That is a reminder, and no more: a name
is a word like any other, and no program tells it from one. So a note is short, optional, shown to nobody else before
the case is closed, and gone once the verification is erased.
"""

import re
from typing import Final

from visavis.errors import InputError

__all__ = ["MOST_NOTE", "checked_note"]

MOST_NOTE: Final = 280
_MOST_DIGITS: Final = 5
_DIGITS_APART: Final = re.compile(r"(?<=\d)[\s./\\()+_–—-]+(?=\d)")
_DIGITS: Final = re.compile(rf"\d{{{_MOST_DIGITS + 1},}}")
_ADDRESS: Final = re.compile(r"@|://|www\.|<<", re.IGNORECASE)


def checked_note(text: str) -> str:
    """The note without blanks around it. Digits count as one run also where blanks or marks stand between them.

    Raises InputError ``review_note_invalid``, ``review_note_personal``; neither repeats the note.
    """
    note = text.strip()
    if len(note) > MOST_NOTE or not note.isprintable():
        raise InputError(
            "review_note_invalid", f"A note is one line of at most {MOST_NOTE} letters.", advice="Make it shorter."
        )
    if _ADDRESS.search(note) or _DIGITS.search(_DIGITS_APART.sub("", note)):
        raise InputError(
            "review_note_personal",
            f"A note holds no address and no more than {_MOST_DIGITS} digits in a row.",
            advice="Leave out numbers, dates, names and addresses: say what you saw, not who it was.",
        )
    return note
