"""The states in which records were sent, and what follows from all of them (rules A2 and A3).

A record may come many times: in pages and files of any age, in streams, whole or with some of its
fields. Of two states the newer one counts, by the numbers of their stream if they are of one, else
by the record's own change time. What the newer one does not mention is taken from the older one,
but for fields that follow from one that has changed. Where nothing tells which state is newer, and
they differ, the record is `unsure` of the field. None of it depends on the order of reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import unique
from typing import Any, Final, TypeAlias, final

import attrs

from salesstatus.crm.oddities import Place
from salesstatus.values import FrozenMap, IdentityEnum


@final
@attrs.frozen
class Event:
    """What a stream says of a state: when it came about, its number there, and a deletion."""

    stream: str
    at: datetime | None = None
    number: int | None = None
    deleted: bool = False


@final
@unique
class Mark(IdentityEnum):
    """Stands for a value that is there and cannot be read."""

    UNREAD = "unread"


#: A state as it is kept, in one object: its fields, those that are mentioned, its place, its event,
#: then the values. Of nearly all records there is one, and there may be millions.
Packed: TypeAlias = tuple[Any, ...]


@final
@attrs.define(eq=False)
class State:
    """One state: values by their fields, and the fields of all keys of its body, empty ones too."""

    fields: tuple[str, ...]
    values: tuple[Any, ...]
    mentioned: frozenset[str]
    place: Place
    event: Event | None = None

    def value(self, field: str) -> Any:
        """Return the value of a field, None if there is none."""
        return self.values[self.fields.index(field)] if field in self.fields else None

    def packed(self) -> Packed:
        """Return the state as it is kept."""
        return self.fields, self.mentioned, self.place, self.event, *self.values

    @classmethod
    def of(cls, packed: Packed) -> State:
        """Return a state that was kept."""
        fields, mentioned, place, event, *values = packed
        return cls(fields, (*values,), mentioned, place, event)

    def read(self) -> dict[str, Any]:
        """Return the values by their fields."""
        return dict(zip(self.fields, self.values, strict=True))

    @property
    def deleted(self) -> bool:
        """Whether a stream says that the record was deleted."""
        return self.event is not None and self.event.deleted

    @property
    def at(self) -> datetime | None:
        """When the record came into this state; of a deletion, when it was deleted if known."""
        own, happened = self.value(CHANGED), None if self.event is None else self.event.at
        own = None if own is Mark.UNREAD else own
        at: datetime | None = (happened or own) if self.deleted else (own or happened)
        return at

    def same(self, other: State) -> bool:
        """Whether both say the same."""
        return (self.read(), self.mentioned, self.deleted) == (
            other.read(),
            other.mentioned,
            other.deleted,
        )

    def newer(self, other: State) -> bool | None:
        """Whether this state is the newer one of both; None if nothing tells."""
        one, two = self.event, other.event
        if one is not None and two is not None and one.stream == two.stream:
            first, second = one.number, two.number
            if first is not None and second is not None and first != second:
                return first > second
        if self.at is None or other.at is None or self.at == other.at:
            return None
        return self.at > other.at

    def covers(self, other: State) -> bool:
        """Whether nothing would follow from the other state beside this one, whatever else came."""
        if self.deleted is not other.deleted or not other.mentioned <= self.mentioned:
            return False
        if other.event is not None and other.event.number is not None:
            # It may still be newer than others of its stream.
            one = self.event
            if one is None or one.number is None or one.stream != other.event.stream:
                return False
            if one.number == other.event.number:
                return self.same(other) and one.at == other.event.at
            later = other.at is None or (self.at is not None and self.at >= other.at)
            return one.number > other.event.number and later
        if self.same(other):
            return self.at == other.at
        return self.at is not None and other.at is not None and self.at > other.at

    def agrees(self, other: State) -> bool:
        """Whether both say the same of every field that both mention."""
        shared = (self.mentioned & other.mentioned) - {CHANGED}
        return all(self.value(field) == other.value(field) for field in shared)


#: The field that says when a record was last changed.
CHANGED: Final = "updated_at"
#: The field that two states of one record have in common.
CREATED: Final = "created_at"
#: How many states of one record are kept that nothing tells the order of.
_MOST: Final = 50


@final
@attrs.define(eq=False)
class Record:
    """What all states of a record come to.

    `mentioned` are the fields that its bodies have keys of, and `unread` those of them whose value
    cannot be read. Of the fields in `unsure` nothing tells which of these values is the newer one;
    `values` has one of them, always the same.
    """

    id: Any
    values: dict[str, Any]
    place: Place
    mentioned: frozenset[str]
    deleted: bool = False
    unread: frozenset[str] = frozenset()
    unsure: Mapping[str, tuple[Any, ...]] = FrozenMap()


class States:
    """The states of all records by kind and id, as far as anything follows from them.

    `follows` are by kind the fields that follow from others: a stage's meaning from the stage.
    """

    def __init__(self, follows: Mapping[Any, Mapping[str, tuple[str, ...]]]) -> None:
        self._follows = follows
        self._of: dict[Any, dict[Any, Packed | list[State]]] = defaultdict(dict)
        #: Whether any value cannot be read; of most accounts all can be.
        self.marked = False

    def take(self, kind: Any, id_: Any, packed: Packed) -> tuple[State, ...]:
        """Take over a state; return those that were there before."""
        records = self._of[kind]
        before = records.setdefault(id_, packed)
        if before is packed:
            return ()
        states = before if isinstance(before, list) else [State.of(before)]
        state = State.of(packed)
        kept = [each for each in states if not state.covers(each)]
        if not any(each.covers(state) for each in kept):
            kept.append(state)
        if len(kept) > _MOST:
            kept = sorted(kept, key=_written)[:_MOST]
        records[id_] = kept if len(kept) > 1 else kept[0].packed()
        return tuple(states)

    def records(self, kind: Any) -> Iterator[Record]:
        """Yield the records of a kind; each is given once, for an account is large."""
        records = self._of.pop(kind, {})
        follows = self._follows.get(kind, {})
        ids, given = list(records), list(records.values())
        records.clear()  # two lists take less, and what was given can be freed
        given.reverse()
        for id_ in ids:
            states = given.pop()
            if isinstance(states, list):
                yield _together(id_, sorted(states, key=_written), follows)
                continue
            fields, mentioned, place, event, *found = states
            values = dict(zip(fields, found, strict=True))
            unread = _without_unread(values) if self.marked else NOTHING
            deleted = event is not None and event.deleted
            yield Record(id_, values, place, mentioned, deleted, unread)


def _written(state: State) -> str:
    """Return a state as a text, so that states have an order which is always the same."""
    values = {
        field: sorted(map(repr, value)) if isinstance(value, frozenset) else value
        for field, value in state.read().items()
    }
    return f"{state.at}{state.deleted}{sorted(values.items())!r}{state.event}"


def _without_unread(values: dict[str, Any]) -> frozenset[str]:
    """Take values out that cannot be read, and return their fields."""
    unread = frozenset(field for field, value in values.items() if value is Mark.UNREAD)
    for field in unread:
        del values[field]
    return unread


#: One empty set, for nearly all records have it.
NOTHING: Final[frozenset[str]] = frozenset()


def _newest(states: list[State]) -> list[State]:
    """Return the states than which none is newer."""
    newest = [each for each in states if not any(other.newer(each) for other in states)]
    return newest or states


def _together(id_: Any, states: list[State], follows: Mapping[str, tuple[str, ...]]) -> Record:
    """Put the states of one record together, from the newest to the oldest."""
    newest = _newest(states)
    values: dict[str, Any] = {}
    unsure: dict[str, tuple[Any, ...]] = {}
    created = {each.value(CREATED) for each in states} - {None, Mark.UNREAD}
    if len(created) > 1:  # these are two records, and parts of both would make a third one
        unsure[CREATED] = tuple(sorted(created))
        states = [each for each in states if each.value(CREATED) in (None, max(created))]
    given_up: set[str] = set()
    rest = states
    while rest:
        layer = _newest(rest)
        rest = [each for each in rest if each not in layer]
        found: dict[str, list[Any]] = {}
        outdated: set[str] = set()
        for state in layer:
            for field in sorted(state.mentioned):
                value = state.value(field)
                if field in values or field in given_up:
                    continue
                leaders = (one for one in follows.get(field, ()) if one in values)
                if any(state.value(one) != values[one] for one in leaders):
                    outdated.add(field)
                elif value not in found.setdefault(field, []):
                    found[field].append(value)
        given_up |= outdated - found.keys()
        for field, given in found.items():
            values[field] = given[0]
            if len(given) > 1 and field != CHANGED:
                unsure[field] = tuple(value for value in given if value is not Mark.UNREAD)
    mentioned = frozenset(values)
    present = {field: value for field, value in values.items() if value is not None}
    return Record(
        id_,
        present,
        newest[0].place,
        mentioned,
        any(each.deleted for each in newest),
        _without_unread(present),
        unsure,
    )


def differences(states: Iterable[State], state: State) -> tuple[str, bool]:
    """Return what a state is beside those that were there before, for a report.

    The second says whether it is nothing strange of an event, for streams give records again.
    """
    before = list(states)
    if any(state.same(each) for each in before):
        return " again, the same", True
    if state.deleted or all(state.agrees(each) for each in before):
        return " again, with other fields: they are put together", True
    newer = {state.newer(each) for each in before}
    if False in newer:
        return ", which was given in a newer state", False
    if None in newer:
        return " again, and different, and nothing tells which is newer", False
    return " again, and different: the newer one counts", True
