"""The strategies of the tests: those that are shipped, by the names that the tests have for them,
and those made for one kind of test.

Nothing is drawn here that `salesstatus.testing.strategies` draws.
"""

import csv
from datetime import date, datetime, timedelta, timezone

import attrs
from hypothesis import strategies as st

from salesstatus import (
    Address,
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealSaved,
    DealStatus,
    Entry,
    FieldDefinition,
    FieldType,
    Lead,
    Note,
    ProspectStatus,
    Target,
)
from salesstatus.keys import visible
from salesstatus.leads import (
    ConversionRecord,
    LeadConverted,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
)
from salesstatus.leads.intake import Channel, ContactPoint
from salesstatus.leads.stage_history import LeadSaved, Visit
from salesstatus.testing import strategies
from salesstatus.testing.from_type import strategy_of
from salesstatus.wire import TAGS

#: Few ids, so that events meet; of both kinds, so that 1 and "1" are told apart.
DEAL_IDS = (1, 2, "1", "D-é")
CONTACT_IDS = (1, "1", "ann", "bob", "acme")

deal_ids = st.sampled_from(DEAL_IDS)
contact_ids = st.sampled_from(CONTACT_IDS)
deal_statuses = st.sampled_from(DealStatus)
prospects = st.sampled_from(ProspectStatus)
customers = st.sampled_from(CustomerStatus)

any_ids = strategies.ids()
policies = strategies.policies()
#: Any status with few deals, also one that no accepted history leads to.
states = strategies.statuses(any_id=deal_ids)
manual_events = strategies.manual_events()
events = strategies.events(deal_ids)


def deal_events(ids=deal_ids):
    return strategies.deal_events(ids)


UTC = timezone.utc
DAY = datetime(2026, 5, 4, tzinfo=UTC)
times = strategies.times()
field_values = strategies.field_values()
custom_fields = strategies.custom_fields()
deals = strategies.deals()

#: Snapshots of few deals with few contacts, so that the same contact is met on several paths.
small_deals = strategies.bare_deals(contact_ids, any_id=deal_ids)
#: One deal as it is saved over and over, with times when it is not there.
chains = st.lists(st.none() | strategies.bare_deals(contact_ids, id="D-1"), max_size=8)
#: Several deals that ann leads for her company, which hears of them only through her; None:
#: deleted.
led_saves = st.lists(
    deal_ids.flatmap(
        lambda id_: st.tuples(
            st.just(id_),
            st.none()
            | strategies.bare_deals(
                st.sampled_from((1, "1", "bob")), id=id_, primary="ann", company="acme"
            ),
        )
    ),
    max_size=12,
)

addresses = strategies.addresses()
#: Persons, of whom none is another one's employer.
persons = strategies.persons(
    any_id=st.integers(0), company=st.none() | strategies.texts(min_size=1)
)
companies = strategies.companies()
contacts = persons | companies

_moments = strategies.moments()
#: Records that meet: few contacts, few deals, few moments, in no order.
entries = st.builds(
    Entry, _moments, contact_ids, deal_events(), st.none() | st.integers(0, 3)
) | st.builds(Entry, _moments, contact_ids, manual_events)
#: As above, from a source that does not number them.
unnumbered = st.builds(Entry, _moments, contact_ids, events)


def moves_of(people, companies):
    """A person moves to another company or to none; never to itself."""
    return strategies.employees_moved(at=_moments, contact=people, company=st.none() | companies)


snapshots = (
    strategies.deals_saved(small_deals, at=_moments)
    | strategies.deals_deleted(any_id=deal_ids, at=_moments)
    | strategies.employees_moved(any_id=contact_ids, at=_moments)
)
records = entries | snapshots


def in_time(strategy, **kwargs):
    """Lists in the order of their times."""
    return st.lists(strategy, **kwargs).map(
        lambda found: sorted(found, key=lambda record: record.at)
    )


#: A deal as it is saved over and over; None: deleted.
snapshot_streams = in_time(snapshots, max_size=30)
#: Two persons lead all deals and move between companies, so that one move re-routes several deals.
_movers = st.sampled_from(("ann", "bob"))
move_streams = in_time(
    st.builds(
        DealSaved,
        _moments,
        st.builds(
            Deal,
            id=deal_ids,
            primary=_movers,
            company=st.none() | st.sampled_from(("acme", 1)),
            status=deal_statuses,
        ),
    )
    | moves_of(_movers, st.sampled_from(("acme", 1, "1"))),
    min_size=3,
    max_size=15,
)
notes = strategies.notes()
conversion_records = strategies.conversion_records()
_LEAD_TEXTS = [field.name for field in attrs.fields(Lead) if field.type is str]
leads = strategies.leads()
#: Books whose stages have short ids, which no other text of the tests is.
books = strategies.stage_books(
    strategies.stages(id=st.text("abcXYZ_1", min_size=1, max_size=4), name="")
)
field_definitions = strategies.field_definitions()
tasks = strategies.tasks()
tags = strategies.tags()
lead_events = strategies.lead_events()
#: Everything that has a place on the wire.
wire_values = st.one_of([strategy_of(class_) for class_ in TAGS])

# ---- Reports (rule L9): the leads of one small account, in few stages, with few sources. ----

#: Few ids of both kinds, so that saves of one lead meet, and 1 and "1" are told apart.
LEAD_IDS = (1, "1", 2, "2", 3, "ä")
#: So close that the mean of two lifetimes falls between two microseconds.
_ticks = st.integers(0, 9).map(lambda ticks: DAY + timedelta(microseconds=ticks))


@st.composite
def reported_leads(draw, book, ids):
    """A lead in one of the book's stages or in none of them; a few are converted, whatever their
    status says."""
    id_ = draw(ids)
    record = st.builds(ConversionRecord, id=st.just(1), lead=st.just(id_), at=_ticks)
    return Lead(
        id=id_,
        status=draw(
            st.sampled_from(["", *(stage.id for stage in book.stages), "other", "another"])
        ),
        unqualified_reason=draw(st.sampled_from(["", "spam"])),
        conversion=draw(st.none() | st.none() | record),
        created_at=draw(st.none() | _ticks),
        **{
            name: draw(st.sampled_from(["", "b", "a"]))
            for name in ("source", "owner", "created_by")
        },
    )


@st.composite
def accounts(draw):
    """A book, all leads of an account in any order, and visits of theirs to stages that the book
    knows."""
    book = draw(books)
    ids = draw(st.lists(st.sampled_from(LEAD_IDS), unique=True))
    leads = [draw(reported_leads(book, st.just(id_))) for id_ in ids]
    stages = st.sampled_from(
        [*(stage.id for stage in book.stages), *(["other", "more"] if book.free else [])]
    )
    visits = (
        draw(st.lists(st.builds(Visit, st.sampled_from(ids), stages, _ticks), max_size=12))
        if ids
        else []
    )
    return book, leads, visits


@st.composite
def lead_histories(draw):
    """A book, and saves of few leads in the order of their times."""
    book = draw(books)
    return book, draw(
        in_time(
            st.builds(LeadSaved, _ticks, reported_leads(book, st.sampled_from(LEAD_IDS))),
            max_size=15,
        )
    )


# ---- Leads, keys and matching: what meets in one book, one street, one phone book. ----


@st.composite
def walked_events(draw, book, records):
    """What a lead can hear in an account with this book: its stages, none, and one that is no stage
    of it."""
    stages = st.sampled_from(["", *(stage.id for stage in book.stages), "elsewhere"])
    owners = st.sampled_from(["", "kim", "sam"])
    return draw(
        st.builds(LeadTakenUp, owners, stages)
        | st.builds(LeadMoved, stages.filter(bool))
        | st.builds(LeadJunked, st.sampled_from(["", "no budget", "spam"]), stages)
        | st.builds(LeadReopened, stages)
        | st.builds(LeadConverted, st.sampled_from(records))
    )


@st.composite
def written_phones(draw):
    """A phone number as people write it, and its key."""
    digits = str(draw(st.integers(100, 10**15 - 1)))
    script = draw(
        st.sampled_from(["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९"])
    )
    separators = [draw(st.sampled_from(["", "", " ", "-", ".", "/", "·"])) for _ in digits]
    prefix = draw(st.sampled_from(["", "+", "00", "＋"]))
    extension = draw(st.sampled_from(["", "x12", " x 12", " ext. 12", " ext12", "#12", ";ext=12"]))
    number = "".join(
        script[int(digit)] + separator for digit, separator in zip(digits, separators, strict=True)
    )
    key = f"{'+' if prefix else ''}{digits}{'x12' if extension else ''}"
    return f" {prefix}{number}{extension} ", key


any_texts = st.text(st.characters()) | st.text("+0123456789 ()-./·x#@;ext=")


# ---- Conversion (rules K): leads of which every value says whose it is, and all that they may
# become. ----

#: What stays with the lead (rules K13, L4, L5, L9), and what its conversion asks for in particular.
_OWN = (
    "id",
    "status",
    "notes",
    "address",
    "email",
    "custom_fields",
    "person_id",
    "company_id",
    "created_at",
    "conversion",
)
_OWN += ("open_to_all", "created_by", "emails", "phones", "tags")
_MARKED = tuple(field.name for field in attrs.fields(Lead) if field.name not in _OWN)
_PROFILE = tuple(name for name in _MARKED if name not in ("unqualified_reason", "owner"))
_CONTACT_MARKED = tuple(
    field.name
    for field in attrs.fields(Contact)
    if field.type is str and field.name not in ("name", "email")
)
#: A lead's own e-mail address; a contact that has it, and the name, is the lead's (rule K12).
EMAIL = "own@lead.example"


def marked_address(whose):
    return Address(line1=f"{whose} street", city=f"{whose} city", country=f"{whose} country")


def fitting(definition, whose="lead"):
    """Values that a custom field may hold (rule T3); as far as its type allows, they say whose they
    are."""
    own = f"{whose} {definition.name}"
    choices = definition.choices or ("",)
    return {
        FieldType.TEXT: st.just(own.replace("\n", " ")),
        FieldType.PARAGRAPH: st.just(f"{own}\nand more"),
        FieldType.NUMBER: st.sampled_from([0, 7, 7.5]),
        FieldType.CHECKBOX: st.booleans(),
        FieldType.DROP_DOWN: st.sampled_from(choices),
        FieldType.MULTI_SELECT: st.lists(st.sampled_from(choices), unique=True, max_size=3),
        FieldType.DATE: st.sampled_from([date(2026, 5, 4), DAY]),
        FieldType.EMAIL: st.just(f"{whose}@field.example"),
        FieldType.PHONE: st.just("+49 30 1234567"),
        FieldType.ADDRESS: st.just(own) | st.just({"city": own}),
        FieldType.URL: st.just(f"https://{whose}.example/field"),
    }[definition.type]


@st.composite
def _fields_of(draw, definitions, whose, *, unknown=True):
    fields = {
        definition.name: draw(fitting(definition, whose))
        for definition in definitions
        if draw(st.sampled_from([1, 1, 0]))
    }
    if unknown and draw(st.booleans()):
        fields["\0 unknown"] = f"{whose} unknown"
    return fields


@st.composite
def marked_leads(draw, definitions=(), id_=7):
    """A lead in process: each field holds a value that says so, or none."""
    blank = draw(st.frozensets(st.sampled_from((*_MARKED, "email", "address")), max_size=8))
    sets = {
        name: [f"lead {name} {i}" for i in range(draw(st.integers(0, 2)))]
        for name in ("emails", "phones", "tags")
    }
    texts = {name: f"lead {name}" for name in _MARKED if name not in blank}
    return Lead(
        id=id_,
        status=draw(st.sampled_from(["", "New", "Working", "lead status"])),
        email="" if "email" in blank else EMAIL,
        address=Address() if "address" in blank else marked_address("lead"),
        custom_fields=draw(_fields_of(definitions, "lead")),
        notes=[
            Note(content=f"lead note {i}", created_by="note author")
            for i in range(draw(st.integers(0, 2)))
        ],
        created_by=draw(st.sampled_from(["", "lead adder"])),
        created_at=draw(st.none() | st.just(DAY - timedelta(days=3))),
        open_to_all=draw(st.booleans()),
        **sets,
        **texts,
    )


@st.composite
def met_contacts(draw, lead, kind, definitions, *, same=False):
    """A contact that the lead may be merged into: what it holds is its own, the lead's, or nothing.
    `same`: it matches."""
    whose = f"old {kind.value}"
    holds = st.sampled_from(["own", "own", "lead's", ""])
    texts = {}
    for name in _CONTACT_MARKED:
        mine = {"own": f"{whose} {name}", "lead's": getattr(lead, name), "": ""}
        texts[name] = mine[draw(holds)]
    if kind is ContactKind.COMPANY or same:
        texts |= {"first_name": "", "last_name": ""}
    matching = {
        ContactKind.PERSON: f"{lead.first_name} {lead.last_name}".strip(),
        ContactKind.COMPANY: lead.organization_name,
    }
    return Contact(
        id=whose,
        kind=kind,
        name=matching[kind]
        if same
        else draw(st.sampled_from(["", f"{whose} name", matching[kind]])),
        company=draw(st.sampled_from([None, "old company", "elsewhere"]))
        if kind is ContactKind.PERSON
        else None,
        email=EMAIL if same else draw(st.sampled_from(["", f"{kind.value}@old.example", EMAIL])),
        address=draw(st.sampled_from([Address(), Address(city=f"{whose} city"), lead.address])),
        tags=draw(st.sampled_from([[], [f"{whose} tag"], [f"{whose} tag", *lead.tags]])),
        emails=draw(st.sampled_from([[], [f"{whose} further"]])),
        custom_fields=draw(_fields_of(definitions, draw(st.sampled_from(["old", "lead"])))),
        **texts,
    )


@st.composite
def corrections(draw, definitions):
    """Some fields of a lead's profile, with new values or none."""
    names = draw(st.frozensets(st.sampled_from(_PROFILE), max_size=4))
    found = {name: draw(st.sampled_from([f"new {name}", f"new {name}", ""])) for name in names}
    if draw(st.booleans()):
        found["tags"] = draw(st.sampled_from([[], ["new tag"], ["new tag", "lead tags 0"]]))
    if draw(st.booleans()):
        found["address"] = draw(st.sampled_from([Address(), marked_address("new")]))
    if draw(st.booleans()):
        found["custom_fields"] = draw(_fields_of(definitions, "new", unknown=False))
    return found


@attrs.frozen
class Case:
    """A lead to be converted, with everything that a conversion is given."""

    lead: Lead
    request: object
    setup: object = attrs.field(
        repr=lambda setup: f"Setup(fields={setup.fields}, deal_stage={setup.deal_stage!r})"
    )
    known: tuple[Contact, ...] | None

    def _repr_pretty_(self, printer, _):
        printer.text(repr(self))  # without the whole inheritance table


@st.composite
def conversions(draw):
    """A lead and what it shall become, in all combinations: many are converted, others refused by
    one rule or several."""
    from salesstatus import ConversionRequest, NewDeal, NewTask, Setup

    definitions = draw(
        st.lists(field_definitions, max_size=4, unique_by=lambda definition: definition.name)
    )
    lead = draw(marked_leads(definitions))
    if draw(st.integers(0, 5)) == 0:
        ties = [
            (None, "old company"),
            ("old person", None),
            ("old person", "old company"),
            ("elsewhere", None),
        ]
        lead = attrs.evolve(
            lead, **dict(zip(("person_id", "company_id"), draw(st.sampled_from(ties)), strict=True))
        )
    met = draw(st.sampled_from(["nobody", "named", "known"]))
    kinds = draw(st.frozensets(st.sampled_from(ContactKind))) if met != "nobody" else frozenset()
    contacts = {
        kind: draw(met_contacts(lead, kind, definitions, same=met == "known"))
        for kind in ContactKind
        if kind in kinds
    }
    named = contacts if met == "named" else {}
    request = ConversionRequest(
        targets=draw(st.none() | st.frozensets(st.sampled_from(Target), min_size=1)),
        deal=draw(
            st.sampled_from(
                [None, True, NewDeal(name="new name", stage="new stage", currency="EUR")]
            )
        ),
        task=draw(
            st.sampled_from([None, True, "new task", NewTask(owner="task owner", due_at=DAY)])
        ),
        owner=draw(st.sampled_from(["", "new owner"])),
        # What a lead is known by stays, so that it meets whom it shall meet.
        corrections=draw(corrections(definitions))
        if met != "known" and draw(st.booleans())
        else {},
        person=named.get(ContactKind.PERSON),
        company=named.get(ContactKind.COMPANY),
        key=draw(st.sampled_from(["", "new key"])),
    )
    setup = Setup(fields=definitions, deal_stage=draw(st.sampled_from(["Incoming", "setup stage"])))
    known = (*contacts.values(),) if met == "known" else draw(st.sampled_from([None, ()]))
    return Case(lead, request, setup, known)


#: Spellings, each with what it stands for: typed by hand, so that it is no second word of
#: `salesstatus.keys`.
NAMES = {
    "": "",
    "Ann": "ann",
    "ANN": "ann",
    "Anna": "anna",
    "Ann Lee": "ann lee",
    "Änn-Lee": "ann lee",
    "!": "",
}
EMAILS = {"": "", "a@b.example": "a", " A@B.Example": "a", "aa@b.example": "aa", "none": ""}
PHONES = {
    "": "",
    "+49 30 12345": "1",
    "0049 30/12345": "1",
    "+49 30 123456": "2",
    "030 12345": "3",
    "12": "",
}
WEBSITES = {
    "": "",
    "https://www.b.example/": "b",
    "B.example": "b",
    "http://bb.example": "bb",
    "www.": "",
}
_meeting = {
    "email": st.sampled_from([*EMAILS]),
    "emails": st.frozensets(st.sampled_from([*EMAILS]), max_size=2),
    "phone": st.sampled_from([*PHONES]),
    "mobile": st.sampled_from([*PHONES]),
    "fax": st.sampled_from([*PHONES]),
    "phones": st.frozensets(st.sampled_from([*PHONES]), max_size=2),
    "website": st.sampled_from([*WEBSITES]),
}
meeting_ids = st.sampled_from([1, 2, 10, "1", "a"])
#: Leads and contacts that meet by few names, e-mails, phones and websites.
meeting_leads = st.builds(
    Lead,
    id=meeting_ids,
    last_name=st.sampled_from([*NAMES]),
    organization_name=st.sampled_from([*NAMES]),
    **_meeting,
)
meeting_contacts = st.builds(
    Contact,
    id=meeting_ids,
    kind=st.sampled_from(ContactKind),
    name=st.sampled_from([*NAMES]),
    **_meeting,
)


@st.composite
def bulk_leads(draw, ids=(1, 2, 3, "3", 4)):
    """Leads of few names and addresses, so that some are the same person or work for one company; a
    few cannot be converted."""
    names = {name: st.sampled_from(choices) for name, choices in _BULK.items()}
    return draw(st.lists(st.builds(Lead, id=st.sampled_from(ids), **names), max_size=5))


_BULK = {
    "first_name": ["Ann", ""],
    "last_name": ["Lee", "Lee", "Ray", ""],
    "organization_name": ["Acme", "Edge", ""],
    "email": ["ann@acme.example", "info@edge.example", ""],
    "phone": ["+49 30 1234", "0049 (30) 12-34", ""],
    "mobile": ["", "lead mobile"],
    "status": ["", "", "", "", "Unqualified"],
    "notes": [[], ["a note"]],
    "tags": [[], ["one"], ["one", "two"]],
}


@st.composite
def strangers(draw):
    """Leads that share nothing with each other, most of them complete; and the same in another
    order."""
    numbers = draw(st.lists(st.integers(1, 99), unique=True, min_size=1, max_size=5))
    found = [
        Lead(
            id=number,
            last_name=draw(st.sampled_from(["", f"Lee {number}"])),
            organization_name=draw(st.sampled_from(["", f"Acme {number}"])),
            email=f"info@{number}.example",
            tags=[f"tag {number}"],
            status=draw(st.sampled_from(["", "", "Unqualified"])),
        )
        for number in numbers
    ]
    return found, draw(st.permutations(found))


# --- Intake and CSV files (rule L7) ---

_told_names = st.sampled_from(["", "Ann", "Änn-Lee", "Max"])
#: Somebody who comes in by few numbers and addresses, those of `meeting_contacts`.
contact_points = st.builds(
    ContactPoint,
    channel=st.sampled_from(Channel),
    at=times,
    phone=st.sampled_from([phone for phone, same in PHONES.items() if same or not phone]),
    email=st.sampled_from([email for email, same in EMAILS.items() if same or not email]),
    first_name=_told_names,
    last_name=_told_names,
    organization_name=_told_names,
    text=st.text(max_size=3),
)


def _intake_lead(lead, status, tied, made):
    record = made and ConversionRecord(
        id="C", lead=lead.id, at=DAY, person=made[0], company=made[1]
    )
    return attrs.evolve(
        lead, status=status, person_id=tied[0], company_id=tied[1], conversion=record
    )


_of_somebody = st.tuples(st.none() | meeting_ids, st.none() | meeting_ids)
#: What is known when somebody comes in: contacts and leads, the leads in any stage, some of them
#: tied to contacts.
known_records = st.tuples(
    st.lists(meeting_contacts, max_size=4, unique_by=lambda contact: contact.id),
    st.lists(
        st.builds(
            _intake_lead,
            meeting_leads,
            st.sampled_from(["", "Working", "Unqualified", "Converted"]),
            st.just((None, None)) | _of_somebody,
            st.none() | _of_somebody,
        ),
        max_size=4,
        unique_by=lambda lead: lead.id,
    ),
)

#: What a cell can hold: no NUL, nothing broken, and no blanks around it.
cell_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
).map(visible)
_words = cell_texts.filter(lambda text: text and not set(text) & set(",;|\n"))
#: Custom fields of every type, each with values that a cell can hold.
CSV_FIELDS = {
    FieldDefinition(name="Motto"): cell_texts.map(
        lambda text: visible(text.replace("\n", " "))
    ).filter(bool),
    FieldDefinition(name="Story", type=FieldType.PARAGRAPH): cell_texts.filter(bool),
    FieldDefinition(name="Budget", type=FieldType.NUMBER): st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    FieldDefinition(name="Cold?", type=FieldType.CHECKBOX): st.booleans(),
    FieldDefinition(
        name="Colour", type=FieldType.DROP_DOWN, choices=("red", "dark, blue")
    ): st.sampled_from(["red", "dark, blue"]),
    FieldDefinition(
        name="Sizes", type=FieldType.MULTI_SELECT, choices=("S", "M", "L", "a;b")
    ): st.sampled_from([("S",), ("L", "S"), ("M", "S", "L"), ("a;b",)]),
    FieldDefinition(name="Since", type=FieldType.DATE): st.dates(),
    FieldDefinition(name="Second e-mail", type=FieldType.EMAIL): st.sampled_from(
        ["a@b.example", "A@B.example"]
    ),
    FieldDefinition(name="Hotline", type=FieldType.PHONE): st.sampled_from(
        ["+49 30 1234", "123;ext=4"]
    ),
    FieldDefinition(name="Plant", type=FieldType.ADDRESS): cell_texts.filter(bool),
    FieldDefinition(name="Shop", type=FieldType.URL): st.sampled_from(
        ["b.example", "https://b.example/a?b"]
    ),
}
_csv_phones = st.sampled_from(["", "+49 30 1234", "(512) 757-6000 ext. 12", "123;ext=4"])
_csv_emails = st.sampled_from(["", "a@b.example", "Rose@Edge.example"])
_csv_fields = {
    **dict.fromkeys(_LEAD_TEXTS, cell_texts),
    "last_name": cell_texts.filter(bool),
    "phone": _csv_phones,
    "mobile": _csv_phones,
    "email": _csv_emails,
    "phones": st.frozensets(_csv_phones.filter(bool), max_size=2),
    "emails": st.frozensets(_csv_emails.filter(bool), max_size=2),
    "tags": st.frozensets(_words, max_size=3),
    "address": st.builds(Address, **{field.name: cell_texts for field in attrs.fields(Address)}),
    "open_to_all": st.booleans(),
    "created_at": st.none() | times,
    "custom_fields": st.fixed_dictionaries(
        {}, optional={each.name: drawn for each, drawn in CSV_FIELDS.items()}
    ),
}
_csv_ids = st.integers(0, 10**18 - 1) | cell_texts.filter(
    lambda text: text and not text.isdecimal()
)
#: Leads that a CSV file can hold.
csv_leads = st.lists(
    st.builds(Lead, id=_csv_ids, **_csv_fields), max_size=4, unique_by=lambda lead: lead.id
)


@st.composite
def csv_dialects(draw):
    """Ways of writing a CSV file: an encoding, a delimiter, an end of lines, and how much is
    quoted."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    # A carriage return within a cell is only quoted by Python's writer where it ends the lines too.
    minimal = end == "\r\n" and draw(st.booleans())
    return (
        encoding,
        draw(st.sampled_from(",;\t")),
        end,
        csv.QUOTE_MINIMAL if minimal else csv.QUOTE_ALL,
    )


@st.composite
def cut(draw, content):
    """Cut bytes or a text into chunks, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=8)))
    return [
        content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)
    ]


#: Bytes that look like a CSV file, with what breaks one.
csv_bytes = st.lists(
    st.sampled_from(
        [
            *(b"Company", b"Phone", b"Acme", b"1234", b"sep=;", b"x" * 70_000),
            *(b",", b";", b"\t", b'"', b'""', b"\r", b"\n", b"\r\n", b" "),
            *(b"\0", b"A\0", b"\xff", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\xff\xfe"),
        ]
    )
    | st.binary(max_size=4),
    max_size=30,
).map(b"".join)
