"""What is strange in the data of a CRM: where it stands, what was found, and what was done with it.

Nothing strange stops the reading, and nothing is ignored silently: every oddity is counted, and the
first ones of each kind are kept whole, so a million of them do not fill the memory.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from enum import unique
from sys import intern
from typing import Final, final

import attrs

from salesstatus.values import FrozenMap, IdentityEnum, shown


@final
@unique
class Outcome(IdentityEnum):
    """What was done with something strange."""

    READ = "read"  #: it was read all the same, as the oddity says
    LEFT_OUT = "left out"  #: one value is not used, the rest of the record is
    NOT_USED = "not used"  #: the whole record, page or line is not used
    MISSING = "missing"  #: something should be there and was not given


@attrs.frozen
class Place:
    """Where something stands: the name of the file or page, the line (from 1), the JSON path."""

    name: str
    line: int | None = None
    path: str = "$"

    def at(self, key: object) -> Place:
        """Return the place of a member."""
        step = f"[{key}]" if isinstance(key, int) else f".{str(key)[:_LONGEST_KEY]}"
        return Place(self.name, self.line, intern(self.path + step))

    def __str__(self) -> str:
        line = "" if self.line is None else f" line {self.line}"
        path = "" if self.path == "$" else f" {self.path}"
        text = f"{self.name[-_LONGEST_NAME:]}{line}{path}"
        # Names of files and headers of CSV may hold anything, and this goes to terminals.
        return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


_LONGEST_KEY: Final = 40
_LONGEST_NAME: Final = 120


@attrs.frozen
class Oddity:
    """One strange thing: what was done with it, where it stands, what was expected and found there.

    `found` is a text for people: the beginning of a long value, and never the value of a key that
    may be a secret. `rule` is the id of the rule that is broken, or ``""``; `code` says where the
    data contradicts itself (`salesstatus.crm.contradictions.Contradiction`).
    """

    outcome: Outcome
    place: Place
    expected: str
    found: str
    rule: str = ""
    code: IdentityEnum | None = None

    def __str__(self) -> str:
        rule = f" ({self.rule})" if self.rule else ""
        return (
            f"{self.place}: expected {self.expected}, got {self.found}{rule}; {self.outcome.value}"
        )


#: How many oddities of one kind are kept whole.
KEPT: Final = 100
#: How many kinds are counted apart; all others are counted together.
_MOST_KINDS: Final = 1000
_OTHERS: Final = (Outcome.NOT_USED, "something else in many places")


@attrs.frozen(kw_only=True)
class Oddities:
    """All that was strange: `counts` by outcome and by what was expected, and the first ones whole.

    `KEPT` of each kind are in `kept`.
    """

    kept: tuple[Oddity, ...] = ()
    counts: Mapping[tuple[Outcome, str], int] = attrs.field(factory=FrozenMap)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def count(self, outcome: Outcome) -> int:
        """Return how many there are with an outcome."""
        return sum(number for (of, _), number in self.counts.items() if of is outcome)

    def __str__(self) -> str:
        ranked = sorted(
            (-n, outcome.value, expected) for (outcome, expected), n in self.counts.items()
        )
        lines = [f"{-n} × {outcome}: expected {expected}" for n, outcome, expected in ranked]
        return "\n".join(lines) or "nothing strange"


class Reporter:
    """Collects oddities while something is read."""

    def __init__(self) -> None:
        self._kept: list[Oddity] = []
        self._counts: Counter[tuple[Outcome, str]] = Counter()

    def read(self, place: Place, expected: str, found: str, rule: str = "") -> None:
        """Report what was read all the same."""
        self.add(Outcome.READ, place, expected, found, rule)

    def left_out(self, place: Place, expected: str, found: str, rule: str = "") -> None:
        """Report a value that is not used."""
        self.add(Outcome.LEFT_OUT, place, expected, found, rule)

    def not_used(self, place: Place, expected: str, found: str, rule: str = "") -> None:
        """Report a record, a page or a line that is not used."""
        self.add(Outcome.NOT_USED, place, expected, found, rule)

    def missing(self, place: Place, expected: str, found: str, rule: str = "") -> None:
        """Report what should be there and was not given."""
        self.add(Outcome.MISSING, place, expected, found, rule)

    def add(
        self,
        outcome: Outcome,
        place: Place,
        expected: str,
        found: str,
        rule: str = "",
        code: IdentityEnum | None = None,
    ) -> None:
        """Add an oddity."""
        kind = (outcome, expected)
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            kind = _OTHERS
        self._counts[kind] += 1
        if self._counts[kind] <= KEPT:
            self._kept.append(Oddity(outcome, place, expected, found, rule, code))

    def reported(self, outcome: Outcome, expected: str) -> bool:
        """Whether something of this kind was reported."""
        return (outcome, expected) in self._counts

    def oddities(self) -> Oddities:
        """Return all oddities so far."""
        return Oddities(kept=tuple(self._kept), counts=FrozenMap(self._counts))


_SECRET_KEY: Final = re.compile(
    r"token|secret|passw|auth|cookie|session|credential|api.?key|member_id|signature", re.IGNORECASE
)
#: After a word for a secret; with a name for one, as in ``password: …``; or as long as secrets are.
_SECRET_VALUE: Final = re.compile(
    r"\b(?:bearer|basic|token)\s+\S+"
    r"|\b[\w.-]*(?:token|secret|passw|auth|key|session|credential)[\w.-]*[\"']?\s*[=:]\s*[^&,;]*"
    r"|[A-Za-z0-9_\-]{32,}",
    re.IGNORECASE,
)


def safely(key: object, value: object) -> str:
    """Return a value for a message, without what may be a secret (by its key or by how it looks).

    >>> safely("access_token", "b7"), safely("name", "Bearer b7"), safely("email", 7)
    ('a value that is not shown', "'…'", '7')
    """
    if _SECRET_KEY.search(str(key)):
        return "a value that is not shown"
    if isinstance(value, Mapping):
        return f"an object with {len(value)} keys"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        # Before it is cut where it ends in messages, for a part of a secret looks like none; what
        # is long is not searched through.
        return shown(_SECRET_VALUE.sub("…", value[:_SEARCHED]))
    if isinstance(value, int | float | Decimal | None):
        return _SECRET_VALUE.sub("…", shown(value))
    return f"a {type(value).__name__}"


_SEARCHED: Final = 400
_WEBHOOK: Final = re.compile(r"(/rest/[0-9]+/)[^/?#]+")
_AUTH: Final = re.compile(r"(?i)([?&][^=&]*(?:auth|token|secret|key)[^=&]*=)[^&#]*")
_USER_INFO: Final = re.compile(r"^([a-z]+://)[^/@]*@", re.IGNORECASE)


def cleaned(name: str) -> str:
    """Return a name without the secrets that addresses of webhooks carry.

    >>> cleaned("https://acme.bitrix24.com/rest/1/s3cr3t/crm.lead.list?start=50")
    'https://acme.bitrix24.com/rest/1/…/crm.lead.list?start=50'
    """
    return _AUTH.sub(r"\1…", _WEBHOOK.sub(r"\1…", _USER_INFO.sub(r"\1", name)))
