"""Plain tables of deals and contacts: `read_deals`, `read_contacts`, and the account that they make."""

from datetime import date, datetime, timezone

import pytest

from salesstatus import (
    ContactKind,
    CustomerStatus,
    DealStatus,
    InvalidError,
    ProspectStatus,
    read_contacts,
    read_deals,
)
from salesstatus.crm import Outcome, account_of
from salesstatus.tables.doubts import Doubt

WON, LOST, OPEN, UNQUALIFIED = (
    DealStatus.WON,
    DealStatus.LOST,
    DealStatus.OPEN,
    DealStatus.UNQUALIFIED,
)
PERSON, COMPANY = ContactKind


def deals(*lines, **options):
    return list(read_deals("\n".join((*lines, "")), **options))


def deal(header, cells, **options):
    [row] = deals(header, cells, **options)
    return row


def account(table, *contacts, **options):
    return account_of(
        read_deals("\n".join((*table, "")), **options),
        *(read_contacts("\n".join((*lines, ""))) for lines in contacts),
    )


def told(found, outcome=None):
    return [str(each) for each in found.oddities.kept if outcome in (None, each.outcome)]


class TestDeals:
    """A row is a deal with its contacts by id or by name, and with its times as days or moments."""

    @pytest.mark.parametrize(
        ("header", "cells", "primary", "company"),
        [
            ("Company,Status", "Acme,won", "Acme", None),
            ("Contact,Status", "Ann,won", "Ann", None),
            ("Contact,Company,Status", "Ann,Acme,won", "Ann", "Acme"),
            ("Contact ID,Organization ID,Status", "7,9,won", 7, 9),
            ("Contact ID,Organization ID,Status", "7,7,won", 7, None),
            ("Contact,Company,Status", "Acme,Acme,won", "Acme", "Acme (company)"),
            ("Contact,Company,Status", ",Acme,won", "Acme", None),
        ],
    )
    def test_its_contacts(self, header, cells, primary, company):
        row = deal(header, cells)
        assert (row.deal.primary, row.deal.company, row.deal.status) == (primary, company, WON)
        assert row.deal is row.record.deal

    def test_spellings_of_a_name_are_one_contact_and_told(self):
        first, second, third = deals("Company,Status", "Acme Inc,won", "ACME inc.,open", "--?,won")
        assert first.deal.primary == second.deal.primary == "Acme Inc"
        assert "which is another spelling" in str(second.notes[0])
        assert third.deal is None
        assert third.problems[0].rule == "W6"

    @pytest.mark.parametrize(
        ("header", "cells", "expected"),
        [
            ("Involved contacts", "Bo;Cy", {"Bo", "Cy"}),
            ("Involved contacts", "Bo, Cy", {"Bo", "Cy"}),
            ("Involved contacts", "Lee, Bo; Cy", {"Lee, Bo", "Cy"}),
            ("Involved contacts", "???", set()),
            ("Associated contact IDs", "3;4", {3, 4}),
        ],
    )
    def test_who_is_involved(self, header, cells, expected):
        row = deal(f"Contact;Status;{header}", f'Ann;won;"{cells}"')
        assert row.deal.involved == expected

    def test_lists_of_values_are_lists(self):
        rows = [{"Contact": "Ann", "Status": "won", "Involved contacts": ["Bo", "Cy"]}]
        [row] = read_deals(rows)
        assert row.deal.involved == {"Bo", "Cy"}

    @pytest.mark.parametrize(
        ("header", "cells", "status"),
        [
            ("Status", "Gewonnen", WON),
            ("Status", "lost", LOST),
            ("Stage", "Won", WON),
            ("Stage", "Incoming", OPEN),
            ("Is won,Is closed", "no,yes", LOST),
            ("Won", "yes", WON),
            ("Lost", "1", LOST),
            ("Closed", "no", OPEN),
            ("Won,Lost", "no,no", OPEN),
            ("Stage,Status", "Proposal,open", OPEN),
            ("Status,Lost", "unqualified,yes", UNQUALIFIED),
            ("Won", "2026-05-04", WON),
        ],
    )
    def test_what_it_is(self, header, cells, status):
        assert deal(f"Contact,{header}", f"Ann,{cells}").deal.status is status

    @pytest.mark.parametrize(
        ("header", "cells", "code"),
        [
            ("Stage", "Closed Won", Doubt.GUESS),
            ("Stage", "???", Doubt.GUESS),
            ("Stage,Status", "Won,lost", Doubt.STAGE),
            ("Stage", "", Doubt.STAGE),
        ],
    )
    def test_of_a_guess_nothing_is_claimed(self, header, cells, code):
        row = deal(f"Contact,{header}", f"Ann,{cells}")
        assert row.deal is row.record is None
        assert (row.undecided.code, row.undecided.contacts) == (code, {"Ann"})
        assert row.problems[0].rule == "A1"

    @pytest.mark.parametrize("said", [{"closed won": "won"}, {"Closed Won": WON}])
    def test_the_caller_says_what_a_stage_means(self, said):
        assert deal("Contact,Stage", "Ann,CLOSED WON", stages=said).deal.status is WON

    @pytest.mark.parametrize("wrong", [[], {"": "won"}, {"A": "gone"}, {"A": None}])
    def test_what_says_nothing_is_refused(self, wrong):
        with pytest.raises(InvalidError) as caught:
            deals("Contact,Stage", "Ann,A", stages=wrong)
        assert caught.value.place == "stages"

    @pytest.mark.parametrize(
        ("header", "cells", "created", "changed"),
        [
            ("Created,Closed on", "2026-05-04,2026-05-05", date(2026, 5, 4), date(2026, 5, 5)),
            ("Created,Closed", "2026-05-04,2026-05-05", date(2026, 5, 4), date(2026, 5, 5)),
            ("Won", "2026-05-05", None, date(2026, 5, 5)),
            ("Stage changed at", "2026-05-05", None, date(2026, 5, 5)),
            (
                "Created,Won on",
                "2026-05-04T09:30:00Z,2026-05-05T01:00:00Z",
                datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc),
                datetime(2026, 5, 5, 1, tzinfo=timezone.utc),
            ),
        ],
    )
    def test_its_times(self, header, cells, created, changed):
        record = deal(f"Contact,Status,{header}", f"Ann,won,{cells}").record
        assert (record.created, record.changed_at) == (created, changed)

    def test_the_closing_day_of_an_open_deal_is_an_expectation(self):
        assert deal("Contact,Status,Close date", "Ann,open,2027-01-01").record.changed_at is None

    def test_values_that_frames_have_are_taken(self):
        rows = [{"Contact": "Ann", "Won": date(2026, 5, 4), "Amount": 5.0, "Stage": None}]
        [row] = read_deals(rows)
        assert (row.record.changed_at, row.deal.value) == (date(2026, 5, 4), 5)
        [row] = read_deals([{"Contact": "Ann", "Won": True}])
        assert row.deal.status is WON

    def test_other_fields(self):
        row = deal(
            "Deal;Contact;Status;Amount;Owner;Source;custom_fields.Size;Loss reason",
            "Store;Ann;lost;1.234,56;kim;Fair;9;price",
        )
        found = row.deal
        assert (found.name, found.owner, found.source, row.reason) == (
            "Store",
            "kim",
            "Fair",
            "price",
        )
        assert str(found.value) == "1234.56"
        assert found.custom_fields == {"Size": "9"}

    def test_two_columns_for_one_field_are_left_out(self):
        table = read_deals("Contact,Status,Amount,Deal value\nAnn,won,5,6\n")
        assert [each.reason for each in table.ignored] == [
            "another column is for the same: value"
        ] * 2
        with pytest.raises(InvalidError, match="one column for each field"):
            read_deals("Contact,Status,Amount,Deal value\nAnn,won,5,6\n", strict=True)

    def test_a_table_without_contacts_is_of_no_use(self):
        with pytest.raises(InvalidError, match="a column with contacts or companies"):
            read_deals("Deal,Status\nStore,won\n")


class TestContacts:
    """A row is a person or a company, with its stored statuses and its employer."""

    def row(self, header, cells):
        [found] = read_contacts(f"{header}\n{cells}\n")
        return found

    @pytest.mark.parametrize(
        ("header", "cells", "kind", "name"),
        [
            ("ID;Name;Is organization", "7;Acme;yes", COMPANY, "Acme"),
            ("ID;Name;Is organization", "7;Ann Lee;no", PERSON, "Ann Lee"),
            ("First name;Last name", "Ann;Lee", PERSON, "Ann Lee"),
            ("Company", "Acme", COMPANY, "Acme"),
            ("Name;Company", "Ann;Acme", PERSON, "Ann"),
            ("Name", "Ann", PERSON, "Ann"),
        ],
    )
    def test_its_kind(self, header, cells, kind, name):
        contact = self.row(header, cells).contact
        assert (contact.kind, contact.name) == (kind, name)

    def test_stored_statuses_in_any_language(self):
        record = self.row(
            "ID,Name,Prospect status,Kunde", "7,Ann,Current Prospect,ehemaliger Kunde"
        ).record
        assert (record.prospect, record.customer) == (ProspectStatus.CURRENT, CustomerStatus.PAST)

    def test_a_company_has_no_employer_and_nobody_employs_himself(self):
        row = self.row("ID,Name,Is organization,Organization ID", "7,Acme,yes,9")
        assert row.contact.company is None
        assert row.notes[0].rule == "W4"
        row = self.row("ID,Name,Is organization,Organization ID", "7,Ann,no,7")
        assert (row.contact.company, row.notes[0].rule) == (None, "W4")
        row = self.row("Name,Is organization,Company", "Acme,yes,Beta")
        assert (row.contact.name, row.notes[0].value) == ("Acme", "'Beta'")

    def test_a_row_without_id_and_name_is_none(self):
        row = self.row("ID,Name,Email", ",,a@b.example")
        assert row.contact is None
        assert row.problems[0].expected == "an id or a name"

    def test_addresses(self):
        header = "ID;Name;Address;Street;City;Billing address"
        row = self.row(header, "7;Ann;Long Lane 1, Bath;Long Lane 1;Bath;Box 5")
        assert (row.contact.address.line1, row.contact.address.city) == ("Long Lane 1", "Bath")
        assert row.contact.custom_fields == {"billing_address": "Box 5"}
        row = self.row(header, "7;Ann;Elsewhere 5;Long Lane 1;Bath;")
        assert row.notes[-1].done == "left out"
        assert self.row("ID;Name;Address", "7;Ann;Here 1").contact.address.line1 == "Here 1"


class TestAccounts:
    """What tables make together: names are contacts, whoever may be meant is not judged."""

    def test_a_table_of_deals_is_enough(self):
        found = account(
            ("Deal,Company,Status,Created,Closed on",
             "Store,Acme,won,2026-01-05,2026-02-01", "Pumps,Beta,open,2026-03-01,")
        )  # fmt: skip
        statuses = found.derived()
        assert statuses["Acme"].customer is CustomerStatus.CURRENT
        assert statuses["Beta"].prospect is ProspectStatus.CURRENT
        assert len(found.created_on) == 2
        assert [each.at.date().isoformat() for each in found.evidence()][-1] == "2026-03-01"
        assert any("involved" in each for each in told(found, Outcome.MISSING))

    def test_names_are_those_of_the_contacts(self):
        found = account(
            ("Deal,Contact,Status", "Store,ann lee,won"),
            ("ID,Name,Is organization,Company", "7,Ann Lee,no,Acme", "9,Acme,yes,"),
        )
        [made] = found.deals.values()
        assert (made.primary, made.company) == (7, 9)
        assert any("where the primary contact works" in each for each in told(found))

    def test_an_employer_that_no_table_has_is_a_company_of_its_own(self):
        found = account(("Deal,Contact,Status", "Store,Ann,won"), ("Name,Company", "Ann,Acme"))
        assert found.contacts["Acme"].contact.kind is COMPANY

    def test_two_may_work_for_one_company_that_no_table_has(self):
        found = account(
            ("Deal,Contact,Status", "Store,Ann,won"),
            ("ID,Name,Company", "7,Ann,Acme", "8,Bo,ACME", ",,"),
        )
        assert found.contacts[7].contact.company == found.contacts[8].contact.company == "Acme"

    def test_a_contact_that_is_none_is_told(self):
        found = account(
            ("Deal,Contact,Status", "Store,Ann,won"), ("ID,Name,Email", ",,a@b.example")
        )
        assert any("an id or a name" in each for each in told(found, Outcome.NOT_USED))

    def test_a_name_of_several_makes_the_deal_undecided(self):
        found = account(
            ("Deal,Contact,Status", "Store,Ann,won"),
            ("ID,Name,Is organization", "7,Ann,no", "8,Ann,no"),
        )
        [undecided] = found.undecided.values()
        assert (undecided.contacts, undecided.code) == ({7, 8}, Doubt.CONTACT)
        assert found.derived() == {}

    def test_an_employer_of_several_is_left_out(self):
        found = account(
            ("Deal,Contact ID,Status", "Store,7,won"),
            ("ID,Name,Is organization,Company", "7,Ann,no,Acme", "8,Acme,yes,", "9,Acme,yes,"),
        )
        assert found.contacts[7].contact.company is None
        assert any("one company of this name" in each for each in told(found, Outcome.LEFT_OUT))

    def test_of_two_deals_with_one_id_nothing_is_claimed(self):
        found = account(("ID,Contact,Status", "1,Ann,won", "1,Bo,lost", "1,Cy,open", "2,Dee,lost"))
        assert found.undecided[1].contacts == {"Ann", "Bo", "Cy"}
        assert found.undecided[1].code is Doubt.STATES
        assert found.derived().keys() == {"Dee"}

    def test_of_two_contacts_with_one_id_no_status_is_claimed(self):
        found = account(
            ("ID,Contact ID,Status", "1,7,won"),
            ("ID,Name,Is organization,Customer status", "7,Ann,no,Current Customer"),
            ("ID,Name,Is organization,Customer status", "7,Ann,no,Past Customer"),
        )
        assert found.contacts[7].customer is None

    def test_stages_that_were_guessed_are_counted(self):
        found = account(
            (
                "Deal,Company,Stage",
                "a,Acme,Closed Won",
                "b,Beta,closed won",
                "c,Cy,???",
                "d,Dee,Won",
            )
        )
        assert [(each.stage, each.guess, each.deals) for each in found.guessed.values()] == [
            ("Closed Won", WON, 2),
            ("???", OPEN, 1),
        ]
        assert found.derived().keys() == {"Dee"}

    def test_why_deals_were_lost_is_kept(self):
        found = account(("ID,Contact,Status,Loss reason", "1,Ann,lost,price"))
        assert found.reasons == {1: "price"}

    def test_rows_and_columns_that_are_not_read_are_told(self):
        found = account(
            ("ID,Contact,Status,Shoes,Closed on", "1,Ann,lost,44,someday", "2,Bo", "3,,won,,")
        )
        assert any("'Shoes': no field of a deal has this name" in each for each in told(found))
        assert any("someday" in each for each in told(found, Outcome.LEFT_OUT))
        assert len(told(found, Outcome.NOT_USED)) == 2

    def test_a_contact_with_the_name_of_another_id(self):
        found = account(
            ("Deal,Contact,Company,Status", "Store,Bo,Ann,won"),
            ("ID,Name,Is organization", "Ann,Lee,no"),
        )
        [made] = found.deals.values()
        assert made.company == "Ann (company)"
