"""What is strange in the data of a CRM: where it stands, what was found, and what was made of it.

Nothing strange stops a reading, and nothing of it is passed over: a reading counts every oddity and
keeps the first ones of each sort whole, so that a million of them are a number and not a million
objects.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum, unique
from typing import Final, final

import attrs

from salesstatus.values import FrozenMap, shown


@final
@unique
class Outcome(Enum):
    """What was made of something strange."""

    READ = "read"  #: it was read all the same, as the oddity says
    LEFT_OUT = "left out"  #: one value is not used, the rest of the record is
    NOT_USED = "not used"  #: the whole record, page or line is not used
    MISSING = "missing"  #: something should be there and was not given


@attrs.frozen
class Place:
    """Where something stands: the name of the file or the page, the line in it from 1 if it has
    lines, and the path in the JSON.
    """

    name: str
    line: int | None = None
    path: str = "$"

    def at(self, key: object) -> Place:
        """Return the place of a member."""
        step = f"[{key}]" if isinstance(key, int) else f".{str(key)[:_LONGEST_KEY]}"
        return Place(self.name, self.line, self.path + step)

    def __str__(self) -> str:
        line = "" if self.line is None else f" line {self.line}"
        path = "" if self.path == "$" else f" {self.path}"
        said = f"{self.name[-_LONGEST_NAME:]}{line}{path}"
        # Names of files and headers of CSV are anybody's, and this goes to terminals.
        return (
            said
            if said.isprintable()
            else "".join(part if part.isprintable() else "\ufffd" for part in said)
        )


_LONGEST_KEY: Final = 40
_LONGEST_NAME: Final = 120


@attrs.frozen
class Oddity:
    """One strange thing: what was made of it, where it stands, what would do there, and what was
    found instead.

    `found` is a text for people: never the value of a key that may be a secret, and never more than
    the beginning of it. `rule` is the id of the rule that wants it otherwise, or ``""``.
    """

    outcome: Outcome
    place: Place
    expected: str
    found: str
    rule: str = ""

    def __str__(self) -> str:
        rule = f" ({self.rule})" if self.rule else ""
        return (
            f"{self.place}: expected {self.expected}, got {self.found}{rule}; {self.outcome.value}"
        )


#: How many oddities of one sort are kept whole.
KEPT: Final = 100
#: How many sorts are told apart; what is said of further ones is counted together.
_SORTS: Final = 1000
_OTHERS: Final = (Outcome.NOT_USED, "what was expected otherwise in many places")


@attrs.frozen(kw_only=True)
class Oddities:
    """All that was strange: `counts` by outcome and by what was expected, and of each sort the
    first `KEPT` whole.
    """

    kept: tuple[Oddity, ...] = ()
    counts: Mapping[tuple[Outcome, str], int] = attrs.field(factory=FrozenMap)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def count(self, outcome: Outcome) -> int:
        """Return how many there are with an outcome."""
        return sum(number for (of, _), number in self.counts.items() if of is outcome)

    def __str__(self) -> str:
        lines = [
            f"{number} × {outcome.value}: expected {expected}"
            for (outcome, expected), number in self._ranked()
        ]
        return "\n".join(lines) or "nothing strange"

    def _ranked(self) -> list[tuple[tuple[Outcome, str], int]]:
        return sorted(
            self.counts.items(), key=lambda item: (-item[1], item[0][0].value, item[0][1])
        )


class Reporter:
    """Takes down oddities while something is read."""

    def __init__(self) -> None:
        self._kept: list[Oddity] = []
        self._counts: Counter[tuple[Outcome, str]] = Counter()
        #: Hears each oddity too, while it is set.
        self.listener: Callable[[Oddity], None] | None = None

    def tell(
        self, outcome: Outcome, place: Place, expected: str, found: str, rule: str = ""
    ) -> None:
        """Take down an oddity."""
        if self.listener is not None:
            self.listener(Oddity(outcome, place, expected, found, rule))
        sort = (outcome, expected)
        if sort not in self._counts and len(self._counts) >= _SORTS:
            sort = _OTHERS
        self._counts[sort] += 1
        if self._counts[sort] <= KEPT:
            self._kept.append(Oddity(outcome, place, expected, found, rule))

    def told(self) -> Oddities:
        """Return what was taken down so far."""
        return Oddities(kept=tuple(self._kept), counts=FrozenMap(self._counts))


_SECRET_KEY: Final = re.compile(
    r"token|secret|passw|auth|cookie|session|credential|api.?key|member_id|signature", re.IGNORECASE
)
#: After a word for a secret; what is said to be one, as in ``password: …``; or what is as long as
#: secrets are.
_SECRET_VALUE: Final = re.compile(
    r"\b(?:bearer|basic|token)\s+\S+"
    r"|\b[\w.-]*(?:token|secret|passw|auth|key|session|credential)[\w.-]*[\"']?\s*[=:]\s*[^&,;]*"
    r"|[A-Za-z0-9_\-]{32,}",
    re.IGNORECASE,
)


def safely(key: object, value: object) -> str:
    """Return a value as it stands in messages, without what may be a secret: by its key, or by how
    it looks.

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
