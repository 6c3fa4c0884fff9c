"""Taking Bitrix24's records out of its answers: lists, pages, single ones, batches, webhooks.

Answers may be without their envelopes, as clients return them: ``{"items": […]}``, a list, records
by their ids. A batch is answers by name or by number (PHP writes an array of numbers as a list).
What kind of record an object is says its ``entityTypeId``, or a key that only one kind has; else
the name of the method or the file (``crm.lead.list``, ``leads-2.json``,
``deals/410/contacts.json``). Nothing of a webhook's ``auth`` is kept but the account's domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from salesstatus.crm.bitrix24.codecs import number_of
from salesstatus.crm.bitrix24.columns import (
    ENTITY_TYPES,
    KIND_OF_WORD,
    SIGNS,
    WEAK_SIGNS,
    Kind,
    plan_of,
)
from salesstatus.crm.oddities import Place, safely
from salesstatus.crm.reading import Hint, Row, Unpacking
from salesstatus.tables.plain import Unreadable
from salesstatus.values import FrozenMap

_DUPLICATES: Final = frozenset({"LEAD", "CONTACT", "COMPANY"})
#: What stands beside a result, and beside the results of a batch.
_NUMBERS: Final = ("total", "next")
_BESIDE: Final = frozenset({*_NUMBERS, "time", "start"})
_BESIDE_BATCH: Final = frozenset(f"result_{key}" for key in (*_NUMBERS, "error", "time"))
_NO_NUMBERS: Final[Mapping[str, int]] = FrozenMap()
#: How deep batches may stand in batches.
_DEEPEST: Final = 5
#: How many keys are shown of what is of no kind.
_SHOWN: Final = 8
_LONGEST_DOMAIN: Final = 253


def unpack(
    unpacking: Unpacking, value: dict[str, Any], place: Place, hint: Hint, depth: int
) -> Iterator[Row]:
    """Yield the records of an answer, with its envelope or without."""
    error = value.get("error")
    if _is_record(value):
        yield from _record(unpacking, value, place, hint)
    elif type(_part(value, "event")) is str:
        yield from _event(unpacking, value, place)
    elif not _BESIDE_BATCH.isdisjoint(value):
        yield from _batch(unpacking, value, place, hint, depth)
    elif "error" in value and (error or "result" not in value):
        _refused(unpacking, place, error)
        if "result" in value:
            yield from _result(unpacking, value["result"], place.at("result"), hint, depth)
    elif "result" in value:
        given = _numbers(unpacking, value, place)
        yield from _result(unpacking, value["result"], place.at("result"), hint, depth, given)
    else:
        yield from _object(unpacking, value, place, hint, depth)


def _object(
    unpacking: Unpacking,
    value: dict[str, Any],
    place: Place,
    hint: Hint,
    depth: int,
    given: Mapping[str, int] = _NO_NUMBERS,
    request: object = None,
) -> Iterator[Row]:
    """Yield the record that an object is, or those that stand in it by their names or ids."""
    if not value:
        unpacking.skip("an empty object")
    elif value.keys() <= _DUPLICATES and {*map(type, value.values())} == {list}:
        unpacking.skip("the ids of duplicates")
    elif all(map(_is_field, value.values())):
        inner = hint if hint.kind is Kind.FIELD else Hint(Kind.FIELD, {"of": hint.kind})
        for name, field in value.items():
            body = {"FIELD_NAME": name, **field}
            yield from _record(unpacking, body, place.at(name), inner)
    elif _are_answers(value) and not _is_record(value):
        yield from _members(unpacking, value, place, hint, depth, given, request)
    else:
        yield from _record(unpacking, value, place, hint)


def _is_record(value: Mapping[str, Any]) -> bool:
    return type(value.get("ID", value.get("id"))) in (int, str)


def _is_field(value: object) -> bool:
    return type(value) is dict and "type" in value and "isRequired" in value


def _are_answers(value: Mapping[str, Any]) -> bool:
    """Whether an object has answers by their names or numbers, or records by their ids."""
    inside = {type(member) for key, member in value.items() if key not in _BESIDE}
    return (
        not inside.isdisjoint({dict, list})
        and inside <= {dict, list, type(None)}
        and "meta" not in value  # which another CRM has
    )


def _refused(unpacking: Unpacking, place: Place, error: Any) -> None:
    code = error.get("code", error) if type(error) is dict else error
    found = "without a code" if code in ("", None, {}) else safely("", code)
    unpacking.report.not_used(place, "records", f"an error response: {found}")


def _numbers(unpacking: Unpacking, answer: Mapping[str, Any], place: Place) -> dict[str, int]:
    """Return how many records a list has, and where its next page starts, as far as told."""
    found: dict[str, int] = {}
    for key in _NUMBERS:
        try:
            number = number_of(answer.get(key))
        except Unreadable:
            expected = "a number of records"
            unpacking.report.left_out(place.at(key), expected, safely(key, answer[key]))
        else:
            found |= {} if number is None else {key: number}
    return found


def _result(
    unpacking: Unpacking,
    result: Any,
    place: Place,
    hint: Hint,
    depth: int,
    given: Mapping[str, int] = _NO_NUMBERS,
    request: object = None,
) -> Iterator[Row]:
    """Yield the records of a result; `request` is its name or number in a batch."""
    if type(result) is bool:
        unpacking.skip("a confirmation")
    elif type(result) in (int, str) and hint.kind is Kind.MODE:
        yield from _record(unpacking, {"mode": result}, place, hint)
    elif type(result) is int:
        unpacking.skip("the id of a new record")
    elif type(result) is list:
        yield from _page(unpacking, result, place, hint, depth, given, request)
    elif type(result) is not dict:
        unpacking.report.not_used(place, "records", safely("", result))
    elif type(result.get("result")) in (dict, list) and depth < _DEEPEST:
        yield from _batch(unpacking, result, place, hint, depth)
    else:
        yield from _object(unpacking, result, place, hint, depth, given, request)


def _batch(
    unpacking: Unpacking, batch: dict[str, Any], place: Place, hint: Hint, depth: int
) -> Iterator[Row]:
    """Yield what the answers of a batch hold, each under the name of its request."""
    inside = place.at("result")
    for name, result in _named(batch.get("result")):
        numbers = {key: _numbered(batch.get(f"result_{key}"), name) for key in _NUMBERS}
        at = inside.at(name)
        given, inner = _numbers(unpacking, numbers, at), _inside(hint, name)
        yield from _result(unpacking, result, at, inner, depth + 1, given, name)
    for name, error in _named(batch.get("result_error")):
        if error is not None:
            code = error.get("error") if type(error) is dict else error
            _refused(unpacking, place.at("result_error").at(name), code)


def _named(members: Any) -> Iterable[tuple[str | int, Any]]:
    """Return the members of an object or a list, with their names or numbers."""
    if type(members) is dict:
        return members.items()
    return enumerate(members if type(members) is list else ())


def _numbered(numbers: object, name: object) -> Any:
    """Return what a batch says of one request, in an object or in a list by its number."""
    return next((value for key, value in _named(numbers) if str(key) == str(name)), None)


def _members(
    unpacking: Unpacking,
    value: dict[str, Any],
    place: Place,
    hint: Hint,
    depth: int,
    given: Mapping[str, int],
    request: object = None,
) -> Iterator[Row]:
    """Yield the records that stand in an object by their names, numbers or ids."""
    given = {**given, **_numbers(unpacking, value, place)}
    counted = value.keys() == {*map(str, range(len(value)))}
    for name, member in value.items():
        at, inner = place.at(name), _inside(hint, name)
        if type(member) is list:
            yield from _page(unpacking, member, at, inner, depth, given, request)
        elif name not in _BESIDE:
            body = member
            if type(member) is dict and name.isdecimal() and not counted:
                nobody = _are_answers(member) or not {"id", "IS_PRIMARY"}.isdisjoint(member)
                body = member if nobody else {"ID": name, **member}
            yield from unpacking.value(body, at, inner, depth + 1)


def _page(
    unpacking: Unpacking,
    members: list[Any],
    place: Place,
    hint: Hint,
    depth: int,
    given: Mapping[str, int],
    request: object,
) -> Iterator[Row]:
    first = members[0] if members and type(members[0]) is dict else {}
    which = (hint.kind or _sign(tuple(first)), None if "total" in given else request)
    unpacking.pages.add(place, which, given, members)
    if not members:
        unpacking.skip("an empty list")
    yield from unpacking.value(members, place, hint, depth + 1)


def _record(unpacking: Unpacking, body: dict[str, Any], place: Place, hint: Hint) -> Iterator[Row]:
    kind = _kind(unpacking, body, place, hint)
    if kind is None:
        return
    plan = plan_of(unpacking.columns[kind], tuple(body))
    row = unpacking.record(kind, body, place, hint, columns=plan.columns)
    if row is not None:
        for key in plan.unknown:
            unpacking.skip(f"{kind.value}: a key that is not known: {safely('', key)}")
        yield row


def _kind(unpacking: Unpacking, body: Mapping[str, Any], place: Place, hint: Hint) -> Kind | None:
    """Return what kind of record this is, or None with a report."""
    sign, said = _sign(tuple(body)), hint.kind
    number = body.get("entityTypeId")
    if number is not None and Kind.CATEGORY not in (sign, said):
        kind = ENTITY_TYPES.get(number) if type(number) is int else None
        if kind is None:
            unpacking.skip(f"items of type {safely('', number)}")
        return kind
    if sign is Kind.DEAL_CONTACT and said is Kind.LEAD_CONTACT:
        sign = Kind.LEAD_CONTACT
    weak = (kind for kind, keys in WEAK_SIGNS if keys <= body.keys())
    kind = sign or said or next(weak, None)
    if kind is None:
        keys = ", ".join(safely("", key) for key in list(body)[:_SHOWN])
        found = f"a record without a kind: an object with the keys {keys}"
        expected = "a kind of record by its keys, its method or its file's name"
        unpacking.report.not_used(place, expected, found)
    return kind


@lru_cache(maxsize=4096)
def _sign(keys: tuple[str, ...]) -> Kind | None:
    """Return the kind that alone has some of these keys; remembered, for most have the same."""
    there = {*keys}
    signs = (kind for kind, sign in SIGNS if sign <= there)
    return next((kind for kind in signs if kind not in _LINKS or "ID" not in there), None)


#: The kinds whose records have no ids of their own.
_LINKS: Final = (Kind.DEAL_CONTACT, Kind.CONTACT_COMPANY)


def _part(value: Mapping[str, Any], first: str, *others: str) -> Any:
    """Return what stands at a path of an object, or in a form's flat key, as one value."""
    found = value.get(first + "".join(f"[{key}]" for key in others))
    if found is None and others:
        found = value.get(first)
        for key in others:
            found = found.get(key) if type(found) is dict else None
    return found[0] if type(found) is list and len(found) == 1 else found


def _event(unpacking: Unpacking, value: dict[str, Any], place: Place) -> Iterator[Row]:
    """Yield a webhook, without its secrets."""
    paths = {"ID": ("data", "FIELDS", "ID"), "domain": ("auth", "domain")}
    read = {key: _part(value, *paths.get(key, (key,))) for key in _EVENT_KEYS}
    read = {key: given for key, given in read.items() if given is not None}
    if type(read.get("domain")) is str:
        read["domain"] = read["domain"].lower()[:_LONGEST_DOMAIN]
    for row in _record(unpacking, read, place, Hint(Kind.EVENT)):
        plain = {key: given for key, given in read.items() if type(given) in (str, int)}
        plain.pop("domain", None)
        number = {"ID": plain.pop("ID")} if "ID" in plain else {}
        row.body = {**plain, "data": {"FIELDS": number}}
        yield row


_EVENT_KEYS: Final = ("event", "event_handler_id", "ts", "ID", "domain")


# What names say.

_HOST: Final = re.compile(r"^[a-z]+://(?:[^/@]*@)?([^/:?#]+)", re.IGNORECASE)


def domain_of(name: str) -> str:
    """Return the domain of the account if a name is an address, or ``""``."""
    found = _HOST.match(name)
    return "" if found is None else found[1].lower()


_METHOD: Final = re.compile(
    r"crm[._-](lead|dealcategory|deal|contact|company|status|category|item|settings)"
    r"(?:[._-]([a-z]+))?",
    re.IGNORECASE,
)
_ASKING: Final = frozenset(
    {"get", "list", "add", "update", "fields", "contact", "company", "import", "entity", ""}
)
_USERS: Final = re.compile(r"(?:^|[^a-z])user[._-]get", re.IGNORECASE)
_HISTORY: Final = re.compile(r"stage[-_]?history", re.IGNORECASE)
_TYPE: Final = re.compile(r"entityTypeId=([0-9]{1,9})", re.IGNORECASE)
_MEMBERS: Final = re.compile(
    r"(lead|deal|contact)s?[/\\]([0-9]{1,30})[/\\][^/\\]*(contact|compan)", re.IGNORECASE
)
_OF: Final = re.compile(r"[?&]id=([0-9]{1,30})", re.IGNORECASE)
_BOOK: Final = re.compile(r"(?<![A-Za-z])(DEAL_STAGE(?:_[0-9]{1,9})?|SOURCE|STATUS)(?![A-Za-z_])")
_WORD: Final = re.compile(r"[a-z]+")
_LINKED: Final = {
    ("lead", "contact"): Kind.LEAD_CONTACT,
    ("deal", "contact"): Kind.DEAL_CONTACT,
    ("contact", "company"): Kind.CONTACT_COMPANY,
    ("contact", "compan"): Kind.CONTACT_COMPANY,
}
_STAGES_OF: Final = {Kind.LEAD: Kind.LEAD_STAGE, Kind.DEAL: Kind.DEAL_STAGE}
_LONGEST_NAME: Final = 400


def _inside(hint: Hint, name: object) -> Hint:
    """Return what the name of a request or a member says; else what its content's says."""
    said = Hint() if type(name) is not str or name.isdecimal() else named(name)
    return hint if said == Hint() else said


@lru_cache(maxsize=256)
def named(name: str) -> Hint:
    """Return what the name of a content says."""
    path = name[-_LONGEST_NAME:]
    asked, book = _TYPE.search(path), _BOOK.search(path)
    typed = None if asked is None else ENTITY_TYPES.get(int(asked[1]))
    members = _MEMBERS.search(path)
    if members is not None:
        linked = _LINKED.get((members[1].lower(), members[3].lower()))
        return Hint(linked, {"about": int(members[2])})
    if _HISTORY.search(path):
        return Hint(None if typed is None else _STAGES_OF.get(typed))
    if _USERS.search(path):
        return Hint(Kind.USER)
    methods = list(_METHOD.finditer(path))
    if methods:
        what, how = methods[-1][1].lower(), (methods[-1][2] or "").lower()
        kind = typed if what == "item" else KIND_OF_WORD.get(what)
        return _of_method(what, how, path, Hint(kind, {} if book is None else {"entity": book[1]}))
    if book is not None:
        return Hint(Kind.STATUS, {"entity": book[1]})
    for part in reversed(re.split(r"[/\\]", path.partition("?")[0])):
        for word in reversed(_WORD.findall(part.lower())):
            if word in KIND_OF_WORD:
                return Hint(KIND_OF_WORD[word])
    return Hint(typed)


def _of_method(what: str, how: str, path: str, plain: Hint) -> Hint:
    if what == "settings" and how == "mode":
        return Hint(Kind.MODE)
    if how == "fields":
        return Hint(Kind.FIELD, {"of": plain.kind})
    if (what, how) in _LINKED:
        about = _OF.search(path)
        return Hint(_LINKED[what, how], {} if about is None else {"about": int(about[1])})
    return plain if how in _ASKING else Hint()
