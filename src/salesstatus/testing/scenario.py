"""Given/when/then examples for tests, of one contact or of a desk.

    lost = ProspectStatusSet(ProspectStatus.LOST)
    given(DealAssociated("D-1"), DealWon("D-1")).when(lost).refused("M2")

    example = given(desk, ann, deal).when(Desk.delete_deal, deal.id)
    example.then("ann", prospect=ProspectStatus.NONE).heard("ann")

A failure shows the state before, the event, the state after, and the rules. An example that holds
can go on with another `when`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, final, overload

import attrs

from salesstatus.desk import Desk, Result
from salesstatus.errors.guard import sentence
from salesstatus.events import ContactEvent
from salesstatus.history.records import Entry
from salesstatus.history.replaying import Step
from salesstatus.lead import Lead
from salesstatus.model import (
    Contact,
    ContactId,
    CustomerStatus,
    Deal,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import SELL, Policy
from salesstatus.ports import Standing
from salesstatus.selection import Selection
from salesstatus.transitions import decide, refusal, transition
from salesstatus.values import InvalidError, SalesStatusError

__all__ = ["ContactExample", "DeskExample", "given"]

P = ParamSpec("P")
E = TypeVar("E", bound="_Example")


def _expect(example: E, expected: str, found: object, *, holds: bool) -> E:
    __tracebackhide__ = True
    if not holds:
        raise AssertionError("\n  ".join((f"expected {expected}; found {found}", *example.story)))
    return example


@attrs.frozen(kw_only=True)
class _Example:
    """What examples have in common: the last event as text, and its refusal if it was refused."""

    story: tuple[str, ...] = ("nothing happened yet",)
    error: SalesStatusError | None = None

    def _expect_status(self, status: SalesStatus, whose: str, **wanted: Any) -> Self:
        __tracebackhide__ = True
        wanted = {name: value for name, value in wanted.items() if value is not None}
        expected = ", ".join(
            f"{name} {getattr(value, 'value', value)}" for name, value in wanted.items()
        )
        return _expect(
            self.accepted(),
            whose + expected,
            status,
            holds=all(getattr(status, name) == value for name, value in wanted.items()),
        )

    def accepted(self) -> Self:
        """Expect that the last event was not refused."""
        __tracebackhide__ = True
        return _expect(
            self,
            "no refusal",
            f"{type(self.error).__name__}: {self.error}",
            holds=self.error is None,
        )

    def refused(self, *rules: str, error: type[SalesStatusError] = SalesStatusError) -> Self:
        """Expect a refusal with this kind of error, by exactly these rules if any are named."""
        __tracebackhide__ = True
        broken = getattr(self.error, "rules", None) or (getattr(self.error, "rule", ""),)
        as_expected = isinstance(self.error, error) and (not rules or {*rules} == {*broken})
        found = "acceptance" if self.error is None else f"{type(self.error).__name__}: {self.error}"
        _expect(
            self,
            f"{error.__name__}{' by ' if rules else ''}{', '.join(rules)}",
            found,
            holds=as_expected,
        )
        return attrs.evolve(self, error=None)


@final
@attrs.frozen(kw_only=True)
class ContactExample(_Example):
    """An example of one contact: its status `before` the last event, and its `state` now."""

    before: SalesStatus
    state: SalesStatus
    policy: Policy

    def when(self, event: ContactEvent) -> ContactExample:
        """Apply an event to the contact, if the last one was accepted."""
        __tracebackhide__ = True
        before = self.accepted().state
        error = refusal(before, event, self.policy)
        after = before if error else transition(before, event, self.policy)
        rules = (
            error.broken
            if error
            else [f"{row.id}: {row.reason}" for row in decide(before, event, self.policy).rows]
        )
        story = (
            f"given {before}",
            f"when {sentence(event)}: {event}",
            f"then {after}",
            *map(str, rules),
        )
        return attrs.evolve(self, before=before, state=after, error=error, story=story)

    def then(
        self,
        *,
        prospect: ProspectStatus | None = None,
        customer: CustomerStatus | None = None,
        deals: Mapping[DealId, DealStatus] | None = None,
    ) -> ContactExample:
        """Expect this status of the contact now; what is not named may be anything."""
        __tracebackhide__ = True
        return self._expect_status(
            self.state, "", prospect=prospect, customer=customer, deals=deals
        )

    def unchanged(self) -> ContactExample:
        """Expect that the last event was accepted and changed nothing (rule E3)."""
        __tracebackhide__ = True
        return _expect(self.accepted(), "no change", self.state, holds=self.state == self.before)


@final
@attrs.frozen(kw_only=True)
class DeskExample(_Example):
    """An example of a desk, with the steps of its last use case.

    A refusal that changed a contact is a failure.
    """

    desk: Desk
    steps: tuple[Step, ...] = ()

    def when(
        self,
        use_case: Callable[Concatenate[Desk, P], Result[Any]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> DeskExample:
        """Carry out a use case, if the last one was not refused: ``when(Desk.save_deal, deal)``."""
        __tracebackhide__ = True
        self.accepted()
        before, story, error = self._contacts(), [f"when {_call(use_case, args, kwargs)}"], None
        steps: tuple[Step, ...] = ()
        try:
            steps = use_case(self.desk, *args, **kwargs).steps
        except SalesStatusError as refused:
            error = refused
        for step in steps:
            heard = (
                sentence(step.entry.event)
                if isinstance(step.entry, Entry)
                else "its status as stated"
            )
            story += [
                f"{step.entry.contact!r} hears {heard}, by {', '.join(step.rules)}",
                f"  before: {step.before}",
            ]
            story += [f"  after: {step.after}"]
        found = attrs.evolve(self, steps=steps, error=error, story=(*story,))
        moved = [was for id_, was in before.items() if error and self._contacts().get(id_) != was]
        return _expect(
            found, "a refusal to change nobody", f"{error}, and changed {moved}", holds=not moved
        )

    def then(
        self,
        contact: ContactId,
        *,
        prospect: ProspectStatus | None = None,
        customer: CustomerStatus | None = None,
        deals: Mapping[DealId, DealStatus] | None = None,
    ) -> DeskExample:
        """Expect this status of a contact now; what is not named may be anything."""
        __tracebackhide__ = True
        status = self.desk.contact(contact).record.status
        return self._expect_status(
            status, f"contact {contact!r} with ", prospect=prospect, customer=customer, deals=deals
        )

    def heard(self, *contacts: ContactId) -> DeskExample:
        """Expect that the last use case changed the statuses of exactly these contacts."""
        __tracebackhide__ = True
        found = tuple(dict.fromkeys(step.entry.contact for step in self.steps))
        return _expect(
            self.accepted(), f"{contacts} to hear it", found, holds={*found} == {*contacts}
        )

    def _contacts(self) -> dict[ContactId, Standing]:
        return {standing.id: standing for standing in self.desk.select(Selection())}


def _call(
    use_case: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> str:
    words = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
    return f"{getattr(use_case, '__name__', use_case)}({', '.join(words)})"


@overload
def given(desk: Desk, /, *records: Contact | Deal | Lead) -> DeskExample: ...
@overload
def given(*before: SalesStatus | ContactEvent, policy: Policy = SELL) -> ContactExample: ...
def given(*before: Any, policy: Policy = SELL) -> ContactExample | DeskExample:
    """Begin an example: with a status and events of one contact, or with a desk and its records.

    >>> from salesstatus import DealAssociated, DealWon
    >>> example = given(DealAssociated("D-1")).when(DealWon("D-1"))
    >>> example = example.then(customer=CustomerStatus.CURRENT)
    >>> example.unchanged()
    Traceback (most recent call last):
        ...
    AssertionError: expected no change; found SalesStatus(prospect=ProspectStatus.NONE, ...
    """
    __tracebackhide__ = True
    if before and isinstance(before[0], Desk):
        at_desk = DeskExample(desk=before[0])
        saving: dict[type, Any] = {
            Contact: Desk.save_contact,
            Deal: Desk.save_deal,
            Lead: Desk.save_lead,
        }
        for record in before[1:]:
            if type(record) not in saving:
                raise InvalidError("given.records", record, "a Contact, a Deal or a Lead")
            at_desk = at_desk.when(saving[type(record)], record)
        return at_desk.accepted()
    stated = before[:1] if before and isinstance(before[0], SalesStatus) else ()
    state = stated[0] if stated else SalesStatus()
    example = ContactExample(before=state, state=state, policy=policy)
    for event in before[len(stated) :]:
        example = example.when(event)
    return example.accepted()
