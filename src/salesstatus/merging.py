"""Making one contact of several (rules G2, G3).

What becomes of their statuses is `salesstatus.merge` (G1).
"""

from __future__ import annotations

from typing import Final

import attrs

from salesstatus.errors import Broken, MergeError
from salesstatus.model import Contact, ContactId, absent
from salesstatus.values import FrozenMap

_AT_MOST: Final = 5
#: The fields that hold sets, and those that are filled from the others, in their order: what is
#: known of a contact, not what it is.
_UNITED: Final = ("emails", "phones", "tags")
_FILLED: Final = tuple(
    field.name
    for field in attrs.fields(Contact)
    if field.name not in ("id", "kind", "custom_fields", *_UNITED)
)


@attrs.frozen
class FieldConflict:
    """A value that the merge did not keep (rule G3): the field, what stands, what gave way, and
    whose it was.
    """

    field: str
    kept: object
    dropped: object
    contact: ContactId


@attrs.frozen
class Merged:
    """The outcome of a merge: the surviving contact, and every value that gave way to another."""

    contact: Contact
    conflicts: tuple[FieldConflict, ...]


def _broken(contacts: tuple[Contact, ...]) -> tuple[Broken, ...]:
    strangers = [contact for contact in contacts if type(contact) is not Contact]  # type: ignore[redundant-expr] # not typed by all
    if strangers:
        return (
            Broken("G2", f"only contacts merge with contacts, not {type(strangers[0]).__name__}"),
        )
    found = []
    if len(contacts) > _AT_MOST:
        found.append(
            Broken("G2", f"at most {_AT_MOST} contacts merge at once, not {len(contacts)}")
        )
    if len({contact.id for contact in contacts}) < len(contacts):
        found.append(Broken("G2", "each contact is named once"))
    if len({contact.kind for contact in contacts}) > 1:
        found.append(Broken("G2", "a person does not merge with a company"))
    elif any(contact.company == other.id for contact in contacts for other in contacts):
        found.append(Broken("G2", "a person does not merge with the company it works for"))
    if len({contact.company for contact in contacts if contact.company is not None}) > 1:
        found.append(Broken("G2", "persons of different companies do not merge"))
    return tuple(found)


def merge_contacts(survivor: Contact, *others: Contact) -> Merged:
    """Merge contacts into the first: it keeps its values, takes what it lacks, and reports what
    gave way (rule G3).

    Tags and further e-mails and phones are united; custom fields are filled one by one; the earlier
    of the others comes first. Raises `MergeError` naming everything that stands against it (rule
    G2). What holds deals under the other ids is for the caller to save with the survivor's id.

    >>> from salesstatus import ContactKind
    >>> ann = Contact(id=1, kind=ContactKind.PERSON, name="Ann", phone="1")
    >>> merge_contacts(ann, Contact(id=2, kind=ContactKind.PERSON, name="Anne", email="a@b.example")).conflicts
    (FieldConflict(field='name', kept='Ann', dropped='Anne', contact=2),)
    """
    contacts = (survivor, *others)
    broken = _broken(contacts)
    if broken:
        raise MergeError(contacts, broken)
    values = {field.name: getattr(survivor, field.name) for field in attrs.fields(Contact)}
    custom = dict(survivor.custom_fields)
    conflicts: list[FieldConflict] = []

    def take(
        into: dict[str, object], name: str, value: object, contact: ContactId, place: str
    ) -> None:
        if absent(into.get(name)):
            into[name] = value
        elif not absent(value) and (value != into[name] or type(value) is not type(into[name])):
            conflicts.append(FieldConflict(place, into[name], value, contact))

    for other in others:
        for name in _UNITED:
            values[name] |= getattr(other, name)
        for name in _FILLED:
            take(values, name, getattr(other, name), other.id, name)
        for name, value in other.custom_fields.items():
            take(custom, name, value, other.id, f"custom_fields[{name!r}]")
    values["custom_fields"] = FrozenMap(custom)
    return Merged(Contact(**values), tuple(conflicts))
