"""Custom fields and tags: what a field may hold, and which scopes apply to a contact (rules T)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from salesstatus.keys import email_key, phone_key
from salesstatus.lead import FieldDefinition, FieldType, Scope
from salesstatus.model import Address, SalesStatus, absent
from salesstatus.statements import T3
from salesstatus.values import InvalidError, check


def _number(value: object, _: FieldDefinition) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _choice(value: object, definition: FieldDefinition) -> bool:
    return type(value) is str and value in definition.choices


def _choices(value: object, definition: FieldDefinition) -> bool:
    return (
        isinstance(value, tuple | list)
        and all(_choice(member, definition) for member in value)
        and len(set(value)) == len(value)
    )


def _address(value: object, _: FieldDefinition) -> bool:
    parts = attrs.fields_dict(Address)
    return type(value) is str or (
        isinstance(value, Mapping)
        and all(name in parts and type(part) is str for name, part in value.items())
    )


def _url(value: object, _: FieldDefinition) -> bool:
    if type(value) is not str or any(character.isspace() for character in value):
        return False
    try:
        parts = urlsplit(value if "//" in value else f"//{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = parts.username is None and port != 0
    return parts.scheme in ("", "http", "https") and "." in host.strip(".") and plain


#: What a value of each type must be, and how to say so (rule T3).
_FITS: Final[dict[FieldType, tuple[Callable[[Any, FieldDefinition], bool], str]]] = {
    FieldType.TEXT: (
        lambda value, _: type(value) is str and "\n" not in value,
        "a text of one line",
    ),
    FieldType.PARAGRAPH: (lambda value, _: type(value) is str, "a text"),
    FieldType.NUMBER: (_number, "a number"),
    FieldType.CHECKBOX: (lambda value, _: type(value) is bool, "true or false"),
    FieldType.DROP_DOWN: (_choice, "one of its choices"),
    FieldType.MULTI_SELECT: (_choices, "a list of its choices, each once"),
    FieldType.DATE: (lambda value, _: isinstance(value, date), "a date"),
    FieldType.EMAIL: (
        lambda value, _: type(value) is str and email_key(value) != "",
        "an e-mail address",
    ),
    FieldType.PHONE: (
        lambda value, _: type(value) is str and phone_key(value) != "",
        "a phone number",
    ),
    FieldType.ADDRESS: (_address, "an address: a text, or its parts by name"),
    FieldType.URL: (_url, "a web address"),
}


def unfit(definition: FieldDefinition, value: object) -> str:
    """Return what a field would have to hold instead of a value, or ``""`` if it fits (rule T3).

    No value at all fits every field.

    >>> unfit(FieldDefinition(name="Budget", type=FieldType.NUMBER), "much")
    'a number'
    """
    if type(definition) is not FieldDefinition:
        raise InvalidError("definition", definition, "a FieldDefinition", T3.id)
    fits, expected = _FITS[definition.type]
    if absent(value) or fits(value, definition):
        return ""
    choices = f" ({', '.join(definition.choices)})" if definition.choices else ""
    return expected + choices


def scopes(status: SalesStatus) -> frozenset[Scope]:
    """Return the scopes of the tags and custom fields of a contact with this status (T1, T2).

    >>> sorted(scope.value for scope in scopes(SalesStatus()))
    ['contact']
    """
    check("status", status, SalesStatus)
    nothing = SalesStatus()
    is_one = (status.prospect, status.customer) != (nothing.prospect, nothing.customer)
    return frozenset({Scope.CONTACT, Scope.PROSPECT_AND_CUSTOMER} if is_one else {Scope.CONTACT})
