"""What an audit reports: verdicts, signs, findings and fixes as values, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum, unique
from typing import Any, Final, final

import attrs

from salesstatus.events import ManualEvent, ProspectStatusSet
from salesstatus.model import ContactId, ContactKind, CustomerStatus, DealId, ProspectStatus
from salesstatus.values import IdentityEnum, listed, shown


@final
@unique
class Verdict(IdentityEnum):
    """How the stored statuses of a contact stand to the rules and the deals that it holds."""

    AS_DERIVED = "as_derived"
    BY_HISTORY = "by_history"
    BY_HAND = "by_hand"
    IMPOSSIBLE = "impossible"
    UNDECIDED = "undecided"

    @property
    def meaning(self) -> str:
        """What it says of the stored statuses, in a few words."""
        return _VERDICTS[self]


_VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.AS_DERIVED: "as the deals say",
    Verdict.BY_HISTORY: "different, but deals alone can lead there, like a reopened won deal",
    Verdict.BY_HAND: "different, but a person may have set them, and no rule forbids it",
    Verdict.IMPOSSIBLE: "nothing that the rules accept leads there",
    Verdict.UNDECIDED: "nothing is stored, or the status of a deal is unknown",
}


@final
@unique
class Sign(IdentityEnum):
    """What else there is to see of a contact. Each is certain or a hint; see `Clue`."""

    STALE = "stale"
    VANISHED = "vanished"
    MISSED = "missed"
    OUT_OF_STEP = "out_of_step"
    UNLOGGED = "unlogged"
    UNHEARD_OF = "unheard_of"
    COMPANY_UNKNOWN = "company_unknown"
    COMPANY_IS_A_PERSON = "company_is_a_person"

    @property
    def meaning(self) -> str:
        """What is seen, in a few words."""
        return _SIGNS[self]


_SIGNS: Final[Mapping[Sign, str]] = {
    Sign.STALE: "the stored statuses were right in the past",
    Sign.VANISHED: "they need a deal that is not in the data",
    Sign.MISSED: "a deal, or a change of it, did not reach the contact",
    Sign.OUT_OF_STEP: "an employee and its company do not show the same deal",
    Sign.UNLOGGED: "the complete history never led there",
    Sign.UNHEARD_OF: "deals name the contact, and it is not in the data",
    Sign.COMPANY_UNKNOWN: "its company is not in the data",
    Sign.COMPANY_IS_A_PERSON: "its company is a person",
}


@final
@attrs.frozen(kw_only=True)
class Clue:
    """One sign of one contact: what is seen, and by which deals, other contacts and rules.

    `certain`: this shows that the stored statuses are wrong; otherwise it is a hint. `since` and
    `until`: when the stored statuses were right, as far as it is known.
    """

    sign: Sign
    certain: bool
    sentence: str
    deals: tuple[DealId, ...] = ()
    contacts: tuple[ContactId, ...] = ()
    rules: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        return f"{self.sign.value}{'' if self.certain else '?'}: {self.sentence}"

    def to_dict(self) -> dict[str, Any]:
        """Return the clue as JSON values."""
        return _json(self, "sign certain sentence deals contacts rules since until")


@final
@attrs.frozen(kw_only=True)
class Finding:
    """What an audit found of one contact.

    `prospect` and `customer` are as stored, None where the source does not say; the derived ones
    follow from the deals sent. `kind` is None for a contact that deals name and that was not sent.
    `rules` and `deals` are those behind the verdict, `signs` what else is seen. `confirmed`: the
    history given leads to the stored statuses.
    """

    contact: ContactId
    kind: ContactKind | None
    name: str
    prospect: ProspectStatus | None
    customer: CustomerStatus | None
    derived_prospect: ProspectStatus
    derived_customer: CustomerStatus
    verdict: Verdict
    signs: tuple[Clue, ...] = ()
    rules: tuple[str, ...] = ()
    deals: tuple[DealId, ...] = ()
    sentences: tuple[str, ...] = ()
    confirmed: bool = False

    @property
    def accused(self) -> bool:
        """Whether the stored statuses are wrong for sure."""
        return self.verdict is Verdict.IMPOSSIBLE or any(clue.certain for clue in self.signs)

    @property
    def suspect(self) -> bool:
        """Whether they may be wrong: not accused, with a hint, or unconfirmed and underived."""
        doubtful = self.verdict in _DOUBTFUL and not self.confirmed
        return not self.accused and (doubtful or bool(self.signs))

    def __str__(self) -> str:
        who = f"{'contact' if self.kind is None else self.kind.value} {shown(self.contact)}"
        name = f" ({shown(self.name)})" if self.name else ""
        stored = pair(self.prospect, self.customer)
        derived = pair(self.derived_prospect, self.derived_customer)
        differs = f", {derived} derived" if stored != derived else ""
        heading = f"{who}{name}: {self.verdict.value}, {stored} stored{differs}"
        return "\n  ".join((heading, *self.sentences, *map(str, self.signs)))

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return _json(
            self,
            "contact kind name prospect customer derived_prospect derived_customer verdict "
            "accused suspect signs rules deals sentences",
        )

    def row(self) -> dict[str, Any]:
        """Return the finding as a row of plain values: several of a kind are one text."""
        signs, deals = (clue.sign.value for clue in self.signs), map(str, self.deals)
        texts = {
            "signs": ", ".join(signs),
            "rules": ", ".join(self.rules),
            "deals": ", ".join(deals),
        }
        return {**self.to_dict(), **texts, "sentences": "; ".join(self.sentences)}


#: Verdicts that leave a doubt, if no history confirms what is stored.
_DOUBTFUL: Final = frozenset({Verdict.BY_HISTORY, Verdict.BY_HAND})


@final
@attrs.frozen(kw_only=True)
class Fix:
    """The manual changes, in order, that set a contact right; `sentence` and `rules` say why."""

    contact: ContactId
    changes: tuple[ManualEvent, ...]
    rules: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def to_dict(self) -> dict[str, Any]:
        """Return the fix as JSON values; each change names the axis and its new status."""
        changes = [{axis(change): change.status.value} for change in self.changes]
        return {"contact": self.contact, "changes": changes, **_json(self, "rules sentence")}


@final
@attrs.frozen(kw_only=True)
class Unmendable:
    """A contact that no manual change would set right: why, and which rules stand in the way."""

    contact: ContactId
    rules: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"contact {shown(self.contact)}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON values."""
        return _json(self, "contact rules reason")


def _json(of: object, names: str) -> dict[str, Any]:
    return {name: _json_value(getattr(of, name)) for name in names.split()}


def _json_value(value: Any) -> Any:
    if isinstance(value, Clue):
        return value.to_dict()
    if isinstance(value, tuple):
        return [*map(_json_value, value)]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def pair(prospect: ProspectStatus | None, customer: CustomerStatus | None) -> str:
    """Return two statuses for a sentence, the prospect status first; ``?`` is unknown."""
    return " / ".join("?" if status is None else status.value for status in (prospect, customer))


def axis(change: ManualEvent) -> str:
    """Return which status a manual change sets."""
    return "prospect" if isinstance(change, ProspectStatusSet) else "customer"


def named(deals: tuple[DealId, ...]) -> str:
    """Return deals as they stand in sentences."""
    return f"{'deal' if len(deals) == 1 else 'deals'} {listed(deals)}"


def lines(
    counts: Mapping[Verdict | Sign, int],
    groups: Mapping[str, tuple[int, Iterator[object]]],
    heading: str,
) -> Iterator[str]:
    """Yield the lines of a report: the number of each verdict and sign, then each group."""
    yield heading
    for member, count in counts.items():
        if count or isinstance(member, Verdict):
            yield f"  {member.value:<20}{count:>7}  {member.meaning}"
    for title, (size, members) in groups.items():
        if not size:
            continue
        yield ""
        yield f"{title} ({size})"
        shown_so_far = 0
        for each in members:
            yield str(each)
            shown_so_far += 1
        if shown_so_far < size:
            yield f"… and {size - shown_so_far} more"
