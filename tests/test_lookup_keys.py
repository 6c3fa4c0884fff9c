"""Under which keys a store finds contacts and leads again, so that nobody is missed that matching
would find."""

import attrs
import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import strategies as our
from salesstatus import (
    Contact,
    ContactKind,
    ConversionRequest,
    Deal,
    InvalidError,
    Known,
    Lead,
    Setup,
    convert_many,
    plan_conversion,
)
from salesstatus.desk import Desk
from salesstatus.leads import (
    MATCHING,
    NAME_AND_WEBSITE,
    ConversionRecord,
    MatchRow,
    Shared,
    lookup_keys,
)
from salesstatus.leads.intake import take_in
from salesstatus.leads.matching import same, sought_keys
from salesstatus.leads.request import corrected
from salesstatus.memory import MemoryStore
from salesstatus.ports import Standing

PERSON, COMPANY = ContactKind
BY_EMAIL, BY_PHONE = MATCHING
#: Rows that begin with every key, ask for one, two and three, or for nothing.
ROWS = [
    MATCHING,
    (*MATCHING, NAME_AND_WEBSITE),
    (NAME_AND_WEBSITE,),
    (MatchRow((Shared.NAME,)),),
    (MatchRow((Shared.PHONE,)), MatchRow((Shared.EMAIL, Shared.WEBSITE))),
    (MatchRow((Shared.WEBSITE, Shared.NAME, Shared.EMAIL)),),
    (),
]
kinds = st.sampled_from(ContactKind)
records = our.meeting_leads | our.meeting_contacts


def person(id_=1, **fields):
    return Contact(**{"id": id_, "kind": PERSON, "name": "Ann Lee", **fields})


def company(id_=2, **fields):
    return Contact(**{"id": id_, "kind": COMPANY, "name": "Acme", **fields})


def keys(record):
    """Return the keys, sorted, without that of the name."""
    return sorted(key for key in lookup_keys(record) if not key.startswith("name:"))


def by_id(strategy, **kwargs):
    return st.lists(strategy, unique_by=lambda record: record.id, **kwargs)


class TestLookupKeys:
    """Every name, e-mail address, website and phone number has a key; of the phone it is what is
    dialled everywhere alike."""

    @pytest.mark.parametrize(
        ("record", "expected"),
        [
            (person(), {"name:ann lee"}),
            (person(name=""), set()),
            (person(name="!", email="none", phone="?", website="www."), set()),
            (person(name="ÄNN-Lée"), {"name:ann lee"}),
            (company(), {"name:acme"}),
            (Lead(id=1), set()),
            (Lead(id=1, first_name="Ann", last_name="Lee"), {"name:ann lee"}),
            (Lead(id=1, last_name="Lee", organization_name="Acme, Inc."), {"name:lee", "name:acme inc"}),
            (Lead(id=1, last_name="Acme", organization_name="ACME"), {"name:acme"}),
            (
                person(name="", email=" A@B.Example", emails=["a@b.example", "c@d.example"]),
                {"e-mail:a@b.example", "e-mail:c@d.example"},
            ),
            (person(name="", website="https://www.Acme.example/"), {"website:acme.example"}),
            (person(name="", phone="+49 30 12345", mobile="0170 99 88 77", phones=["0800 5551234"]),
             {"phone:2345", "phone:8877", "phone:1234"}),
            (person(name="", fax="+49 30 12345"), set()),
            (person(name="", phone="(512) 757-6000 ext. 1234"), {"phone:6000"}),
            (person(name="", phone="٠٣٠ ١٢٣٤٥"), {"phone:2345"}),
        ],
    )  # fmt: skip
    def test_of_each(self, record, expected):
        assert lookup_keys(record) == expected
        assert isinstance(lookup_keys(record), frozenset)

    @pytest.mark.parametrize(
        "phone",
        [
            "+49 30 123456",
            "0049 30 123456",
            "+49 (0)30 / 123456",
            "030 123456",
            "30 123456",
            "tel:+49-30-123456",
        ],
    )
    def test_a_number_has_one_key_however_and_from_wherever_it_is_dialled(self, phone):
        assert keys(person(phone=phone)) == ["phone:3456"]

    @pytest.mark.parametrize("letter", ["x", "é", "😀", "名", "ß"])
    def test_of_a_long_name_the_beginning_is_enough(self, letter):
        one, other = person(name=letter * 1000), person(name=letter * 1001)
        assert lookup_keys(one) == lookup_keys(other)
        assert same(one, other, PERSON, (MatchRow((Shared.NAME,)),)) is None

    def test_a_text_too_long_for_a_number_has_none(self):
        assert keys(person(phone="1" * 41)) == []

    @given(our.leads | our.contacts)
    def test_they_are_short_texts_in_ascii_that_name_their_kind_and_are_never_empty(self, record):
        for key in lookup_keys(record):
            assert key.isascii()
            assert len(key) <= 420
            kind, colon, rest = key.partition(":")
            assert kind in {shared.value for shared in Shared}
            assert colon
            assert rest

    @given(records, st.sampled_from([our.DAY, None]), our.any_ids)
    def test_only_what_it_is_known_by_counts(self, record, at, id_):
        assert lookup_keys(
            attrs.evolve(record, id=id_, created_at=at, fax="112", industry="x")
        ) == lookup_keys(record)

    @pytest.mark.parametrize("thing", [None, "ann", 5, Deal(id=1, primary=1), Contact], ids=repr)
    def test_what_is_neither_contact_nor_lead_is_refused(self, thing):
        with pytest.raises(InvalidError):
            lookup_keys(thing)


class TestSoughtKeys:
    """For a lead, of each row the key that the fewest share; all that may be the lead have one of
    them."""

    LEAD = Lead(
        id=1, last_name="Lee", organization_name="Acme", email="a@b.example", phone="0800 5551234", website="b.example"
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (MATCHING, {"e-mail:a@b.example", "phone:1234"}),
            ((BY_EMAIL,), {"e-mail:a@b.example"}),
            ((NAME_AND_WEBSITE,), {"website:b.example"}),
            (
                (*MATCHING, NAME_AND_WEBSITE),
                {"e-mail:a@b.example", "phone:1234", "website:b.example"},
            ),
            ((MatchRow((Shared.NAME,)),), {"name:lee", "name:acme"}),
            ((MatchRow((Shared.EMAIL, Shared.PHONE)),), {"phone:1234"}),
            ((MatchRow((Shared.WEBSITE, Shared.EMAIL)),), {"e-mail:a@b.example"}),
            ((), set()),
        ],
    )
    def test_of_each_row(self, rows, expected):
        assert sought_keys(self.LEAD, rows) == expected
        assert sought_keys(self.LEAD, tuple(reversed(rows))) == expected

    def test_who_is_reached_has_the_number_or_the_address_whatever_the_rows(self):
        for rows in ROWS:
            assert sought_keys(self.LEAD, rows, reached=True) == {
                "e-mail:a@b.example",
                "phone:1234",
            }

    def test_a_lead_that_shares_nothing_seeks_nobody(self):
        assert sought_keys(Lead(id=1, last_name="Lee")) == frozenset()
        assert sought_keys(Lead(id=1), reached=True) == frozenset()

    @given(our.leads, st.sampled_from(ROWS), st.booleans())
    def test_they_are_some_of_the_leads_own_lookup_keys(self, lead, rows, reached):
        assert sought_keys(lead, rows, reached=reached) <= lookup_keys(lead)

    @pytest.mark.parametrize(
        "given_", [(None,), ("ann",), (Lead(id=1), ["name"]), (Lead(id=1), [None])], ids=repr
    )
    def test_wrong_types_are_refused(self, given_):
        with pytest.raises(InvalidError):
            sought_keys(*given_)


class TestNobodyIsMissed:
    """Whoever matching takes for the same, and whoever is reached, shares a key with what is
    sought."""

    @given(our.meeting_leads, records, kinds, st.sampled_from(ROWS))
    def test_whoever_is_the_same_by_the_rows(self, lead, other, kind, rows):
        if same(lead, other, kind, rows) is not None:
            assert not lookup_keys(lead).isdisjoint(lookup_keys(other))
            assert not sought_keys(lead, rows).isdisjoint(lookup_keys(other))

    @given(
        by_id(our.meeting_contacts, max_size=5),
        by_id(our.meeting_leads, max_size=5),
        our.meeting_leads,
    )
    def test_whoever_is_reached(self, contacts, leads, lead):
        sought = sought_keys(lead, reached=True)
        known = Known(contacts, leads)
        for phone in (lead.phone, lead.mobile, *lead.phones):
            for email in (lead.email, *lead.emails):
                for record in known.reached(phone, email):
                    assert not sought.isdisjoint(lookup_keys(record))

    @given(st.data(), kinds)
    def test_names_of_any_script_and_spelling(self, data, kind):
        name = data.draw(our.any_texts)
        other = data.draw(
            st.sampled_from(
                [name.upper(), name.lower(), name.casefold(), f" {name} ", name.swapcase()]
            )
        )
        one = Lead(id=1, last_name=name) if kind is PERSON else Lead(id=1, organization_name=name)
        contact = Contact(id=1, kind=kind, name=other)
        rows = (MatchRow((Shared.NAME,)),)
        if same(one, contact, kind, rows) is not None:
            assert not sought_keys(one, rows).isdisjoint(lookup_keys(contact))

    @given(our.written_phones(), our.written_phones())
    def test_numbers_as_people_write_them(self, one, other):
        lead, contact = (
            Lead(id=1, last_name="Lee", phone=one[0]),
            person(name="Lee", mobile=other[0]),
        )
        if same(lead, contact, PERSON) is not None:
            assert not sought_keys(lead).isdisjoint(lookup_keys(contact))
        assert not sought_keys(lead, reached=True).isdisjoint(lookup_keys(person(phone=one[0])))


FORMATS = phonenumbers.PhoneNumberFormat
KINDS_OF_NUMBERS = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
#: Countries with and without trunk prefixes, with zeros that are dialled from abroad, with tokens
#: for mobiles, sharing one code.
REGIONS = (
    "DE",
    "US",
    "GB",
    "FR",
    "IT",
    "AR",
    "MX",
    "BR",
    "RU",
    "KZ",
    "JP",
    "AU",
    "IN",
    "CN",
    "SG",
    "NO",
    "CA",
)


@st.composite
def written(draw, number, here):
    """A number in one of the ways to write it where it is dialled."""
    home = phonenumbers.region_code_for_number(number)
    ways = [
        FORMATS.INTERNATIONAL,
        FORMATS.E164,
        FORMATS.RFC3966,
        *[FORMATS.NATIONAL] * (home == here),
        None,
    ]
    way = draw(st.sampled_from(ways))
    if way is None:
        text = phonenumbers.format_out_of_country_calling_number(number, here)
    else:
        text = phonenumbers.format_number(number, way)
    main, ext, more = text.partition(" ext")
    for separator in draw(st.frozensets(st.sampled_from("-. "))):
        if way is not FORMATS.RFC3966:
            main = main.replace(separator, draw(st.sampled_from(["", " ", "/", "."])))
    return main + ext + more


@st.composite
def numbers(draw):
    """Where a number is dialled, and two ways to write it that are usual there."""
    home = draw(st.sampled_from(REGIONS))
    here = draw(st.just(home) | st.sampled_from(["US", "DE", "AU", "JP", "FI"]))
    number = phonenumbers.PhoneNumber()
    number.merge_from(
        phonenumbers.example_number_for_type(home, draw(st.sampled_from(KINDS_OF_NUMBERS)))
    )
    digits = str(number.national_number)
    number.national_number = int(digits[:-4] + f"{draw(st.integers(0, 9999)):04}")
    number.extension = draw(st.sampled_from([None, "12"]))
    return here, draw(written(number, here)), draw(written(number, here))


#: Where the number is dialled, and two ways to write it there that are the same number with a
#: region, and unlike without.
UNREAD = [
    ("DE", "Tel. 030 123456", "030 123456"),
    ("DE", "Büro: 030 123456", "+49 30 123456"),
    ("DE", "[030] 123456", "030 123456"),
    ("DE", "030 123456,", "030 123456"),
    ("DE", "030 123456 extension 12", "030 123456 ext. 12"),
    ("US", "512 757 6000 xtn 12", "512 757 6000 x12"),
    ("US", "512 757 6000,,12", "512 757 6000 x12"),
    ("US", "512 757 6000 x", "512 757 6000"),
    ("US", "(530) 583-6985 x302/x2303", "530 583-6985 x302"),
    ("US", "1-800-FLOWERS", "1-800-356-9377"),
    ("RU", "8 (912) 345-67-89 доб. 12", "+7 912 345-67-89 ext. 12"),
    ("RU", "8~10 49 30 1234567", "+49 30 1234567"),
    ("US", "011 86 131 2345 6789", "+86 131 2345 6789"),
]


class TestInARegion:
    """A store knows no region; what is the same number in one shares a key all the same (rule
    K12)."""

    @given(numbers())
    @example(("US", "011 86 131 2345 6789", "+86 131 2345 6789"))
    def test_a_number_shares_its_key_with_every_way_to_write_it(self, drawn):
        region, one, other = drawn
        lead, contact = Lead(id=1, last_name="Lee", phone=one), person(name="Lee", phone=other)
        assume(same(lead, contact, PERSON, region=region) is not None)
        assert not sought_keys(lead).isdisjoint(lookup_keys(contact))
        known = Known([contact], region=region)
        assert known.reached(one) == (contact,)
        assert not sought_keys(lead, reached=True).isdisjoint(lookup_keys(contact))

    @given(
        our.meeting_leads,
        records,
        kinds,
        st.sampled_from(ROWS),
        st.sampled_from(["DE", "US", "GB"]),
    )
    @example(
        Lead(id=1, last_name="Ann", phone="12"),
        person(name="Ann", mobile="12"),
        PERSON,
        MATCHING,
        "DE",
    )
    def test_whoever_is_the_same_by_the_rows(self, lead, other, kind, rows, region):
        if same(lead, other, kind, rows, region=region) is not None:
            assert not sought_keys(lead, rows).isdisjoint(lookup_keys(other))

    @pytest.mark.parametrize(
        ("region", "one", "other"),
        [
            ("DE", "030 12345", "+49 30 12345"),
            ("GB", "+44 (0)20 7946 0018", "020 7946 0018"),
            ("IT", "06 1234 5678", "+39 06 1234 5678"),
            ("AR", "011 15-2345-6789", "+54 9 11 2345-6789"),
            ("US", "tel:+1-512-757-6000;ext=12", "(512) 757-6000 ext. 12"),
            ("JP", "010 49 30 1234567", "+49 30 1234567"),
            ("RU", "8-10 49 30 1234567", "+49 30 1234567"),
        ],
    )
    def test_of_numbers_dialled_from_here_and_there(self, region, one, other):
        lead, contact = Lead(id=1, last_name="Lee", phone=one), person(name="Lee", phone=other)
        assert same(lead, contact, PERSON, region=region) == BY_PHONE
        assert not sought_keys(lead).isdisjoint(lookup_keys(contact))

    @pytest.mark.parametrize(("region", "one", "other"), UNREAD, ids=[one for _, one, _ in UNREAD])
    def test_of_numbers_that_only_a_region_can_read(self, region, one, other):
        for phone, twin in ((one, other), (other, one), (one, one)):
            lead, contact = Lead(id=1, last_name="Lee", phone=phone), person(name="Lee", phone=twin)
            assert same(lead, contact, PERSON, region=region) == BY_PHONE
            assert not sought_keys(lead).isdisjoint(lookup_keys(contact))

    def test_of_a_number_of_three_digits(self):
        lead, contact = (
            Lead(id=1, last_name="Lee", phone="110"),
            person(name="Lee", phone="+49 110"),
        )
        assert same(lead, contact, PERSON, region="DE") == BY_PHONE
        assert not sought_keys(lead).isdisjoint(lookup_keys(contact))


@st.composite
def accounts(draw):
    """Contacts, some of them employees of others, and leads, some of them tied or converted; ids of
    one kind each once."""
    contacts = draw(by_id(our.meeting_contacts, max_size=5))
    of = st.none() | st.sampled_from([contact.id for contact in contacts] or [1])
    employed = []
    for contact in contacts:
        works_for = draw(of) if contact.kind is PERSON else None
        employed.append(
            attrs.evolve(contact, company=None if works_for == contact.id else works_for)
        )
    leads = [
        attrs.evolve(
            lead, id=f"lead {lead.id!r}", status=status, person_id=tied[0], company_id=tied[1]
        )
        for lead, status, tied in draw(
            st.lists(
                st.tuples(
                    our.meeting_leads,
                    st.sampled_from(["", "", "Working", "Unqualified"]),
                    st.just((None, None)) | st.just((None, None)) | st.tuples(of, of),
                ),
                min_size=1,
                max_size=4,
                unique_by=lambda drawn: drawn[0].id,
            )
        )
    ]
    made = [
        attrs.evolve(lead, conversion=ConversionRecord(id="C", lead=lead.id, at=our.DAY, person=draw(of), company=draw(of)))
        if draw(st.integers(0, 3)) == 0
        else lead
        for lead in leads
    ]  # fmt: skip
    return employed, made


class Ids:
    """Ids that nobody has: of leads, contacts and so on."""

    def __init__(self):
        self.made = 0

    def new(self, kind):
        self.made += 1
        return f"new {kind} {self.made}"


class Clock:
    def now(self):
        return our.DAY


def stored(contacts, leads):
    store = MemoryStore()
    with store.unit() as unit:
        for contact in contacts:
            unit.contacts.put(Standing(contact=contact), 0)
        for lead in leads:
            unit.leads.put(lead, 0)
        unit.commit()
    return store


requests = st.builds(
    ConversionRequest,
    deal=st.sampled_from([None, True]),
    corrections=st.sampled_from(
        [
            {},
            {},
            {"email": "a@b.example"},
            {"phone": "0049 30/12345"},
            {"organization_name": "Ann"},
            {"website": "b.example"},
        ]
    ),
)
regions = st.sampled_from([None, "GB", "US"])


class TestTheSameAsAll:
    """Going through those who share a key comes to the same as going through everybody."""

    @given(accounts(), requests, st.sampled_from(ROWS), regions)
    def test_a_plan(self, account, request, rows, region):
        contacts, leads = account
        desk = Desk(stored(contacts, leads), matching=rows, region=region)
        for lead in leads:
            everybody = plan_conversion(
                lead, request, known=Known(contacts, rows=rows, region=region)
            )
            assert desk.plan(lead.id, request) == everybody

    @given(accounts(), st.sampled_from(ROWS), regions)
    def test_a_plan_that_names_its_contacts(self, account, rows, region):
        contacts, leads = account
        desk = Desk(stored(contacts, leads), matching=rows, region=region)
        for contact in contacts:
            named = "person" if contact.kind is PERSON else "company"
            request = ConversionRequest(**{named: contact})
            everybody = Known(contacts, rows=rows, region=region)
            assert desk.plan(leads[0].id, request) == plan_conversion(
                leads[0], request, known=everybody
            )

    @given(
        accounts(),
        requests,
        st.sampled_from(ROWS),
        regions,
        st.sampled_from(["best_effort", "all_or_nothing"]),
    )
    def test_many_conversions(self, account, request, rows, region, mode):
        """One lead's new contacts are known to the next."""
        contacts, leads = account
        setup = Setup()
        sought = {key for lead in leads for key in sought_keys(corrected(lead, request), rows)}
        tied = {id_ for lead in leads for id_ in (lead.person_id, lead.company_id)}
        some = {
            one.id: one
            for one in contacts
            if one.id in tied or not sought.isdisjoint(lookup_keys(one))
        }
        employers = {one.company for one in some.values()}
        some |= {one.id: one for one in contacts if one.id in employers}

        def converted(known):
            ids = Ids()
            return convert_many(
                leads,
                request,
                setup,
                at=our.DAY,
                ids=lambda _, what: ids.new(what),
                known=known,
                mode=mode,
            )

        everybody = converted(Known(contacts, rows=rows, region=region))
        assert (
            converted(Known(some.values(), rows=rows, region=region)).results == everybody.results
        )

    @given(accounts(), our.contact_points, st.booleans(), regions)
    def test_a_landing(self, account, point, repeat_leads, region):
        contacts, leads = account
        desk = Desk(
            stored(contacts, leads),
            repeat_leads=repeat_leads,
            region=region,
            ids=Ids(),
            clock=Clock(),
        )
        everybody = take_in(
            attrs.evolve(point, text=""),
            Known(contacts, leads, region=region),
            id="new lead 1",
            repeat_leads=repeat_leads,
        )
        assert desk.take_in(attrs.evolve(point, text="")).value == everybody

    @pytest.mark.parametrize(("region", "one", "other"), [*UNREAD, ("DE", "12", "12")], ids=str)
    def test_where_only_a_region_reads_the_number(self, region, one, other):
        contact = person(phone=other)
        lead = Lead(id=1, first_name="Ann", last_name="Lee", phone=one)
        desk = Desk(stored([contact], [lead]), region=region)
        assert desk.plan(1) == plan_conversion(lead, known=Known([contact], region=region))
