"""Many cases at once: a chunk is one step, what is done stays done, and the same batch goes on later."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.casework.book import Book
from pipeline.casework.register import Register
from pipeline.core.casefacts import CaseFacts
from pipeline.core.reasons import Text
from pipeline.engine import Progress, silent

CHUNK = 200
_CASES = Text("案件", "cases")


def in_chunks(
    register: Register,
    numbers: Sequence[str],
    act: Callable[[Book, str], object],
    *,
    done: Callable[[CaseFacts], bool],
    what: Text = _CASES,
    progress: Progress = silent,
) -> int:
    """Do something to each of some cases that it was not done to yet; gives how many it was done to now.

    Parameters
    ----------
    act : what is done, within a step of its chunk
    done : whether it was done to a case before; asked within the same step, so nothing is done twice

    Raises
    ------
    Refused : a guard does not allow it for some case; earlier chunks are kept, this one is not
    """
    count = 0
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        with register.writing() as book:
            for number in chunk:
                facts = book.case(number)
                if facts is None or not done(facts):
                    act(book, number)
                    count += 1
        progress(min(start + CHUNK, len(numbers)), len(numbers), what)
    return count
