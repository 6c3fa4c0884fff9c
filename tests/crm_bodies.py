"""Bodies of Sell's API v2 for tests: one builder for each kind of record, the shapes they are
wrapped in, and strategies for both.

All names and numbers are made up; the keys and the forms are those of recorded bodies.
"""

import json

from hypothesis import strategies as st

from salesstatus.crm.codecs import (
    ADDRESS,
    AMOUNT,
    CONTACTS,
    CUSTOM_FIELDS,
    FLAG,
    ID,
    NAMES,
    NUMBER,
    TAGS,
    TEXT,
    TIME,
    USER,
)
from salesstatus.crm.sell.columns import COLUMNS
from salesstatus.tables.doubts import Doubt, Undecided
from salesstatus.testing.strategies import texts

API = "https://api.example/v2"
CREATED, UPDATED = "2026-01-05T08:00:00Z", "2026-02-05T08:00:00Z"
INCOMING, QUALIFIED, WON, LOST, UNQUALIFIED = 51, 52, 53, 54, 55
STATUSES = {
    INCOMING: "open",
    QUALIFIED: "open",
    WON: "won",
    LOST: "lost",
    UNQUALIFIED: "unqualified",
}


# --- Deals of unknown status ---


def unknown(*contacts, because="stage 5, which the data does not have"):
    """A deal of which nothing is claimed, and these contacts hold it."""
    return Undecided(frozenset(contacts), because, Doubt.STAGE)


def unsure(account):
    """Who holds the deals of unknown status."""
    return {id_: set(undecided.contacts) for id_, undecided in account.undecided.items()}


# --- Records, as their `data` ---


def contact(id_, **fields):
    """A person, as the API sends it."""
    return {
        "id": id_,
        "creator_id": 11,
        "owner_id": 12,
        "is_organization": False,
        "contact_id": None,
        "parent_organization_id": None,
        "name": f"Ann {id_}",
        "first_name": "Ann",
        "last_name": str(id_),
        "customer_status": "none",
        "prospect_status": "none",
        "email": f"ann{id_}@mail.example",
        "phone": None,
        "address": {
            "line1": "1 Main Street",
            "city": "Springfield",
            "postal_code": "",
            "state": None,
            "country": "US",
        },
        "billing_address": None,
        "tags": ["warm"],
        "custom_fields": {"Shoe size": "43"},
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def company(id_, **fields):
    """A company, as the API sends it."""
    own = {"name": f"Company {id_}", "first_name": None, "last_name": None, "is_organization": True}
    return contact(id_, **own) | fields


def deal(id_, primary, stage=INCOMING, **fields):
    """A deal, as the API sends it."""
    return {
        "id": id_,
        "creator_id": 11,
        "owner_id": 12,
        "name": f"Deal {id_}",
        "value": "1200.50",
        "currency": "EUR",
        "hot": False,
        "stage_id": stage,
        "contact_id": primary,
        "organization_id": None,
        "source_id": None,
        "loss_reason_id": None,
        "last_stage_change_at": UPDATED,
        "estimated_close_date": None,
        "associated_contacts": [],
        "tags": [],
        "custom_fields": {},
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def lead(id_, **fields):
    """A lead, as the API sends it."""
    return {
        "id": id_,
        "creator_id": 11,
        "owner_id": 12,
        "status": "New",
        "first_name": "Rose",
        "last_name": f"Lead {id_}",
        "organization_name": "Edge",
        "source_id": None,
        "unqualified_reason_id": None,
        "address": {"line1": "2 Side Street"},
        "tags": [],
        "custom_fields": {},
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def conversion(id_, lead_id, person=None, organization=None, deal_id=None, **fields):
    """The record of a conversion, as the API sends it."""
    return {
        "id": id_,
        "lead_id": lead_id,
        "individual_id": person,
        "organization_id": organization,
        "deal_id": deal_id,
        "creator_id": 11,
        "created_at": UPDATED,
        **fields,
    }


def stage(id_, name="Incoming", category=None, **fields):
    """A stage, as the API sends it."""
    return {
        "id": id_,
        "name": name,
        "category": category,
        "active": True,
        "position": 1,
        "likelihood": 0,
        "pipeline_id": 7,
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def stages():
    """The stages of an account as it comes."""
    return [
        stage(INCOMING, "Incoming", "incoming"),
        stage(QUALIFIED, "Qualified", "in_progress"),
        stage(WON, "Won", "won"),
        stage(LOST, "Lost", "lost"),
        stage(UNQUALIFIED, "Unqualified", "unqualified"),
    ]


def note(id_, resource_type, resource_id, **fields):
    """A note, as the API sends it."""
    return {
        "id": id_,
        "creator_id": 11,
        "content": f"Note {id_}",
        "resource_type": resource_type,
        "resource_id": resource_id,
        "is_important": False,
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def task(id_, resource_type, resource_id, **fields):
    """A task, as the API sends it."""
    return {
        "id": id_,
        "owner_id": 12,
        "creator_id": 11,
        "content": f"Task {id_}",
        "due_date": "2026-03-01T09:00:00Z",
        "completed": False,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


def associated(contact_id, **fields):
    """An involved contact, as the list below a deal has it."""
    return {
        "contact_id": contact_id,
        "role": "involved",
        "created_at": CREATED,
        "updated_at": UPDATED,
        **fields,
    }


# --- The shapes they come in ---


def item(kind, data, **meta):
    """One record as the API wraps it; without a kind it says none."""
    return {"data": data, "meta": ({} if kind is None else {"type": kind}) | {"version": 1} | meta}


def page(kind, records, *, path="", number=1, more=False, **meta):
    """One page of a list; without a path it has no address."""
    address = f"{API}/{path}?per_page=25&page={number}"
    links = {"self": address} if path else {}
    if more:
        links["next_page"] = f"{API}/{path}?per_page=25&page={number + 1}"
    return {
        "items": [item(kind, record) for record in records],
        "meta": {"type": "collection", "count": len(records), "links": links} | meta,
    }


def synced(kind, data, revision, event="created"):
    """One item of a Sync's queue."""
    told = {"event_type": event, "ack_key": f"{kind}-{revision}", "revision": revision}
    return {"data": data, "meta": {"type": kind, "sync": told}}


def streamed(kind, data, at, sequence, event="updated", previous=None):
    """One event of the Firehose."""
    meta = {
        "type": kind,
        "event_id": f"e-{sequence}",
        "event_type": event,
        "event_cause": "interaction",
        "event_time": at,
        "sequence": sequence,
    }
    return {"data": data, "meta": meta if previous is None else {**meta, "previous": previous}}


def lines(bodies):
    """Bodies as JSON Lines."""
    return "".join(json.dumps(body) + "\n" for body in bodies)


# --- Strategies ---

_KEYS = texts(surrogates=True) | st.sampled_from(
    ("id", "data", "items", "meta", "type", "errors", "custom_fields")
)
_NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from((0, 1, -1, 7, 1e999, 10**40, 2**63))
)
_PLAIN = st.none() | st.booleans() | _NUMBERS | texts(surrogates=True)


def any_json(max_leaves=6):
    """Any JSON value, infinite numbers and half characters included."""
    return st.recursive(
        _PLAIN,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
        max_leaves=max_leaves,
    )


#: What stands in a key by its codec: what is right, and what is nearly right.
_BY_CODEC = {
    id(TEXT): texts() | st.integers(-9, 10**9) | st.floats(allow_nan=False),
    id(ID): st.integers(1, 99)
    | st.sampled_from(("7", " 8 ", 9.0, "", "x", True, -4, 10**31, 1e300)),
    id(USER): st.integers(1, 99) | st.sampled_from(("7", 9.0, -3, "ann", 10**31)),
    id(NUMBER): st.integers(-9, 99) | st.sampled_from(("7", 9.0, "x")),
    id(FLAG): st.booleans() | st.sampled_from((0, 1, "true", "No", " y ", 2, "maybe")),
    id(TIME): st.sampled_from(
        (
            CREATED,
            UPDATED,
            "2026-05-04",
            "2026-05-04T09:30:00",
            "2026-05-04T09:30:00.250+02:00",
            "9999-12-31T00:00:00Z",
        )
    )
    | st.sampled_from(
        ("", "soon", "0001-01-01T00:00:00+23:00", 1770000000, "2026-13-01T00:00:00Z")
    ),
    id(AMOUNT): st.sampled_from(
        (0, 12, 12.5, "12.50", "1e3", "", "a lot", "NaN", 1e999, "1e99999", " 7 ", True)
    ),
    id(TAGS): st.lists(texts(max_size=3) | st.sampled_from(("a", "b", 1, None, ["a"])), max_size=4),
    id(CUSTOM_FIELDS): st.dictionaries(texts(), any_json(), max_size=3),
    id(ADDRESS): st.dictionaries(
        st.sampled_from(("line1", "city", "postal_code", "state", "country", "street", "planet")),
        texts(max_size=5) | st.none() | st.integers(0, 9),
        max_size=4,
    )
    | texts(),
    id(NAMES): st.lists(
        texts(max_size=3) | st.fixed_dictionaries({"id": st.integers(), "name": texts(max_size=3)}),
        max_size=3,
    ),
    id(CONTACTS): st.lists(
        st.integers(1, 9) | st.fixed_dictionaries({"contact_id": st.integers(1, 9)}) | st.just("x"),
        max_size=3,
    )
    | st.fixed_dictionaries(
        {"items": st.lists(st.fixed_dictionaries({"data": st.just({"contact_id": 3})}))}
    ),
}
_CHOICES = st.sampled_from(
    ("none", "current", "lost", "past", "Current", " LOST ", "contact", "deal", "lead", "?")
)


@st.composite
def odd_bodies(draw, kind):
    """Bodies of a kind with any of its keys: right, nearly right, wrong and null, among keys that
    nobody knows.

    The keys that a record needs are mostly right, so that most of the bodies are read.
    """
    body = {}
    for column in COLUMNS[kind].columns:
        right = _BY_CODEC.get(id(column.codec), _CHOICES)
        strange = st.none() | any_json(3)
        if column.needed and draw(st.integers(0, 9)):
            body[column.key] = draw(_RIGHT.get(column.key, st.integers(1, 9)))
        elif draw(st.booleans()):
            body[column.key] = draw(right | right | strange)
    others = draw(
        st.dictionaries(_KEYS.filter(lambda key: key not in _KNOWN[kind]), any_json(3), max_size=2)
    )
    return {**others, **body} if draw(st.booleans()) else {**body, **others}


_KNOWN = {kind: {column.key for column in columns.columns} for kind, columns in COLUMNS.items()}
_RIGHT = {
    "resource_type": st.sampled_from(("contact", "deal", "lead")),
    "created_at": st.just(CREATED),
}


@st.composite
def sell_accounts(draw, *, max_contacts=4, max_deals=4):
    """The records of an account that is in order, as pairs of a kind and a body: contacts, deals,
    stages and what hangs on them."""
    companies = draw(st.integers(1, 2))
    persons = draw(st.integers(1, max_contacts))
    statuses = (
        st.sampled_from(("none", "current", "past")),
        st.sampled_from(("none", "current", "lost")),
    )
    stored = st.fixed_dictionaries({"customer_status": statuses[0], "prospect_status": statuses[1]})
    found = [("stage", body) for body in stages()]
    found += [("contact", company(100 + number, **draw(stored))) for number in range(companies)]
    employers = st.none() | st.integers(100, 99 + companies)
    found += [
        ("contact", contact(1 + number, contact_id=draw(employers), **draw(stored)))
        for number in range(persons)
    ]
    everyone = st.sampled_from([body["id"] for kind, body in found if kind == "contact"])
    for number in range(draw(st.integers(0, max_deals))):
        told = {"organization_id": draw(employers)} if draw(st.booleans()) else {}
        body = deal(200 + number, draw(everyone), draw(st.sampled_from(sorted(STATUSES))), **told)
        if not told and draw(st.booleans()):
            del body["organization_id"]
        if draw(st.booleans()):
            body["associated_contacts"] = [{"contact_id": draw(everyone)}]
        found.append(("deal", body))
    found.append(("lead", lead(300)))
    if draw(st.booleans()):
        found.append(
            (
                "lead_conversion",
                conversion(400, 300, 1, 100, draw(st.none() | st.integers(200, 203))),
            )
        )
    found.append(("note", note(500, "contact", draw(everyone))))
    found.append(("note", note(501, "lead", 300)))
    found.append(("task", task(600, "deal", 200)))
    found.append(("source", {"id": 700, "name": "Website", "resource_type": "deal"}))
    return found


@st.composite
def mutated(draw, value, times=2):
    """A JSON value with some of its nodes replaced by any JSON, left out, or doubled."""
    for _ in range(draw(st.integers(1, times))):
        value = _mutated(draw, value)
    return value


def _mutated(draw, value):
    if isinstance(value, dict) and value and draw(st.integers(0, 7)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: _mutated(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 7)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _mutated(draw, value[at]), *value[at + 1 :]]
    how = draw(st.sampled_from(("replace", "delete", "double", "wrap")))
    if how == "replace":
        return draw(any_json())
    if how == "delete":
        return None
    return [value, value] if how == "double" else {"data": value}
