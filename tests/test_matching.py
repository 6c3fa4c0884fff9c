"""Which known contact a lead is, and who is reached at a phone number or an e-mail address."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as own
from salesstatus import Contact, ContactKind, Deal, InvalidError, Known, Lead
from salesstatus.leads import MATCHING, NAME_AND_WEBSITE, Match, MatchRow, Shared
from salesstatus.leads.matching import same

PERSON, COMPANY = ContactKind
BY_EMAIL, BY_PHONE = MATCHING
#: Sell's rows, those with the one for companies, and rows that begin with another key.
ROWS = [
    MATCHING,
    (*MATCHING, NAME_AND_WEBSITE),
    (MatchRow((Shared.PHONE,)), MatchRow((Shared.EMAIL, Shared.WEBSITE))),
    (),
]

kinds = st.sampled_from(ContactKind)
records = own.meeting_leads | own.meeting_contacts


def by_id(strategy):
    return st.lists(strategy, max_size=6, unique_by=lambda record: record.id)


def person(id_=1, **fields):
    return Contact(**{"id": id_, "kind": PERSON, "name": "Ann Lee", **fields})


def lead(id_=1, **fields):
    return Lead(**{"id": id_, "first_name": "Ann", "last_name": "Lee", **fields})


# Once more from the prose: name and (e-mail or phone), all of them the same when they stand for the
# same.


def shared(one, other, kind):
    """What two records share."""
    if not all(isinstance(record, Lead) or record.kind is kind for record in (one, other)):
        return set()

    def known(record):
        name = (
            record.name
            if isinstance(record, Contact)
            else (record.last_name, record.organization_name)[kind is COMPANY]
        )
        return {
            Shared.NAME: {own.NAMES[name]},
            Shared.EMAIL: {own.EMAILS[email] for email in (record.email, *record.emails)},
            Shared.PHONE: {
                own.PHONES[phone] for phone in (record.phone, record.mobile, *record.phones)
            },
            Shared.WEBSITE: {own.WEBSITES[record.website]},
        }

    return {what for what in Shared if known(one)[what] & known(other)[what] - {""}}


class TestK12:
    """A lead matches a contact by its name and by its e-mail or its phone, never by a part of
    them."""

    @pytest.mark.parametrize(
        ("of_lead", "of_contact", "row"),
        [
            ({"email": "a@b.example"}, {"email": " A@B.EXAMPLE"}, BY_EMAIL),
            ({"email": "a@b.example"}, {"emails": ["x@b.example", "a@b.example"]}, BY_EMAIL),
            ({"emails": ["a@b.example"]}, {"email": "a@b.example"}, BY_EMAIL),
            ({"phone": "+49 30 12345"}, {"mobile": "0049 (0)30 12345"}, BY_PHONE),
            ({"mobile": "110"}, {"phones": ["110", "112"]}, BY_PHONE),
            (
                {"phone": "110", "email": "a@b.example"},
                {"phone": "110", "email": "a@b.example"},
                BY_EMAIL,
            ),
            ({"first_name": "ANN", "last_name": "Lée", "phone": "110"}, {"phone": "110"}, BY_PHONE),
            (
                {"first_name": "", "last_name": "ann lee", "phone": "110"},
                {"phone": "110"},
                BY_PHONE,
            ),
            ({}, {}, None),
            ({"last_name": "Leeds", "phone": "110"}, {"phone": "110"}, None),
            ({"first_name": "Anna", "phone": "110"}, {"phone": "110"}, None),
            ({"first_name": "Lee", "last_name": "Ann", "phone": "110"}, {"phone": "110"}, None),
            ({"phone": "1234"}, {"phone": "123"}, None),
            ({"phone": "030 12345"}, {"phone": "+49 30 12345"}, None),
            ({"email": "a@b.example"}, {"email": "aa@b.example"}, None),
            ({"email": "call"}, {"email": "call"}, None),
            ({"phone": "call"}, {"phone": "call"}, None),
            ({"fax": "110"}, {"fax": "110"}, None),
            ({"fax": "110"}, {"phone": "110"}, None),
            ({"email": "110"}, {"phone": "110"}, None),
            ({"website": "b.example"}, {"website": "b.example"}, None),
            (
                {"first_name": "", "last_name": "", "phone": "110"},
                {"name": "", "phone": "110"},
                None,
            ),
            (
                {"first_name": "", "last_name": "", "organization_name": "Ann Lee", "phone": "1"},
                {"phone": "1"},
                None,
            ),
        ],
        ids=str,
    )
    def test_a_person(self, of_lead, of_contact, row):
        one, other = lead(**of_lead), person(**of_contact)
        assert same(one, other, PERSON) == row
        assert same(one, other, COMPANY) is None
        assert Known([other]).matches(one, PERSON) == (() if row is None else (Match(other, row),))

    def test_a_company_goes_by_the_name_of_the_organization(self):
        acme = Contact(id=1, kind=COMPANY, name="Acme, Inc.", phone="110")
        known = Known([acme, person(2, phone="110")])
        both = lead(organization_name="ACME Inc", phone="110")
        assert known.matches(both, COMPANY) == (Match(acme, BY_PHONE),)
        assert [match.contact.id for match in known.matches(both, PERSON)] == [2]
        assert (
            known.matches(lead(organization_name="Acme Incorporated", phone="110"), COMPANY) == ()
        )

    def test_a_row_of_websites_may_be_added_for_companies(self):
        acme = Contact(id=1, kind=COMPANY, name="Acme", website="http://www.acme.example/")
        one = Lead(id=1, organization_name="acme", website="HTTPS://Acme.example")
        assert Known([acme]).matches(one, COMPANY) == ()
        rows = (*MATCHING, NAME_AND_WEBSITE)
        assert Known([acme], rows=rows).matches(one, COMPANY) == (Match(acme, NAME_AND_WEBSITE),)
        for website in ("acme.example.org", "acme.example/x", "www.", "", "acme"):
            assert same(one, attrs.evolve(acme, website=website), COMPANY, rows) is None
        for website in (" acme.example ", "https://www.acme.example//", "ACME.example"):
            assert same(one, attrs.evolve(acme, website=website), COMPANY, rows) == NAME_AND_WEBSITE

    @pytest.mark.parametrize("nothing", ["", " ", "www.", "https://", "/"])
    def test_what_both_lack_is_not_shared(self, nothing):
        records_of = {"website": nothing, "email": nothing, "phone": nothing}
        assert (
            same(lead(**records_of), person(**records_of), PERSON, (*MATCHING, NAME_AND_WEBSITE))
            is None
        )

    @pytest.mark.parametrize("nobody", ["", " ", "!", "-"])
    def test_nor_is_a_name_without_letters(self, nobody):
        assert (
            same(
                Lead(id=1, last_name=nobody, phone="110"), person(name=nobody, phone="110"), PERSON
            )
            is None
        )

    def test_several_matches_stand_in_the_order_of_their_ids(self):
        twins = [person(id_, phone="110") for id_ in ("b", 10, "a", 9, "10")]
        found = Known(twins).matches(lead(phone="110"), PERSON)
        assert [match.contact.id for match in found] == [9, 10, "10", "a", "b"]

    def test_each_match_names_its_own_row(self):
        known = Known(
            [person(1, phone="110"), person(2, email="a@b.example"), person(3, mobile="112")]
        )
        found = known.matches(lead(phone="110", email="a@b.example"), PERSON)
        assert [(match.contact.id, match.row) for match in found] == [(1, BY_PHONE), (2, BY_EMAIL)]

    def test_a_region_makes_one_number_of_the_two_ways_to_write_it(self):
        one, other = lead(phone="030 12345"), person(phone="+49 30 12345")
        assert same(one, other, PERSON, region="DE") == BY_PHONE
        assert Known([other], region="DE").matches(one, PERSON) == (Match(other, BY_PHONE),)
        assert same(one, other, PERSON, region="US") is None
        assert Known([other], region="DE").reached("030/12345") == (other,)

    def test_a_row_says_what_is_shared(self):
        assert [str(row) for row in (*MATCHING, NAME_AND_WEBSITE)] == [
            "K12, name and e-mail",
            "K12, name and phone",
            "K12, name and website",
        ]


class TestLaws:
    """What holds for all records that may meet."""

    @given(records, records, kinds, st.sampled_from(ROWS))
    def test_matching_is_symmetric(self, one, other, kind, rows):
        assert same(one, other, kind, rows) == same(other, one, kind, rows)

    @given(records, records, kinds, st.sampled_from(ROWS))
    def test_the_first_row_all_of_which_is_shared_matches(self, one, other, kind, rows):
        what = shared(one, other, kind)
        assert same(one, other, kind, rows) == next(
            (row for row in rows if what.issuperset(row.shared)), None
        )

    @given(records, kinds)
    def test_a_record_is_the_same_as_itself_if_it_can_be_known(self, record, kind):
        what = shared(record, record, kind)
        assert (same(record, record, kind) is not None) is (
            Shared.NAME in what and len(what - {Shared.WEBSITE}) > 1
        )

    @given(
        by_id(own.meeting_contacts),
        by_id(own.meeting_leads),
        own.meeting_leads,
        kinds,
        st.sampled_from(ROWS),
    )
    def test_known_finds_what_comparing_all_finds(self, contacts, leads, one, kind, rows):
        expected = [(contact, same(one, contact, kind, rows)) for contact in contacts]
        found = Known(contacts, leads, rows=rows).matches(one, kind)
        assert sorted(found, key=repr) == sorted(
            (Match(*match) for match in expected if match[1]), key=repr
        )
        ids = [match.contact.id for match in found]
        assert ids == sorted(ids, key=lambda id_: (isinstance(id_, str), id_))

    @given(
        by_id(own.meeting_contacts),
        by_id(own.meeting_leads),
        st.sampled_from([*own.PHONES]),
        st.sampled_from([*own.EMAILS]),
    )
    def test_reached_is_everyone_with_the_phone_or_the_email(self, contacts, leads, phone, email):
        expected = [
            record
            for record in (*leads, *contacts)
            if own.PHONES[phone]
            in {own.PHONES[text] for text in (record.phone, record.mobile, *record.phones)} - {""}
            or own.EMAILS[email]
            in {own.EMAILS[text] for text in (record.email, *record.emails)} - {""}
        ]
        expected.sort(
            key=lambda record: (isinstance(record, Contact), isinstance(record.id, str), record.id)
        )
        assert list(Known(contacts, leads).reached(phone, email)) == expected

    @given(
        by_id(own.meeting_contacts),
        st.lists(own.meeting_contacts | own.meeting_leads, max_size=6),
        own.meeting_leads,
        kinds,
    )
    def test_a_copy_written_on_is_like_one_made_of_what_it_holds_and_leaves_the_first_alone(
        self, contacts, more, one, kind
    ):
        known = Known(contacts)
        before = known.matches(one, kind), known.reached(one.phone, one.email)
        copy = known.copy()
        holds = {(Contact, contact.id): contact for contact in contacts}
        for record in more:
            copy.put(record)
            holds[type(record), record.id] = record
        fresh = Known(
            *(
                [record for record in holds.values() if type(record) is is_a]
                for is_a in (Contact, Lead)
            )
        )
        assert copy.matches(one, kind) == fresh.matches(one, kind)
        assert copy.reached(one.phone, one.email) == fresh.reached(one.phone, one.email)
        assert (known.matches(one, kind), known.reached(one.phone, one.email)) == before


class TestKnown:
    """Contacts and leads, each once, to be found by what they are known by."""

    def test_what_a_record_was_known_by_before_finds_it_no_more(self):
        known = Known([person(phone="110", email="a@b.example")], [lead(5, phone="110")])
        copy = known.copy()
        copy.put(person(phone="112"))
        copy.put(lead(5))
        assert copy.matches(lead(phone="110", email="a@b.example"), PERSON) == ()
        assert copy.reached("110", "a@b.example") == ()
        assert copy.reached("112") == (person(phone="112"),)
        assert [record.id for record in known.reached("110")] == [5, 1]

    def test_it_does_not_follow_the_list_it_was_made_of(self):
        contacts = [person(phone="110")]
        known = Known(contacts)
        contacts.clear()
        assert known.reached("110") == (person(phone="110"),)

    def test_a_contact_is_got_by_its_id(self):
        known = Known(iter([person(1), person("1", name="Bob")]), [lead(2)])
        assert (known.contact(1), known.contact("1")) == (person(1), person("1", name="Bob"))
        assert known.contact(2) is known.contact(None) is known.contact("2") is None

    def test_nothing_known_nobody_is_found(self):
        assert (
            Known().matches(lead(phone="110"), PERSON)
            == Known().reached("110", "a@b.example")
            == ()
        )
        assert Known([person(phone="110")], [lead()]).reached() == ()

    def test_a_fax_reaches_nobody(self):
        assert Known([person(fax="110")], [lead(fax="110")]).reached("110") == ()

    @pytest.mark.parametrize(
        ("records_of", "place"),
        [
            ({"contacts": [person(1), person(2), person(1, name="Bob")]}, "Known.contacts"),
            ({"contacts": [lead()]}, "Known.contacts"),
            ({"contacts": ["ann"]}, "Known.contacts"),
            ({"contacts": [None]}, "Known.contacts"),
            ({"leads": [lead("1"), lead(1), lead("1")]}, "Known.leads"),
            ({"leads": [person()]}, "Known.leads"),
            ({"leads": [Deal(id=1, primary=1)]}, "Known.leads"),
        ],
        ids=str,
    )
    def test_anything_else_and_two_of_one_id_are_refused(self, records_of, place):
        with pytest.raises(InvalidError) as caught:
            Known(**records_of)
        assert (caught.value.place, caught.value.expected) == (
            place,
            f"{place.partition('.')[2]}, each once",
        )
        assert caught.value.value is next(iter(records_of.values()))[-1]

    def test_a_contact_and_a_lead_may_have_one_id(self):
        assert Known([person(1, phone="110")], [lead(1, phone="110")]).reached("110") == (
            lead(1, phone="110"),
            person(1, phone="110"),
        )


class TestWrongTypes:
    """Whatever is handed over, the error names the place."""

    @pytest.mark.parametrize(
        ("call", "place"),
        [
            (lambda: MatchRow(()), "MatchRow.shared"),
            (lambda: MatchRow(["name"]), "MatchRow.shared"),
            (lambda: MatchRow(5), "MatchRow.shared"),
            (lambda: Known(5), "Known.contacts"),
            (lambda: Known([], "leads"), "Known.leads"),
            (lambda: Known(rows=5), "Known.rows"),
            (lambda: Known(rows=["name"]), "Known.rows"),
            (lambda: Known(region="xx"), "region"),
            (lambda: Known().matches("x", PERSON), "lead"),
            (lambda: Known().matches(Lead(id=1), "person"), "kind"),
            (lambda: Known().reached(phone=5), "text"),
            (lambda: Known().reached(email=5), "text"),
        ],
    )
    def test_it_is_named(self, call, place):
        with pytest.raises(InvalidError) as caught:
            call()
        assert caught.value.place == place


def test_what_is_known_is_shown_as_numbers():
    assert repr(Known(leads=[Lead(id=1)])) == "<Known: 0 contacts, 1 leads>"
