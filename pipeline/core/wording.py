"""What a community's notice never says: it urges (督促), it does not order and does not punish; pure."""

from __future__ import annotations

import unicodedata

FORBIDDEN = ("责令", "处罚", "責令", "處罰")
"""Words of an administrative act, simplified and traditional; only enforcement may use them."""

_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})


def forbidden_word(text: str) -> str:
    """The first word in a text that a notice must not hold; empty where there is none.

    Blanks, line ends and invisible characters between its characters do not hide it.

    >>> forbidden_word("督促整改"), forbidden_word("责令限期改正"), forbidden_word("给予处 罚")
    ('', '责令', '处罚')
    """
    seen = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in _UNSEEN)
    return next((word for word in FORBIDDEN if word in seen), "")
