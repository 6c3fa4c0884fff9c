"""Making one record of several (rules G2, G3, G4).

What becomes of their statuses is `salesstatus.merge` (G1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

import attrs

from salesstatus.errors import Broken, MergeError
from salesstatus.lead import Lead
from salesstatus.model import Contact, ContactId, absent
from salesstatus.statements import G2, G4

_AT_MOST: Final = 5
_UNITED: Final = ("emails", "phones", "tags")
#: A name is one value: it comes from one contact as a whole.
_NAME: Final = ("first_name", "last_name", "name")
#: Where a value that gives way is kept, so that the contact is still found by it.
_FURTHER: Final = {"email": "emails", "phone": "phones", "mobile": "phones"}
#: What a record is, and what only its events or its author say; everything else is known of it.
_KEPT: Final = frozenset(
    (
        *("id", "kind", "custom_fields", "status", "unqualified_reason", "notes", "person_id"),
        *("company_id", "open_to_all", "created_by", "conversion", *_UNITED),
    )
)
#: What is filled, in the order of the fields.
_FILLED: Final[dict[type, tuple[str, ...]]] = {
    kind: tuple(field.name for field in attrs.fields(kind) if field.name not in _KEPT)
    for kind in (Contact, Lead)
}
_Record = TypeVar("_Record", Contact, Lead)


@attrs.frozen
class FieldConflict:
    """A value that the merge did not keep: the field, what stands, what gave way, and whose."""

    field: str
    kept: object
    dropped: object
    contact: ContactId


@attrs.frozen
class Merged:
    """The surviving contact, and every value that gave way to another (rule G3)."""

    contact: Contact
    conflicts: tuple[FieldConflict, ...]


def _broken(contacts: tuple[Contact, ...]) -> tuple[Broken, ...]:
    given: tuple[object, ...] = contacts  # by callers that no type checker has seen, too
    strangers = [contact for contact in given if type(contact) is not Contact]
    if strangers:
        return (Broken(*G2.case("contacts", kind=type(strangers[0]).__name__)),)
    found = []
    if len(contacts) > _AT_MOST:
        found.append(G2.case("most", most=_AT_MOST, n=len(contacts)))
    if len({contact.id for contact in contacts}) < len(contacts):
        found.append(G2.case("once"))
    if len({contact.kind for contact in contacts}) > 1:
        found.append(G2.case("kinds"))
    elif any(contact.company == other.id for contact in contacts for other in contacts):
        found.append(G2.case("employer"))
    if len({contact.company for contact in contacts if contact.company is not None}) > 1:
        found.append(G2.case("companies"))
    if len(contacts) == 1:
        found.append(G4.case("two"))
    return tuple(Broken(*case) for case in found)


def merge_contacts(survivor: Contact, *others: Contact) -> Merged:
    """Merge contacts into the first: it keeps its values, takes what it lacks, reports the rest.

    A name is taken as a whole. Tags and further e-mails and phones are united, and an e-mail or a
    phone that gives way becomes a further one. Custom fields are filled one by one; the earlier of
    the others comes first. Raises `MergeError` naming everything that stands against it (rules G2,
    G4). What holds deals under the other ids is for the caller to save with the survivor's id.

    >>> from salesstatus import ContactKind
    >>> ann = Contact(id=1, kind=ContactKind.PERSON, name="Ann", phone="1")
    >>> anne = Contact(id=2, kind=ContactKind.PERSON, name="Anne", email="a@b.example")
    >>> merge_contacts(ann, anne).conflicts
    (FieldConflict(field='name', kept='Ann', dropped='Anne', contact=2),)
    """
    contacts = (survivor, *others)
    broken = _broken(contacts)
    if broken:
        raise MergeError(contacts, broken)
    conflicts: list[FieldConflict] = []
    for other in others:
        survivor, given_way = filled(survivor, other)
        conflicts += given_way
    return Merged(survivor, tuple(conflicts))


def filled(record: _Record, other: _Record) -> tuple[_Record, tuple[FieldConflict, ...]]:
    """Return a record with what another one knows beyond it, and what gave way (rule G3).

    Two leads are filled like two contacts; stage, notes and authorship stay as they are.
    """
    kind: Any = type(record)
    values: dict[str, Any] = {
        field.name: getattr(record, field.name) for field in attrs.fields(kind)
    }
    custom: dict[str, Any] = dict(record.custom_fields)
    conflicts = (*_taken(values, other), *_custom_fields_taken(custom, other))
    return kind(**values | {"custom_fields": custom}), conflicts


def _taken(values: dict[str, Any], other: Contact | Lead) -> Iterator[FieldConflict]:
    """Fill values from another record, and yield what gives way."""
    for name in _UNITED:
        values[name] |= getattr(other, name)
    if _is_wider(other, values):
        values |= {part: getattr(other, part) for part in _NAME if part in values}
    for name in _FILLED[type(other)]:
        value = getattr(other, name)
        if absent(values[name]) and name not in _NAME:
            values[name] = value
        elif not absent(value) and value != values[name]:
            yield FieldConflict(name, values[name], value, other.id)
            if name in _FURTHER:
                values[_FURTHER[name]] |= {value}


def _custom_fields_taken(custom: dict[str, Any], other: Contact | Lead) -> Iterator[FieldConflict]:
    for name, value in other.custom_fields.items():
        kept = custom.get(name)
        if absent(kept):
            custom[name] = value
        elif not absent(value) and (value != kept or type(value) is not type(kept)):
            yield FieldConflict(f"custom_fields[{name!r}]", kept, value, other.id)


def _is_wider(other: Contact | Lead, values: dict[str, Any]) -> bool:
    """Whether another record's name is taken: there is none yet, or it is the same, in parts."""
    parts = values["first_name"] or values["last_name"]
    return not parts and values.get("name", "") in ("", other.name)
