"""Bitrix24 in and out: what its answers are read as, what is made of what is strange, and that it
is written back as it came.

The recorded answers are not part of the repository: they are read where they are, and what needs
them is skipped where they are not. All other bodies are made up here."""

import copy
import json
from collections import Counter
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_bodies import unsure
from salesstatus import (
    Address,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    InvalidError,
    Lead,
    ProspectStatus,
    SalesStatus,
    StageBook,
    audience,
)
from salesstatus.crm.account import Stage as DealStage
from salesstatus.crm.account import Wanted
from salesstatus.crm.bitrix24 import Reading, ToFetch, read, rows
from salesstatus.crm.bitrix24.codecs import (
    company_id,
    company_number,
    contact_number,
    custom_name,
    item_key,
)
from salesstatus.crm.bitrix24.columns import Kind, with_statuses
from salesstatus.crm.bitrix24.unpacking import domain_of
from salesstatus.crm.bitrix24.writing import patch
from salesstatus.crm.evidence import StageRow
from salesstatus.crm.oddities import Outcome, Reporter, cleaned
from salesstatus.lead import FieldDefinition, FieldType, Scope
from salesstatus.leads import ConversionRecord, Stage, StageMeaning
from salesstatus.leads.reports import (
    funnel,
)
from salesstatus.leads.stage_history import Visit
from salesstatus.leads.stages import BITRIX24_STAGES
from salesstatus.tables.doubts import Doubt

ROOT = Path(__file__).resolve().parents[1]
FOLDER = next(
    (
        place
        for place in (ROOT.parent / "shared/data/bitrix24", ROOT / "shared/data/bitrix24")
        if (place / "leads__crm-lead-get__0.json").is_file()
    ),
    None,
)
recorded = pytest.mark.skipif(
    FOLDER is None, reason="the recorded answers are not beside this checkout"
)

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
OPEN, WON, LOST, UNQUALIFIED = DealStatus
PERSON, COMPANY = ContactKind
NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
P_FIELD, C_FIELD = "UF_CRM_PROSPECT", "UF_CRM_CUSTOMER"


def answer(result, **more):
    return json.dumps({"result": result, **more})


def told(account, outcome):
    """Return what was strange, as texts, of one outcome."""
    return [str(oddity) for oddity in account.oddities.kept if oddity.outcome is outcome]


def nothing_strange(account):
    assert str(account.oddities) == "nothing strange"
    return account


LEAD = {
    "ID": "7",
    "TITLE": "Call of Monday",
    "NAME": "Ann",
    "SECOND_NAME": "",
    "LAST_NAME": "Lee",
    "COMPANY_TITLE": "Acme",
    "COMPANY_ID": "0",
    "CONTACT_ID": None,
    "STATUS_ID": "IN_PROCESS",
    "STATUS_SEMANTIC_ID": "P",
    "STATUS_DESCRIPTION": None,
    "SOURCE_ID": "WEB",
    "POST": "Head of Sales",
    "COMMENTS": "[B]Call[/B]",
    "OPENED": "Y",
    "OPPORTUNITY": "12.50",
    "CURRENCY_ID": "EUR",
    "ASSIGNED_BY_ID": "3",
    "CREATED_BY_ID": "4",
    "DATE_CREATE": "2026-05-04T14:00:00+02:00",
    "DATE_CLOSED": "",
    "MOVED_TIME": "2026-05-05T14:00:00+02:00",
    "IS_RETURN_CUSTOMER": "N",
    "ADDRESS": "1 Main Street",
    "ADDRESS_2": "Suite 5",
    "ADDRESS_CITY": "Springfield",
    "ADDRESS_REGION": "Sangamon",
    "ADDRESS_PROVINCE": "Illinois",
    "ADDRESS_COUNTRY_CODE": "US",
    "UTM_SOURCE": None,
    "UF_CRM_1700000000001": "blue",
    "UF_CRM_BUDGET_2026": ["a", "b"],
    "PHONE": [
        {"ID": "1", "VALUE_TYPE": "MOBILE", "VALUE": "+1 555 0001", "TYPE_ID": "PHONE"},
        {"ID": "2", "VALUE_TYPE": "HOME", "VALUE": "+1 555 0002", "TYPE_ID": "PHONE"},
        {"ID": "3", "VALUE_TYPE": "WORK", "VALUE": "+1 555 0003", "TYPE_ID": "PHONE"},
        {"ID": "4", "VALUE_TYPE": "FAX", "VALUE": "+1 555 0004", "TYPE_ID": "PHONE"},
    ],
    "EMAIL": [{"ID": "5", "VALUE_TYPE": "HOME", "VALUE": "ann@example.com", "TYPE_ID": "EMAIL"}],
    "WEB": [{"ID": "6", "VALUE_TYPE": "FACEBOOK", "VALUE": "fb.com/ann", "TYPE_ID": "WEB"}],
    "IM": [{"ID": "8", "VALUE_TYPE": "OPENLINE", "VALUE": "imol|livechat|1", "TYPE_ID": "IM"}],
}
ITEM_LEAD = {
    "id": 7,
    "stageId": "IN_PROCESS",
    "stageSemanticId": "P",
    "name": "Ann",
    "lastName": "Lee",
    "companyTitle": "Acme",
    "companyId": 0,
    "contactId": 0,
    "opened": "Y",
    "opportunity": 999.9,
    "assignedById": 3,
    "createdBy": 4,
    "createdTime": "2026-05-04T14:00:00+02:00",
    "updatedTime": "2026-05-04T15:00:00+02:00",
    "ufCrm_1700000000001": "blue",
    "ufCrmBudget_2026": "7",
    "fm": [
        {"id": 1, "valueType": "WORK", "value": "+1 555 0003", "typeId": "PHONE"},
        {"id": 2, "valueType": "WORK", "value": "ann@example.com", "typeId": "EMAIL"},
        {"id": 3, "valueType": "OTHER", "value": "a@example.com", "typeId": "EMAIL"},
    ],
    "entityTypeId": 1,
}
CONTACT = {
    "ID": "9",
    "NAME": "Bo",
    "LAST_NAME": "Diaz",
    "POST": "Buyer",
    "COMPANY_ID": "9",
    "COMPANY_IDS": ["9"],
    "LEAD_ID": None,
    "EXPORT": "Y",
    "OPENED": "N",
    "DATE_CREATE": "2026-05-01T10:00:00+03:00",
    P_FIELD: "Current Prospect",
    C_FIELD: "",
}
FIRM = {
    "ID": "9",
    "TITLE": "Acme",
    "COMPANY_TYPE": "CUSTOMER",
    "INDUSTRY": "IT",
    "IS_MY_COMPANY": "N",
    C_FIELD: "past",
}
DEAL = {
    "ID": "410",
    "TITLE": "Ten ovens",
    "STAGE_ID": "C1:EXECUTING",
    "STAGE_SEMANTIC_ID": "P",
    "CATEGORY_ID": "1",
    "CLOSED": "N",
    "OPPORTUNITY": "19999.99",
    "CURRENCY_ID": "EUR",
    "CONTACT_ID": "9",
    "COMPANY_ID": "9",
    "LEAD_ID": "7",
    "SOURCE_ID": "WEB",
    "DATE_CREATE": "2026-05-02T10:00:00+03:00",
    "MOVED_TIME": "2026-05-03T10:00:00+03:00",
}
STAGES = [
    {
        "ENTITY_ID": "DEAL_STAGE_1",
        "STATUS_ID": "C1:EXECUTING",
        "NAME": "Working",
        "SEMANTICS": None,
    },
    {"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "C1:WON", "NAME": "Done", "SEMANTICS": "S"},
    {"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "C1:LOSE", "NAME": "Gone", "SEMANTICS": "F"},
    {"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "WON", "NAME": "Done", "SEMANTICS": "S"},
    {"ENTITY_ID": "SOURCE", "STATUS_ID": "WEB", "NAME": "Website", "SEMANTICS": None},
]
BOOK = [
    {
        "ENTITY_ID": "STATUS",
        "STATUS_ID": "NEW",
        "NAME": "Fresh",
        "SORT": "10",
        "EXTRA": {"SEMANTICS": "process"},
    },
    {
        "ENTITY_ID": "STATUS",
        "STATUS_ID": "CONVERTED",
        "NAME": "Good",
        "SORT": "50",
        "SEMANTICS": "S",
    },
    {"ENTITY_ID": "STATUS", "STATUS_ID": "JUNK", "NAME": "Bad", "SORT": "60", "SEMANTICS": "F"},
    {
        "ENTITY_ID": "STATUS",
        "STATUS_ID": "UC_POOR",
        "NAME": "No budget",
        "SORT": "70",
        "SEMANTICS": "F",
        "EXTRA": {"SEMANTICS": "apology"},
    },
    {
        "ENTITY_ID": "STATUS",
        "STATUS_ID": "IN_PROCESS",
        "NAME": "Working",
        "SORT": "20",
        "SEMANTICS": "",
    },
]


def one(body, name, **more):
    """Return the account of one record."""
    return read({name: answer([body], total=1)}, **more)


def lead(**changes):
    return one({"ID": "7", "STATUS_ID": "NEW", **changes}, "crm.lead.list").leads[7]


# The recorded answers.

#: What becomes of each file: the records in it, by kind; or why
#: there are none.
OUTCOMES = {
    "companies__crm-company-get__0.json": {"company": 1},
    "companies__crm-company-get__1.json": "an error response: without a code",
    "companies__crm-company-list__0.json": {"company": 1},
    "companies__crm-company-list__1.json": "an error response: without a code",
    "contacts__crm-contact-get__0.json": {"contact": 1},
    "contacts__crm-contact-get__1.json": "an error response: without a code",
    "contacts__crm-contact-list__0.json": {"contact": 5},
    "contacts__crm-contact-list__1.json": "an error response: without a code",
    "crm-stage-history-list__0.json": {"deal stage history": 1},
    "crm-stage-history-list__1.json": "an error response: 0",
    "deals__contacts__crm-deal-contact-items-get__0.json": {"contact of a deal": 3},
    "deals__contacts__crm-deal-contact-items-get__1.json": "an error response: without a code",
    "deals__crm-deal-get__0.json": {"deal": 1},
    "deals__crm-deal-get__1.json": "an error response: without a code",
    "deals__crm-deal-list__0.json": {"deal": 6},
    "deals__crm-deal-list__1.json": "an error response: without a code",
    "how-to-add-crm-objects__how-to-add-lead__0.json": {"lead": 1},
    "how-to-add-crm-objects__how-to-add-lead__1.json": {"lead": 1},
    "how-to-add-crm-objects__how-to-add-repeat-lead__0.json": ("the ids of duplicates",),
    "how-to-add-crm-objects__how-to-add-repeat-lead__1.json": ("an empty list",),
    "how-to-add-crm-objects__how-to-add-repeat-lead__2.json": {"lead": 1},
    "how-to-add-crm-objects__how-to-add-repeat-lead__3.json": ("the id of a new record",),
    "how-to-get-lists__how-to-get-elements-by-stage-filter__0.json": {"category": 4},
    "how-to-get-lists__how-to-get-elements-by-stage-filter__1.json": {"status": 8},
    "how-to-get-lists__how-to-get-elements-by-stage-filter__2.json": "a record without a kind",
    "how-to-get-lists__how-to-get-elements-by-stage-filter__3.json": {"user": 2},
    "how-to-get-lists__how-to-get-stages-with-semantics__0.json": {"status": 3},
    "how-to-get-lists__how-to-get-stages-with-semantics__1.json": {"status": 3},
    "leads__crm-lead-add__0.json": ("the id of a new record",),
    "leads__crm-lead-add__1.json": "an error response: without a code",
    "leads__crm-lead-fields__0.json": {"field": 57},
    "leads__crm-lead-get__0.json": {"lead": 1},
    "leads__crm-lead-get__1.json": "an error response: without a code",
    "leads__crm-lead-list__0.as-found-not-json.txt": "a text that is not JSON",
    "leads__crm-lead-list__0.ellipsis-removed.json": {"lead": 2},
    "leads__crm-lead-list__1.json": "an error response: without a code",
    "leads__crm-lead-update__0.json": ("a confirmation",),
    "leads__crm-lead-update__1.json": "an error response: without a code",
    "leads__events__on-crm-lead-add__0.json": {"event": 1},
    "leads__events__on-crm-lead-delete__0.json": {"event": 1},
    "leads__events__on-crm-lead-update__0.json": {"event": 1},
    "leads__management-communication__crm-lead-contact-items-get__0.json": {"contact of a lead": 2},
    "leads__management-communication__crm-lead-contact-items-get__1.json": "an error response: 'NOT_FOUND'",
    "status__crm-status-list__0.json": {"status": 8},
    "status__crm-status-list__1.json": "an error response: 'Invalid parameters.'",
    "universal__crm-item-get__0.json": {"lead": 1},
    "universal__crm-item-get__1.json": "an error response: 'NOT_FOUND'",
    "universal__crm-item-list__0.json": {"lead": 4},
    "universal__crm-item-list__1.json": "an error response: 'INVALID_ARG_VALUE'",
}
#: The lists that say that they are longer.
CUT = {
    "how-to-get-lists__how-to-get-stages-with-semantics__0.json": "3 of 6",
    "how-to-get-lists__how-to-get-stages-with-semantics__1.json": "3 of 5",
    "leads__crm-lead-list__0.ellipsis-removed.json": "2 of 654",
}


@recorded
class TestEveryRecordedAnswerIsReadOrRefusedWithAReason:
    def test_the_table_has_every_file(self):
        files = {path.name for path in FOLDER.iterdir() if path.suffix in (".json", ".txt")}
        assert files == OUTCOMES.keys()

    @pytest.mark.parametrize("name", OUTCOMES)
    def test_the_outcome_of(self, name):
        report, skipped = Reporter(), Counter()
        found = list(rows((FOLDER / name).read_bytes(), name, report, skipped=skipped))
        refused = [
            oddity for oddity in report.oddities().kept if oddity.outcome is Outcome.NOT_USED
        ]
        outcome = OUTCOMES[name]
        if isinstance(outcome, dict):
            assert Counter(row.kind.value for row in found) == outcome
            assert (refused, skipped) == ([], {})
        elif isinstance(outcome, tuple):
            assert (found, refused, tuple(skipped)) == ([], [], outcome)
        else:
            assert (found, skipped) == ([], {})
            assert all(outcome in oddity.found for oddity in refused) and refused

    def test_lists_that_are_longer_than_what_was_given_are_reported(self):
        for name in OUTCOMES:
            account = read({name: (FOLDER / name).read_bytes()})
            missing = [
                o.found
                for o in account.oddities.kept
                if o.outcome is Outcome.MISSING and o.expected == "every record of a list"
            ]
            assert missing == ([CUT[name]] if name in CUT else [])

    def test_two_converted_leads_keep_what_they_became_and_when(self):
        name = "leads__crm-lead-list__0.ellipsis-removed.json"
        first, second = read({name: (FOLDER / name).read_bytes()}).leads.values()
        assert (
            first.status,
            first.person_id,
            first.conversion.person,
            first.conversion.company,
        ) == (
            "CONVERTED",
            None,
            2069,
            None,
        )
        assert (second.conversion.at - first.conversion.at).total_seconds() == 3
        assert first.conversion.id == "conversion-of-lead-5"

    def test_the_whole_folder_makes_one_account(self):
        names = [
            name for name in OUTCOMES if name != "leads__crm-lead-list__0.as-found-not-json.txt"
        ]
        account = read({name: (FOLDER / name).read_bytes() for name in names})
        assert len(account.leads) == 10
        assert account.catalogue.pipelines == {
            9: "Funnel with original name",
            10: "Lead route",
            11: "Success path",
            0: "General",
        }
        assert account.catalogue.users == {1: "Anna Fischer", 29: "Klaus Weber"}
        assert account.catalogue.stages["C10:APOLOGY"].status is LOST
        assert account.book.of(SUCCESS) == ("CONVERTED",)


class TestValuesAreReadAsBitrix24WritesThem:
    def test_a_lead_with_everything(self):
        account = nothing_strange(one(LEAD, "leads.json"))
        found = account.leads[7]
        assert found == Lead(
            id=7,
            first_name="Ann",
            last_name="Lee",
            organization_name="Acme",
            title="Head of Sales",
            description="[B]Call[/B]",
            email="ann@example.com",
            phone="+1 555 0003",
            mobile="+1 555 0001",
            fax="+1 555 0004",
            phones={"+1 555 0002"},
            facebook="fb.com/ann",
            address=Address(
                line1="1 Main Street, Suite 5", city="Springfield", state="Illinois", country="US"
            ),
            custom_fields={"UF_CRM_1700000000001": "blue", "UF_CRM_BUDGET_2026": ["a", "b"]},
            source="WEB",
            status="IN_PROCESS",
            owner="3",
            created_by="4",
            open_to_all=True,
            created_at=NOON,
        )

    def test_the_universal_methods_say_the_same_with_other_keys(self):
        found = nothing_strange(read({"crm.item.get": answer({"item": ITEM_LEAD})})).leads[7]
        assert (found.first_name, found.organization_name, found.owner, found.created_at) == (
            "Ann",
            "Acme",
            "3",
            NOON,
        )
        assert (found.phone, found.email, found.emails) == (
            "+1 555 0003",
            "ann@example.com",
            {"a@example.com"},
        )
        assert found.custom_fields == {"UF_CRM_1700000000001": "blue", "UF_CRM_BUDGET_2026": "7"}

    @pytest.mark.parametrize(
        ("raw", "owner"),
        [("5", "5"), (5, "5"), ("0", ""), (0, ""), ("", ""), (None, ""), (" 7 ", "7")],
    )
    def test_ids_are_texts_or_numbers_and_zero_is_none(self, raw, owner):
        account = nothing_strange(
            one({"ID": "7", "STATUS_ID": "NEW", "ASSIGNED_BY_ID": raw}, "crm.lead.list")
        )
        assert account.leads[7].owner == owner

    @pytest.mark.parametrize(
        "raw", ["five", "5.5", -5, 5.5, True, [5], {"id": 5}, "9" * 31, 10**30, "٣"]
    )
    def test_what_is_no_id_is_left_out(self, raw):
        account = one({"ID": "7", "STATUS_ID": "NEW", "ASSIGNED_BY_ID": raw}, "crm.lead.list")
        assert account.leads[7].owner == ""
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_a_whole_number_with_a_point_is_read_with_a_report(self):
        account = one({"ID": 7.0, "STATUS_ID": "NEW"}, "crm.lead.list")
        assert list(account.leads) == [7]
        assert account.oddities.count(Outcome.READ) == 1

    @pytest.mark.parametrize("raw", ["0", "", None, "x", -1, True, [], 0])
    def test_a_record_without_an_id_is_not_used(self, raw):
        account = one({"ID": raw, "STATUS_ID": "NEW"}, "crm.lead.list")
        assert account.leads == {}
        assert account.oddities.count(Outcome.NOT_USED) == 1

    @pytest.mark.parametrize(
        ("raw", "opened", "reports"),
        [
            ("Y", True, 0),
            ("N", False, 0),
            ("", False, 0),
            ("y", True, 1),
            (True, True, 1),
            ("?", False, 1),
        ],
    )
    def test_flags(self, raw, opened, reports):
        account = one({"ID": "7", "STATUS_ID": "NEW", "OPENED": raw}, "crm.lead.list")
        assert account.leads[7].open_to_all is opened
        assert len(account.oddities) == reports

    @pytest.mark.parametrize("raw", ["", "  ", None])
    def test_an_empty_time_is_none(self, raw):
        assert (
            nothing_strange(one({"ID": "7", "STATUS_ID": "NEW", "DATE_CREATE": raw}, "x"))
            .leads[7]
            .created_at
            is None
        )

    @pytest.mark.parametrize(
        ("raw", "value"),
        [("19999.99", Decimal("19999.99")), (999.9, Decimal("999.9")), (19000, 19000), ("", None)],
    )
    def test_amounts(self, raw, value):
        account = one({**DEAL, "OPPORTUNITY": raw}, "crm.deal.list")
        assert account.deals[410].value == value

    @pytest.mark.parametrize("raw", ["much", "1e999", "Infinity", True, [1]])
    def test_what_is_no_amount_is_left_out(self, raw):
        account = one({**DEAL, "OPPORTUNITY": raw}, "crm.deal.list")
        assert account.deals[410].value is None
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_semantics_of_which_nobody_knows_are_left_out(self):
        account = one({"ID": "7", "STATUS_ID": "NEW", "STATUS_SEMANTIC_ID": "X"}, "crm.lead.list")
        assert account.leads[7].status == "NEW"
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_a_phone_of_any_type_is_the_main_one_if_there_is_no_other(self):
        phones = [
            {"VALUE_TYPE": "OTHER", "VALUE": "1"},
            {"VALUE": "2"},
            {"VALUE_TYPE": "FAX", "VALUE": "3"},
        ]
        found = lead(PHONE=phones)
        assert (found.phone, found.phones, found.fax, found.mobile) == ("1", {"2"}, "3", "")

    @pytest.mark.parametrize(
        ("phones", "reports"),
        [
            ("12", 1),
            ([12], 1),
            ([{"VALUE": 12}], 1),
            ([{"VALUE": None}, {"VALUE": ""}], 0),
            ([None, [], {"VALUE_TYPE": "WORK"}], 2),
        ],
    )
    def test_what_is_no_phone_is_left_out(self, phones, reports):
        account = one({"ID": "7", "STATUS_ID": "NEW", "PHONE": phones}, "crm.lead.list")
        assert account.leads[7].phone == ""
        assert account.oddities.count(Outcome.LEFT_OUT) == reports

    def test_parts_of_addresses_that_are_no_texts_are_left_out(self):
        account = one(
            {"ID": "7", "STATUS_ID": "NEW", "ADDRESS": 5, "ADDRESS_REGION": "Sangamon"},
            "crm.lead.list",
        )
        assert account.leads[7].address == Address(state="Sangamon")
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_a_custom_field_that_cannot_be_kept_is_left_out_and_the_others_are_kept(self):
        deep = json.loads("[" * 30 + "]" * 30)
        body = {
            "ID": "7",
            "STATUS_ID": "NEW",
            "UF_CRM_A": deep,
            "UF_CRM_B": 1,
            "UF_CRM_C": float("inf"),
        }
        account = read({"crm.lead.list": {"result": [body]}})
        assert account.leads[7].custom_fields == {"UF_CRM_B": 1}
        assert account.oddities.count(Outcome.LEFT_OUT) == 2


class TestContactsAndCompaniesAreNumberedApart:
    def test_contact_9_and_company_9_never_meet(self):
        account = read({"crm.contact.list": answer([CONTACT]), "crm.company.list": answer([FIRM])})
        assert {id_: stored.contact.kind for id_, stored in account.contacts.items()} == {
            9: PERSON,
            "company-9": COMPANY,
        }
        assert account.contacts[9].contact.company == "company-9"

    @given(st.integers(1, 10**30 - 1), st.integers(1, 10**30 - 1))
    def test_no_two_records_have_one_id(self, contact, company):
        assert contact != company_id(company)
        assert company_number("x", company_id(company)) == company
        assert contact_number("x", contact) == contact

    @pytest.mark.parametrize(
        "id_", ["company-0", "company-09", "company-", "9", 9, "company-x", "company-9 "]
    )
    def test_what_is_no_company_is_refused(self, id_):
        with pytest.raises(InvalidError, match="a company of Bitrix24"):
            company_number("Deal.company", id_)

    @pytest.mark.parametrize("id_", [0, -1, True, "9", 10**30, "company-9"])
    def test_what_is_no_number_is_refused(self, id_):
        with pytest.raises(InvalidError, match="the number of a record"):
            contact_number("Deal.primary", id_)

    def test_companies_of_the_account_itself_are_counted_and_nobodys(self):
        account = read(
            {
                "crm.company.list": answer([{**FIRM, "IS_MY_COMPANY": "Y"}]),
                "crm.contact.list": answer([CONTACT]),
                "crm.deal.list": answer([DEAL]),
            }
        )
        assert list(account.contacts) == [9]
        assert account.skipped == {"the account's own company": 1}
        assert (account.contacts[9].contact.company, account.deals[410].company) == (None, None)
        assert account.oddities.count(Outcome.LEFT_OUT) == 2

    def test_of_several_employers_the_first_counts(self):
        firms = answer([FIRM, {**FIRM, "ID": "8"}])
        person = {**CONTACT, "COMPANY_ID": None, "COMPANY_IDS": ["9", 8]}
        account = read({"crm.company.list": firms, "crm.contact.list": answer([person])})
        assert account.contacts[9].contact.company == "company-9"
        assert len(told(account, Outcome.LEFT_OUT)) == 1

    def test_a_list_of_ids_is_read_without_what_is_none(self):
        account = one(
            {**CONTACT, "COMPANY_ID": None, "COMPANY_IDS": ["x", None, "9", 9, 0, [1]]},
            "crm.contact.list",
        )
        assert account.contacts[9].contact.company == "company-9"
        assert account.oddities.count(Outcome.READ) == 1

    def test_a_company_that_nobody_sent_is_missed(self):
        account = one(CONTACT, "crm.contact.list")
        assert account.contacts[9].contact.company == "company-9"
        (missing,) = told(account, Outcome.MISSING)
        assert missing.endswith("expected every employer, got no contact 'company-9'; missing")


class TestStatusesStandInCustomFields:
    def stored(self, **more):
        account = read(
            {"crm.contact.list": answer([CONTACT]), "crm.company.list": answer([FIRM])}, **more
        )
        return account.contacts[9], account.contacts["company-9"], account

    def test_in_words_of_any_language(self):
        person, firm, account = self.stored(prospect_field=P_FIELD, customer_field=C_FIELD)
        assert (person.prospect, person.customer) == (ProspectStatus.CURRENT, None)
        assert (firm.prospect, firm.customer) == (None, CustomerStatus.PAST)
        assert person.contact.custom_fields == {}
        nothing_strange(account)

    def test_and_without_being_named_they_are_custom_fields(self):
        person, _, _ = self.stored()
        assert (person.prospect, person.customer) == (None, None)
        assert person.contact.custom_fields == {P_FIELD: "Current Prospect"}

    @pytest.mark.parametrize("raw", ["44", 44, "perhaps", ["current"], "x" * 9999])
    def test_what_is_no_status_is_left_out(self, raw):
        account = one(
            {**CONTACT, P_FIELD: raw, "COMPANY_ID": "0", "COMPANY_IDS": []},
            "crm.contact.list",
            prospect_field=P_FIELD,
        )
        assert account.contacts[9].prospect is None
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    @pytest.mark.parametrize("field", ["TITLE", "", 7, "ufCrm_1", "UF_CRM_"])
    def test_only_custom_fields_can_be_named(self, field):
        with pytest.raises(InvalidError, match="the key of a custom field"):
            Reading(customer_field=field)


class TestL1TheBookOfStages:
    def book(self, *stages, leads=()):
        return read({"crm.status.list": answer(list(stages)), "crm.lead.list": answer(list(leads))})

    def test_is_read_with_both_encodings_in_its_order(self):
        account = nothing_strange(self.book(*BOOK))
        assert account.book == StageBook(
            [
                Stage("NEW", IN_PROCESS, "Fresh"),
                Stage("IN_PROCESS", IN_PROCESS, "Working"),
                Stage("CONVERTED", SUCCESS, "Good"),
                Stage("JUNK", FAILURE, "Bad"),
                Stage("UC_POOR", FAILURE, "No budget"),
            ]
        )

    def test_is_bitrix24s_own_if_none_was_sent(self):
        assert nothing_strange(read({})).book == BITRIX24_STAGES

    def test_in_another_order_is_put_into_this_one(self):
        account = self.book(*({**stage, "SORT": str(100 - int(stage["SORT"]))} for stage in BOOK))
        assert [stage.id for stage in account.book.stages] == [
            "IN_PROCESS",
            "NEW",
            "CONVERTED",
            "UC_POOR",
            "JUNK",
        ]
        assert [oddity.rule for oddity in account.oddities.kept] == ["L1"]

    def test_has_one_stage_of_success(self):
        account = self.book({**BOOK[1], "STATUS_ID": "DONE", "SORT": "45"}, *BOOK)
        assert account.book.success == "CONVERTED"
        assert [oddity.rule for oddity in account.oddities.kept] == ["L1"]

    def test_may_have_another_stage_of_success(self):
        assert self.book({**BOOK[1], "STATUS_ID": "DONE"}, BOOK[0], BOOK[2]).book.success == "DONE"

    def test_is_completed_with_bitrix24s_own_stages(self):
        account = self.book({**BOOK[2], "STATUS_ID": "NEW"})
        assert [(stage.id, stage.meaning) for stage in account.book.stages] == [
            ("NEW_", IN_PROCESS),
            ("CONVERTED", SUCCESS),
            ("NEW", FAILURE),
        ]
        assert account.oddities.count(Outcome.MISSING) == 2

    @pytest.mark.parametrize("stage", [{"STATUS_ID": "UC_X"}, {"STATUS_ID": " ", "SEMANTICS": "F"}])
    def test_has_no_stage_without_a_meaning_or_a_name(self, stage):
        account = self.book(*BOOK, {"ENTITY_ID": "STATUS", **stage})
        assert len(account.book.stages) == 5
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_knows_the_meaning_of_its_own_stages_when_it_is_not_told(self):
        account = nothing_strange(
            self.book(*BOOK[:4], {"ENTITY_ID": "STATUS", "STATUS_ID": "PROCESSED", "SORT": 30})
        )
        assert account.book.meaning("PROCESSED") is IN_PROCESS

    @pytest.mark.parametrize(
        ("letter", "word", "meaning", "reports"),
        [
            ("S", "failure", FAILURE, 1),
            ("X", None, None, 1),
            (7, "success", SUCCESS, 1),
            (None, "nonsense", IN_PROCESS, 1),
            ("F", ["x"], FAILURE, 1),
            ("F", "apology", FAILURE, 0),
        ],
    )
    def test_both_encodings_should_say_the_same(self, letter, word, meaning, reports):
        report = Reporter()
        body = {
            "ENTITY_ID": "STATUS",
            "STATUS_ID": "UC_1",
            "SEMANTICS": letter,
            "EXTRA": {"SEMANTICS": word},
        }
        (row,) = rows(answer([body]), "crm.status.list", report)
        assert (row.values.get("meaning"), len(report.oddities())) == (meaning, reports)

    def test_takes_up_stages_that_only_leads_name(self):
        leads = [
            {"ID": "1", "STATUS_ID": "UC_LATE", "STATUS_SEMANTIC_ID": "F"},
            {"ID": "2", "STATUS_ID": "UC_LATE"},
            {"ID": "3", "STATUS_ID": "UC_ODD"},
            {"ID": "4", "STATUS_ID": "UC_GREAT", "STATUS_SEMANTIC_ID": "S"},
            {"ID": "5", "STATUS_ID": " "},
        ]
        account = self.book(*BOOK, leads=leads)
        assert account.book.of(FAILURE) == ("JUNK", "UC_POOR", "UC_LATE")
        assert (account.book.meaning("UC_ODD"), account.book.success) == (None, "CONVERTED")
        assert [
            account.oddities.count(outcome) for outcome in (Outcome.READ, Outcome.LEFT_OUT)
        ] == [1, 2]

    def test_other_books_are_counted(self):
        account = self.book(
            {"ENTITY_ID": "HONORIFIC", "STATUS_ID": "HNR_1"},
            {"ENTITY_ID": "SOURCE", "STATUS_ID": "WEB"},
        )
        assert account.skipped == {"status of 'HONORIFIC'": 1, "an empty list": 1}
        assert account.catalogue.sources == {"WEB": "WEB"}


class TestL2JunkAndItsReasons:
    def account(self, **changes):
        body = {"ID": "7", "STATUS_ID": "JUNK", **changes}
        return read({"crm.status.list": answer(BOOK), "crm.lead.list": answer([body])})

    @pytest.mark.parametrize(
        ("stage", "text", "reason"),
        [
            ("JUNK", "", ""),
            ("JUNK", "Wrong number", "Wrong number"),
            ("UC_POOR", None, "No budget"),
            ("UC_POOR", "Next year", "Next year"),
            ("IN_PROCESS", "Called twice", ""),
            ("CONVERTED", "Called twice", ""),
        ],
    )
    def test_the_reason_is_the_text_or_the_name_of_a_further_stage(self, stage, text, reason):
        assert (
            self.account(STATUS_ID=stage, STATUS_DESCRIPTION=text).leads[7].unqualified_reason
            == reason
        )

    def test_a_stage_that_nobody_sent_is_its_own_reason(self):
        account = self.account(STATUS_ID="UC_NEW", STATUS_SEMANTIC_ID="F")
        assert account.leads[7].unqualified_reason == "UC_NEW"


class TestK13ConvertedLeads:
    body: ClassVar = {
        "ID": "7",
        "STATUS_ID": "CONVERTED",
        "STATUS_SEMANTIC_ID": "S",
        "CONTACT_ID": "9",
        "COMPANY_ID": "9",
        "MOVED_TIME": "2026-05-04T12:00:00+00:00",
        "MOVED_BY_ID": "3",
    }

    def account(self, changes=(), **more):
        return read(
            {
                "crm.lead.list": answer([{**self.body, **dict(changes)}]),
                **{f"crm.{k}.list": answer(v) for k, v in more.items()},
            }
        )

    def test_keep_what_they_became(self):
        account = self.account(deal=[DEAL], contact=[CONTACT], company=[FIRM])
        record = ConversionRecord(
            id="conversion-of-lead-7",
            lead=7,
            at=NOON,
            person=9,
            company="company-9",
            deal=410,
            actor="3",
        )
        assert account.conversions == (record,)
        assert (account.leads[7].conversion, account.leads[7].person_id) == (record, None)

    def test_were_converted_when_they_were_closed_if_nothing_says_when_they_moved(self):
        found = self.account({"MOVED_TIME": "", "DATE_CLOSED": "2026-05-04T14:00:00+02:00"}).leads[
            7
        ]
        assert found.conversion.at == NOON

    def test_are_found_by_what_points_back_at_them(self):
        nothing = {"CONTACT_ID": "0", "COMPANY_ID": None}
        person, firm = {**CONTACT, "LEAD_ID": "7"}, {**FIRM, "LEAD_ID": 7}
        record = (
            self.account(nothing, contact=[person], company=[firm], deal=[DEAL]).leads[7].conversion
        )
        assert (record.person, record.company, record.deal) == (9, "company-9", 410)

    def test_of_several_deals_the_first_counts(self):
        account = self.account(deal=[DEAL, {**DEAL, "ID": "411"}])
        assert account.leads[7].conversion.deal == 410
        assert [oddity.rule for oddity in account.oddities.kept if "became" in oddity.expected] == [
            "K13"
        ]

    def test_l10_may_have_become_nothing(self):
        account = nothing_strange(self.account({"CONTACT_ID": "0", "COMPANY_ID": "0"}))
        assert (account.leads[7].conversion, account.leads[7].status) == (None, "CONVERTED")

    def test_without_a_time_there_is_no_record_but_nothing_is_lost(self):
        account = self.account({"MOVED_TIME": ""})
        found = account.leads[7]
        assert (found.conversion, found.person_id, found.company_id) == (None, 9, "company-9")
        assert account.oddities.count(Outcome.LEFT_OUT) == 1

    def test_l4_a_repeat_lead_keeps_its_contacts_and_became_a_deal(self):
        found = self.account(
            {"IS_RETURN_CUSTOMER": "Y"}, deal=[DEAL], contact=[{**CONTACT, "LEAD_ID": "7"}]
        ).leads[7]
        assert (found.person_id, found.company_id) == (9, "company-9")
        assert (found.conversion.person, found.conversion.company, found.conversion.deal) == (
            None,
            None,
            410,
        )

    def test_l4_a_lead_that_is_not_converted_is_tied_to_its_contacts(self):
        found = self.account({"STATUS_ID": "NEW", "STATUS_SEMANTIC_ID": "P"}, deal=[DEAL]).leads[7]
        assert (found.person_id, found.company_id, found.conversion) == (9, "company-9", None)

    def test_the_contacts_of_a_lead_may_come_as_a_list(self):
        listed = [
            {"CONTACT_ID": 5, "IS_PRIMARY": "N", "SORT": 10},
            {"CONTACT_ID": 6, "IS_PRIMARY": "Y", "SORT": 20},
        ]
        account = read(
            {
                "leads.json": answer([{"ID": "7", "STATUS_ID": "NEW"}]),
                "leads/7/contacts.json": answer(listed),
            }
        )
        assert account.leads[7].person_id == 6
        assert [oddity.rule for oddity in account.oddities.kept] == ["L4"]
        assert lead(CONTACT_IDS=["4", 5]).person_id == 4


class TestDeals:
    def account(self, *deals, **more):
        return read(
            {"crm.deal.list": answer(list(deals)), "crm.contact.list": answer([CONTACT]), **more}
        )

    def test_are_read_with_their_stages_and_sources(self):
        account = self.account(
            {**DEAL, "CONTACT_IDS": ["9"]},
            **{"crm.status.list": answer(STAGES), "crm.company.list": answer([FIRM])},
        )
        assert nothing_strange(account).deals[410] == Deal(
            id=410,
            name="Ten ovens",
            primary=9,
            company="company-9",
            stage="Working",
            value=Decimal("19999.99"),
            currency="EUR",
            source="Website",
            created_at=datetime(2026, 5, 2, 7, tzinfo=timezone.utc),
        )
        assert account.changed_at == {410: datetime(2026, 5, 3, 7, tzinfo=timezone.utc)}
        assert account.catalogue.stages["C1:WON"] == DealStage(
            id="C1:WON", name="Done", pipeline=1, status=WON
        )
        assert account.catalogue.stages["WON"].pipeline == 0

    @pytest.mark.parametrize(("letter", "status"), [("P", OPEN), ("S", WON), ("F", LOST)])
    def test_the_semantics_decide_the_status(self, letter, status):
        account = self.account(
            {**DEAL, "STAGE_SEMANTIC_ID": letter}, **{"crm.status.list": answer(STAGES)}
        )
        assert account.deals[410].status is status
        assert account.oddities.count(Outcome.READ) == (status is not OPEN)

    @pytest.mark.parametrize(
        ("stage", "closed", "status", "reports"),
        [
            ("C1:WON", "Y", WON, 0),
            ("C7:LOSE", "Y", LOST, 1),
            ("NEW", "N", OPEN, 1),
            ("C7:APOLOGY", "Y", None, 1),
            ("UC_ABC", "N", OPEN, 1),
            ("UC_ABC", "", None, 1),
            ("", "", None, 1),
        ],
    )
    def test_without_semantics_the_stage_decides(self, stage, closed, status, reports):
        body = {**DEAL, "STAGE_SEMANTIC_ID": None, "STAGE_ID": stage, "CLOSED": closed}
        body["CONTACT_IDS"] = ["9"]
        account = self.account(
            body, **{"crm.status.list": answer(STAGES), "crm.company.list": answer([FIRM])}
        )
        assert {deal.status for deal in account.deals.values()} == ({status} if status else set())
        assert unsure(account) == ({} if status else {410: {9, "company-9"}})
        assert len(account.oddities) == reports

    def test_a_stage_that_says_nothing_is_left_open(self):
        stages = [
            {"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "UC_1"},
            {"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "LOSE"},
        ]
        account = self.account(
            {**DEAL, "STAGE_SEMANTIC_ID": "", "STAGE_ID": "UC_1", "CLOSED": ""},
            **{"crm.status.list": answer(stages)},
        )
        assert {id_: stage.status for id_, stage in account.catalogue.stages.items()} == {
            "UC_1": None,
            "LOSE": LOST,
        }
        assert list(account.undecided) == [410]

    def test_w6_a_company_alone_is_the_primary_contact(self):
        found = self.account({**DEAL, "CONTACT_ID": "0"}).deals[410]
        assert (found.primary, found.company) == ("company-9", None)

    def test_w6_a_deal_with_nobody_is_not_used(self):
        account = self.account({**DEAL, "CONTACT_ID": None, "COMPANY_ID": "0"})
        assert (account.deals, account.undecided) == ({}, {})
        assert "W6" in [
            oddity.rule for oddity in account.oddities.kept if oddity.outcome is Outcome.NOT_USED
        ]

    def test_w2_a_company_that_is_not_told_is_that_of_the_primary_contact(self):
        body = {key: value for key, value in DEAL.items() if key != "COMPANY_ID"}
        account = self.account(body)
        assert account.deals[410].company == "company-9"
        assert "W2" in [oddity.rule for oddity in account.oddities.kept]
        assert self.account({**DEAL, "COMPANY_ID": "0"}).deals[410].company is None

    def test_contacts_stand_in_the_deal_or_in_a_list_of_their_own(self):
        members = [
            {"CONTACT_ID": 55, "SORT": 200, "ROLE_ID": 0, "IS_PRIMARY": "N"},
            {"CONTACT_ID": 9, "SORT": 100, "ROLE_ID": 0, "IS_PRIMARY": "Y"},
        ]
        by_list = self.account(DEAL, **{"deals/410/contacts.json": answer(members)}).deals[410]
        by_method = self.account(
            DEAL, **{"crm.deal.contact.items.get?id=410": answer(members)}
        ).deals[410]
        inside = self.account({**DEAL, "CONTACT_IDS": ["9", "55"]}).deals[410]
        assert by_list == by_method == inside
        assert (inside.primary, inside.involved) == (9, {55})
        assert audience(inside) == {9, 55, "company-9"}

    @pytest.mark.parametrize(
        ("flags", "primary"), [(("N", "Y"), 8), (("N", "N"), 8), (("Y", "N"), 7)]
    )
    def test_a_list_may_tell_the_primary_contact(self, flags, primary):
        members = [
            {"CONTACT_ID": 7, "SORT": 20, "IS_PRIMARY": flags[0]},
            {"CONTACT_ID": 8, "SORT": 10, "IS_PRIMARY": flags[1]},
        ]
        account = self.account(
            {**DEAL, "CONTACT_ID": None}, **{"deals/410/contacts.json": answer(members)}
        )
        assert (account.deals[410].primary, account.deals[410].involved) == (
            primary,
            {7, 8} - {primary},
        )

    def test_where_both_tell_a_primary_contact_the_deal_counts(self):
        members = [{"CONTACT_ID": 7, "SORT": 20, "IS_PRIMARY": "Y"}]
        account = self.account(DEAL, **{"deals/410/contacts.json": answer(members)})
        assert (account.deals[410].primary, account.deals[410].involved) == (9, {7})
        assert "one primary contact of a deal" in [
            oddity.expected for oddity in account.oddities.kept
        ]

    @pytest.mark.parametrize("name", ["crm.deal.contact.items.get", "deals/411/contacts.json"])
    def test_a_list_without_its_deal_is_reported(self, name):
        deal = {**DEAL, "CONTACT_IDS": ["9"]}
        account = self.account(deal, **{name: answer([{"CONTACT_ID": 7, "IS_PRIMARY": "N"}])})
        assert account.deals[410].involved == frozenset()
        assert (
            len([oddity for oddity in account.oddities.kept if "contacts" in oddity.expected]) == 1
        )

    def test_the_universal_methods_say_the_same(self):
        body = {
            "id": 1,
            "stageId": "C1:WON",
            "stageSemanticId": "S",
            "categoryId": 1,
            "contactId": 9,
            "companyId": 9,
            "contactIds": [9, 8],
        }
        found = read({"crm.item.list?entityTypeId=2": answer({"items": [body]})}).deals[1]
        assert (found.status, found.primary, found.company, found.involved) == (
            WON,
            9,
            "company-9",
            {8},
        )

    def test_that_involved_contacts_are_unknown_is_told(self):
        def said(account):
            return [each for each in told(account, Outcome.MISSING) if "involved" in each]

        assert len(said(self.account(DEAL))) == 1
        assert said(self.account({**DEAL, "CONTACT_IDS": []})) == []
        listed = answer([{"CONTACT_ID": 9, "IS_PRIMARY": "Y"}])
        assert said(self.account(DEAL, **{"deals/410/contacts.json": listed})) == []

    def test_a_lead_of_junk_that_became_a_deal_is_told(self):
        junk = answer([{"ID": "7", "STATUS_ID": "JUNK", "STATUS_SEMANTIC_ID": "F"}])
        other = answer([{**CONTACT, "LEAD_ID": "99"}])
        account = self.account(DEAL, **{"crm.lead.list": junk, "crm.contact.list": other})
        assert "lead 7, of which deal 410 was made" in " ".join(told(account, Outcome.READ))

    def test_the_account_derives_the_statuses(self):
        account = self.account(
            {**DEAL, "STAGE_SEMANTIC_ID": "S"}, **{"crm.company.list": answer([FIRM])}
        )
        derived = account.derived()
        assert derived[9].customer is derived["company-9"].customer is CustomerStatus.CURRENT
        assert derived[9] == SalesStatus(customer=CustomerStatus.CURRENT, deals={410: WON})


class TestStageHistories:
    def row(self, **changes):
        return {
            "ID": 35,
            "TYPE_ID": 1,
            "OWNER_ID": 410,
            "CREATED_TIME": "2026-05-02T07:00:00+00:00",
            **changes,
        }

    def test_those_of_leads_are_visits(self):
        visited = [
            self.row(ID=1, OWNER_ID=7, STATUS_ID="NEW", STATUS_SEMANTIC_ID="P"),
            self.row(
                ID=2,
                OWNER_ID=7,
                STATUS_ID="UC_1",
                STATUS_SEMANTIC_ID="P",
                CREATED_TIME="2026-05-03T07:00:00+00:00",
            ),
        ]
        account = read(
            {
                "crm.stagehistory.list?entityTypeId=1": answer({"items": visited}),
                "leads.json": answer([LEAD]),
            }
        )
        assert account.visits == (
            Visit(7, "NEW", datetime(2026, 5, 2, 7, tzinfo=timezone.utc)),
            Visit(7, "UC_1", datetime(2026, 5, 3, 7, tzinfo=timezone.utc)),
        )
        assert account.book.meaning("UC_1") is IN_PROCESS
        steps = funnel(account.leads.values(), account.visits, account.book)
        assert {step.stage: step.leads for step in steps} == {
            "NEW": 1,
            "IN_PROCESS": 1,
            "PROCESSED": 0,
            "UC_1": 1,
            "CONVERTED": 0,
        }

    def test_those_of_deals_are_rows_of_evidence(self):
        told_ = [
            self.row(STAGE_ID="C1:EXECUTING", STAGE_SEMANTIC_ID="P", CATEGORY_ID=1),
            self.row(ID=36, STAGE_ID="C1:WON", CREATED_TIME="2026-05-03T07:00:00+00:00"),
            self.row(ID=36, STAGE_ID="C1:WON", CREATED_TIME="2026-05-03T07:00:00+00:00"),
            self.row(ID=37, STAGE_ID="C9:LOSE", CREATED_TIME="2026-05-04T07:00:00+00:00"),
            self.row(ID=38, STAGE_ID="UC_7"),
            self.row(ID=39, OWNER_ID=5, STAGE_ID="WON"),
        ]
        account = read(
            {
                "stagehistory.json": answer({"items": told_}),
                "crm.deal.list": answer([DEAL]),
                "crm.status.list": answer(STAGES),
            }
        )
        assert account.stage_rows == (
            StageRow(410, datetime(2026, 5, 2, 7, tzinfo=timezone.utc), OPEN, "Working"),
            StageRow(410, datetime(2026, 5, 3, 7, tzinfo=timezone.utc), WON, "Done"),
            StageRow(410, datetime(2026, 5, 4, 7, tzinfo=timezone.utc), LOST, "C9:LOSE"),
        )
        assert [account.oddities.count(o) for o in (Outcome.READ, Outcome.NOT_USED)] == [2, 1]
        assert len(account.evidence()) == 4

    def test_rows_without_ids_are_told_apart_by_what_they_say(self):
        bare = {key: value for key, value in self.row(STAGE_ID="C1:WON").items() if key != "ID"}
        account = read(
            {"stagehistory.json": answer({"items": [bare, bare]}), "crm.deal.list": answer([DEAL])}
        )
        assert len(account.stage_rows) == 1


class TestWebhooks:
    SECRET = "s3cr3t0123456789"

    def event(
        self, event="ONCRMLEADADD", id_="7", ts="1777896000", domain="acme.bitrix24.com", **more
    ):
        auth = {
            "access_token": self.SECRET,
            "domain": domain,
            "member_id": self.SECRET,
            "application_token": self.SECRET,
        }
        return json.dumps(
            {
                "event": event,
                "event_handler_id": "7",
                "data": {"FIELDS": {"ID": id_}},
                "ts": ts,
                "auth": auth,
                **more,
            }
        )

    def test_tell_what_is_to_be_fetched(self):
        account = nothing_strange(
            read({"hook": self.event(), "hook-2": self.event("oncrmdealupdate", "8", ts=None)})
        )
        assert set(account.to_fetch) == {ToFetch(Kind.LEAD, 7, NOON), ToFetch(Kind.DEAL, 8, None)}

    def test_nothing_of_their_secrets_is_kept(self):
        report = Reporter()
        found = list(rows(self.event(token=self.SECRET), "hook", report))
        found += list(rows(self.event(event=["x"]), "hook", report))
        found += list(rows(self.event(id_={"token": self.SECRET}), "hook", report))
        assert self.SECRET not in repr(found) + repr(report.oddities())
        assert found[0].body == {
            "event": "ONCRMLEADADD",
            "event_handler_id": "7",
            "data": {"FIELDS": {"ID": "7"}},
            "ts": "1777896000",
        }

    def test_what_is_there_and_newer_is_not_fetched(self):
        leads = answer(
            [{"ID": "7", "STATUS_ID": "NEW", "DATE_MODIFY": "2026-05-04T12:00:01+00:00"}]
        )
        assert read({"hook": self.event(), "leads.json": leads}).to_fetch == ()
        assert (
            read(
                {"hook": self.event(), "leads.json": leads.replace("12:00:01", "11:59:59")}
            ).to_fetch
            != ()
        )

    def test_what_was_deleted_is_gone(self):
        account = read(
            {
                "hook": self.event("ONCRMLEADDELETE"),
                "hook-1": self.event("ONCRMDEALUPDATE", "410", ts="1777895000"),
                "hook-2": self.event("ONCRMDEALDELETE", "410"),
                "hook-3": self.event("ONCRMDEALDELETE", "411"),
                "hook-4": self.event("ONCRMCOMPANYDELETE", "9"),
                "leads.json": answer([LEAD]),
                "deals.json": answer([DEAL]),
                "companies.json": answer([FIRM]),
            }
        )
        assert (account.leads, account.deals, account.contacts, account.to_fetch) == (
            {},
            {},
            {},
            (),
        )
        assert account.gone == {410: {9, "company-9"}, 411: set()}

    def test_what_was_restored_is_to_be_fetched(self):
        hooks = {
            "1": self.event("ONCRMDEALDELETE", "410"),
            "2": self.event("ONCRMDEALADD", "410", ts="1777896001"),
        }
        account = read(hooks)
        assert (account.gone, [fetch.id for fetch in account.to_fetch]) == ({}, [410])

    def test_of_other_things_are_counted(self):
        account = read(
            {
                "hook": self.event("ONTASKADD"),
                "hook-2": self.event(id_="x"),
                "hook-3": self.event(id_=None),
            }
        )
        assert (account.to_fetch, account.skipped) == ((), {"webhook 'ONTASKADD'": 1})
        assert account.oddities.count(Outcome.NOT_USED) == 2

    @pytest.mark.parametrize("ts", ["soon", "253402300800", "", [], 10**40])
    def test_a_strange_time_is_left_out(self, ts):
        account = read({"hook": self.event(ts=ts)})
        assert (account.to_fetch, account.oddities.count(Outcome.LEFT_OUT)) == (
            (ToFetch(Kind.LEAD, 7),),
            1,
        )

    def test_without_a_name_they_are_not_used(self):
        account = read({"hook": self.event("")})
        assert (account.to_fetch, account.oddities.count(Outcome.NOT_USED)) == ((), 1)

    def test_those_of_another_account_are_not_used(self):
        account = read(
            {"hook": self.event(), "hook-2": self.event(id_="8", domain="evil.bitrix24.com")}
        )
        assert [fetch.id for fetch in account.to_fetch] == [7]
        assert account.oddities.count(Outcome.NOT_USED) == 1

    def test_nor_are_answers_of_another_account(self):
        account = read(
            [
                ("https://acme.bitrix24.com/rest/1/s3cr3t/crm.lead.list", answer([LEAD])),
                (
                    "https://other.bitrix24.com/rest/1/t0psecret/crm.lead.list",
                    answer([{**LEAD, "ID": "8"}]),
                ),
            ]
        )
        assert list(account.leads) == [7]
        assert account.oddities.count(Outcome.NOT_USED) == 1
        assert "t0psecret" not in repr(account.oddities)

    def test_addresses_are_told_without_their_secrets(self):
        address = "https://user:pw@Acme.bitrix24.com/rest/1/s3cr3t/crm.lead.list?auth=t0ken&start=5"
        assert cleaned(address) == "https://Acme.bitrix24.com/rest/1/…/crm.lead.list?auth=…&start=5"
        assert (domain_of(address), domain_of("leads.json")) == ("acme.bitrix24.com", "")
        account = read(
            {"https://a.bitrix24.com/rest/1/s3cr3t/crm.lead.list": answer([{}, 5, {"ID": "x"}])}
        )
        assert len(account.oddities) == 2 and "s3cr3t" not in repr(account.oddities)


class TestAnswersOfAllShapes:
    def test_a_batch_is_read_by_the_names_of_its_requests(self):
        batch = {
            "result": {"leads": [LEAD], "crm.deal.list": [DEAL], "odd": 5},
            "result_error": {"contacts": {"error": "ACCESS_DENIED"}},
            "result_total": {"leads": 1, "crm.deal.list": 3},
            "result_next": {"crm.deal.list": 50},
        }
        account = read({"batch.json": answer(batch)})
        assert (list(account.leads), list(account.deals)) == ([7], [410])
        assert account.skipped == {"the id of a new record": 1}
        assert "1 of 3" in str(account.oddities.kept)
        assert account.oddities.count(Outcome.NOT_USED) == 1

    def test_a_batch_may_have_no_names(self):
        account = read({"batch.json": answer({"result": [[LEAD], {"item": ITEM_LEAD}]})})
        assert list(account.leads) == [7]

    def test_batches_in_batches_end(self):
        nested = [LEAD]
        for _ in range(9):
            nested = {"result": {"leads": nested}}
        account = read({"batch.json": {"result": nested}})
        assert (account.leads, account.oddities.count(Outcome.NOT_USED)) == ({}, 1)

    def test_records_alone_and_answers_come_one_a_line(self):
        lines = "\n".join(
            json.dumps(line)
            for line in (LEAD, {"result": [DEAL]}, {"error": "X"}, [CONTACT, {"result": [FIRM]}])
        )
        account = read({"export.jsonl": lines})
        assert (list(account.leads), list(account.deals), list(account.contacts)) == (
            [7],
            [410],
            ["company-9", 9],
        )
        assert account.oddities.count(Outcome.NOT_USED) == 1

    def test_answers_that_are_no_records_are_counted(self):
        account = read(
            [("x", answer(value)) for value in (True, 5, [], {}, {"LEAD": [1], "CONTACT": []})]
        )
        assert account.skipped == {
            "a confirmation": 1,
            "the id of a new record": 1,
            "an empty list": 1,
            "an empty object": 1,
            "the ids of duplicates": 1,
        }
        nothing_strange(account)

    @pytest.mark.parametrize("value", [None, "done", 1.5, [5], {"LEAD": 5}, {"items": 5}])
    def test_answers_that_are_nothing_are_not_used(self, value):
        account = read({"x": answer(value)})
        assert (account.leads, account.oddities.count(Outcome.NOT_USED)) == ({}, 1)

    @pytest.mark.parametrize("body", ["5", '"x"', "null"])
    def test_what_is_no_answer_is_not_used(self, body):
        assert read({"x": body}).oddities.count(Outcome.NOT_USED) == 1

    def test_errors_are_told_by_their_code_only(self):
        account = read(
            {
                "x": json.dumps(
                    {"error": "expired_token", "error_description": "token 123 of Ann expired"}
                )
            }
        )
        assert [oddity.found for oddity in account.oddities.kept] == [
            "an error response: 'expired_token'"
        ]
        assert (
            read({"x": '{"error": {"a": 1}}'}).oddities.kept[0].found
            == "an error response: an object with 1 keys"
        )

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("crm.contact.list", Kind.CONTACT),
            ("export/crm_contact_list.json", Kind.CONTACT),
            ("export/contacts/page-2.json", Kind.CONTACT),
            ("CONTACTS.JSON", Kind.CONTACT),
            ("crm.item.list?entityTypeId=3", Kind.CONTACT),
            ("items-entityTypeId=3.json", Kind.CONTACT),
            ("all-companies.json", Kind.COMPANY),
            ("crm.company.get.json", Kind.COMPANY),
            ("user.get", Kind.USER),
            ("users.json", Kind.USER),
            ("crm.category.list", Kind.CATEGORY),
            ("crm.deal.userfield.list", None),
            ("crm.item.list?entityTypeId=31", None),
            ("crm.lead.fields", None),
            ("stagehistory", None),
            ("notes.json", None),
        ],
    )
    def test_the_name_tells_the_kind(self, name, kind):
        report = Reporter()
        found = list(rows(answer([{"ID": "1", "NAME": "Ann"}]), name, report))
        assert [row.kind for row in found] == [kind] * (kind is not None)
        assert len(report.oddities()) == (kind is None)

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            ({"ID": "1", "STATUS_ID": "NEW"}, Kind.LEAD),
            ({"ID": "1", "STAGE_ID": "NEW"}, Kind.DEAL),
            ({"ID": "1", "EXPORT": "Y"}, Kind.CONTACT),
            ({"id": 1, "stageId": "NEW", "lastName": None}, Kind.LEAD),
            ({"id": 1, "stageId": "NEW", "categoryId": 0}, Kind.DEAL),
            ({"id": 1, "isMyCompany": "N"}, Kind.COMPANY),
            ({"id": 1, "entityTypeId": 3}, Kind.CONTACT),
            ({"ID": "1", "CONTACT_ID": "5", "IS_PRIMARY": "Y", "STAGE_ID": "NEW"}, Kind.DEAL),
        ],
    )
    def test_a_key_tells_the_kind(self, body, kind):
        (row,) = rows(answer([body]), "x")
        assert row.kind is kind

    def test_items_of_other_types_are_counted(self):
        account = read({"x": answer({"item": {"id": 1, "entityTypeId": 177}})})
        assert account.skipped == {"items of type 177": 1}

    def test_custom_fields_are_defined_with_their_opt_ins(self):
        def field(type_, **more):
            return {"type": type_, "isRequired": False, "title": "T", "isMultiple": False, **more}

        choice_ = field(
            "enumeration", items=[{"ID": "1", "VALUE": "red"}, {"ID": 2}, "x", {"ID": "1"}]
        )
        leads = {
            "TITLE": field("string"),
            "UF_CRM_A": field("string"),
            "UF_CRM_B": choice_,
            "UF_CRM_C": {**choice_, "isMultiple": True},
            "UF_CRM_D": field("double", isMultiple=True),
            "UF_CRM_E": field("enumeration"),
            "UF_CRM_F": field("crm"),
            "UF_CRM_G": field(None),
        }
        account = read(
            {
                "crm.lead.fields": answer(leads),
                "crm.deal.fields": answer({"UF_CRM_A": field("string")}),
                "crm.item.fields?entityTypeId=3": answer({"ufCrmA": field("string")}),
                "fields.json": answer({"UF_CRM_Z": field("string")}),
            }
        )
        assert account.fields[Scope.LEAD] == (
            FieldDefinition(name="UF_CRM_A", person=True, deal=True),
            FieldDefinition(name="UF_CRM_B", type=FieldType.DROP_DOWN, choices=("red", "2")),
            FieldDefinition(name="UF_CRM_C", type=FieldType.MULTI_SELECT, choices=("red", "2")),
            FieldDefinition(name="UF_CRM_E"),
            FieldDefinition(name="UF_CRM_F"),
        )
        assert account.fields.keys() == {Scope.LEAD, Scope.DEAL, Scope.CONTACT}
        assert [account.oddities.count(o) for o in (Outcome.NOT_USED, Outcome.READ)] == [2, 1]

    def test_with_statuses_alone_wanted_the_profiles_are_not_read(self):
        contents = {
            "leads.json": answer([LEAD]),
            "contacts.json": answer([CONTACT]),
            "crm.company.list": answer([FIRM]),
            "deals.json": answer([DEAL]),
        }
        slim = read(contents, wanted=Wanted.STATUSES, prospect_field=P_FIELD)
        full = read(contents, prospect_field=P_FIELD)
        assert (slim.leads, slim.contacts[9].contact.title) == ({}, "")
        assert slim.contacts[9].prospect is ProspectStatus.CURRENT
        assert slim.derived() == full.derived()


class TestTheSameRecordSeveralTimes:
    def test_is_put_together_from_what_each_body_tells(self):
        account = read(
            [
                ("a", answer([{"ID": "7", "STATUS_ID": "NEW", "NAME": "Ann", "POST": "Boss"}])),
                ("b", answer([{"ID": "7", "STATUS_ID": "IN_PROCESS", "POST": None}])),
            ]
        )
        found = account.leads[7]
        assert found.first_name == "Ann"
        assert len(told(account, Outcome.READ)) == 1
        both = told(account, Outcome.LEFT_OUT)  # for nothing tells which is the newer one
        assert ["'NEW' and 'IN_PROCESS'" in both[0], "'Boss' and None" in both[1]] == [True] * 2

    def test_the_newer_one_counts_whatever_comes_first(self):
        new = {"ID": "7", "STATUS_ID": "IN_PROCESS", "DATE_MODIFY": "2026-05-05T00:00:00+00:00"}
        old = {
            "ID": "7",
            "STATUS_ID": "NEW",
            "NAME": "Ann",
            "DATE_MODIFY": "2026-05-04T00:00:00+00:00",
        }
        for pair in ([new, old], [old, new]):
            found = read({"leads.json": answer(pair)}).leads[7]
            assert (found.first_name, found.status) == ("Ann", "IN_PROCESS")

    def test_however_different_the_keys_of_the_bodies_are(self):
        many = [
            {"ID": str(number), "STATUS_ID": "NEW", f"UF_CRM_{number}": number}
            for number in range(1, 1100)
        ]
        account = read({"crm.lead.list": answer(many, total=1099)})
        assert nothing_strange(account).leads[1099].custom_fields == {"UF_CRM_1099": 1099}

    def test_the_same_body_twice_changes_nothing(self):
        once, twice = read({"a": answer([LEAD])}), read({"a": answer([LEAD]), "b": answer([LEAD])})
        assert once.leads == twice.leads
        assert [oddity.found for oddity in twice.oddities.kept] == ["lead 7 again, the same"]

    def test_another_record_of_another_account_is_not_used(self):
        account = read(
            {
                "a": answer([LEAD]),
                "b": answer([{**LEAD, "NAME": "Zoe", "DATE_CREATE": "2020-01-01T00:00:00+00:00"}]),
            }
        )
        assert account.leads[7].first_name == "Ann"
        assert account.oddities.count(Outcome.NOT_USED) == 1


class TestPagesThatAreMissing:
    def page(self, *ids, **more):
        return answer([{"ID": str(id_), "STATUS_ID": "NEW"} for id_ in ids], **more)

    def missing(self, *pages):
        return told(
            read({f"leads-{number}.json": body for number, body in enumerate(pages)}),
            Outcome.MISSING,
        )

    def test_a_whole_list_is_whole(self):
        assert self.missing(self.page(1, 2, total=3, next=2), self.page(3, total=3)) == []
        assert self.missing(self.page(1, 2, next=2), self.page(3)) == []

    def test_a_list_that_is_shorter_than_it_says(self):
        assert "got 2 of 3" in self.missing(self.page(1, 2, total=3, next=2))[0]

    def test_a_page_that_comes_twice_replaces_no_other(self):
        assert (
            "got 2 of 4"
            in self.missing(self.page(1, 2, total=4, next=2), self.page(1, 2, total=4, next=2))[0]
        )

    def test_a_list_that_names_a_next_page_only(self):
        assert "got no page from 2 on" in self.missing(self.page(1, 2, next=2))[0]

    def test_what_cannot_be_read_was_given_all_the_same(self):
        body = answer([5, {"ID": ["x"]}, {"STATUS_ID": "NEW"}], total=3)
        assert told(read({"leads.json": body}), Outcome.MISSING) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Y", "0", "P", "7", "WORK"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ID", "id", "VALUE", "result", "FIELDS", "x", "STATUS_ID"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
SHAPED = [
    {"result": [LEAD], "total": 1, "next": 50},
    {"result": {"item": ITEM_LEAD}},
    {"result": [CONTACT, FIRM, DEAL]},
    {"result": [*STAGES, *BOOK], "total": 10},
    {
        "result": {
            "items": [
                {
                    "ID": 1,
                    "OWNER_ID": 410,
                    "CREATED_TIME": "2026-05-02T07:00:00+00:00",
                    "STAGE_ID": "WON",
                }
            ]
        }
    },
    {"result": [{"CONTACT_ID": 5, "SORT": 10, "IS_PRIMARY": "Y"}]},
    {
        "result": {
            "result": {"leads": [LEAD]},
            "result_error": {"x": {}},
            "result_total": {"leads": 2},
        }
    },
    {"result": {"categories": [{"id": 1, "name": "Sales", "entityTypeId": 2}]}},
    {"result": {"UF_CRM_A": {"type": "enumeration", "isRequired": False, "items": [{"ID": "1"}]}}},
    {
        "event": "ONCRMDEALDELETE",
        "data": {"FIELDS": {"ID": "410"}},
        "ts": "1777896000",
        "auth": {"domain": "a.b"},
    },
]
NAMES = [
    "crm.lead.list",
    "deals/410/contacts.json",
    "contacts.json",
    "crm.deal.fields",
    "x",
    "crm.item.list?entityTypeId=4",
]


def places(value, path=()):
    """Yield the paths of everything in a body."""
    yield path
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, member in members:
        yield from places(member, (*path, key))


def put(value, path, new):
    """Return a body with something else at one place."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


@st.composite
def mutated(draw):
    body = draw(st.sampled_from(SHAPED))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(places(body))))
        body = put(body, path, draw(JSON))
    return body


class TestNothingThatIsReadIsAnError:
    @given(st.lists(st.tuples(st.sampled_from(NAMES), mutated()), min_size=1, max_size=4))
    def test_whatever_stands_anywhere(self, contents):
        contents = [(name, json.dumps(body)) for name, body in contents]
        account = read(contents, prospect_field=P_FIELD, customer_field=C_FIELD)
        assert account.crm == "bitrix24"
        account.derived()
        account.audited()

    @given(st.sampled_from(NAMES), st.binary(max_size=60) | st.text(max_size=60))
    def test_whatever_is_no_json(self, name, content):
        assert read({name: content}).deals == {}

    @pytest.mark.parametrize(
        "content",
        [
            "<html><body>Log in</body></html>",
            '{"result": [{"ID": "7", "STATUS_ID": "NEW"}',
            "[" * 100_000,
            "[" * 900 + "]" * 900,
            '{"result": ' * 300 + "5" + "}" * 300,
            b"\xff\xfe\x00",
            "",
        ],
    )
    def test_hostile_contents_end_in_one_oddity(self, content):
        account = read({"leads.json": content})
        assert (account.leads, len(account.oddities)) == ({}, 1)

    @pytest.mark.parametrize(
        "contents", [None, 5, "crm.lead.list", b"x", [5], [("a",)], [(1, "x")], ["ab"]]
    )
    def test_only_arguments_are(self, contents):
        with pytest.raises(InvalidError):
            read(contents)


OTHERS = [
    *STAGES,
    *BOOK,
    {"CONTACT_ID": 5, "SORT": 10, "IS_PRIMARY": "Y"},
    {"ID": "3", "NAME": "Ann", "LAST_NAME": "Lee", "USER_TYPE": "employee"},
    {"event": "ONCRMLEADADD", "data": {"FIELDS": {"ID": "7"}}, "ts": "1777896000"},
]


class TestKeysAndTexts:
    @pytest.mark.parametrize(
        "body",
        [LEAD, ITEM_LEAD, CONTACT, FIRM, DEAL, *OTHERS],
        ids=lambda body: "-".join(list(body)[:2]),
    )
    def test_a_body_says_something_of_every_field_that_is_read(self, body):
        (row,) = rows([body], "contacts.json", columns=with_statuses(P_FIELD, C_FIELD))
        read = row.columns.mentioned(row.body) | ({"id"} if row.kind is Kind.EVENT else set())
        assert read >= row.values.keys()

    @given(st.from_regex(r"UF_CRM(_[A-Z0-9]+)+", fullmatch=True))
    def test_a_custom_field_has_one_name_in_both_forms(self, key):
        assert custom_name(item_key(key)) == custom_name(key) == key

    @pytest.mark.parametrize(("raw", "name"), [(5, "5"), (2.5, "2.5"), (True, ""), ([], "")])
    def test_a_number_is_read_as_its_text(self, raw, name):
        account = one({"ID": "7", "STATUS_ID": "NEW", "NAME": raw}, "crm.lead.list")
        assert (account.leads[7].first_name, len(account.oddities)) == (name, 1)


class TestPatch:
    def test_the_patch_of_an_audit_is_a_request_for_each_contact(self):
        person = {**CONTACT, "COMPANY_ID": "0", "COMPANY_IDS": [], P_FIELD: "none", C_FIELD: "none"}
        deal = {**DEAL, "COMPANY_ID": "0"}
        firm_deal = {**DEAL, "ID": "411", "CONTACT_ID": "0"}
        firm = {**FIRM, P_FIELD: "none"}
        account = read(
            {
                "crm.contact.list": answer([person]),
                "crm.company.list": answer([firm]),
                "crm.deal.list": answer([deal, firm_deal]),
            },
            prospect_field=P_FIELD,
            customer_field=C_FIELD,
        )
        fixes = account.audited().patch
        requests = list(
            patch(
                fixes() if callable(fixes) else fixes,
                prospect_field=P_FIELD,
                customer_field=C_FIELD,
            )
        )
        assert {request["method"] for request in requests} == {
            "crm.contact.update",
            "crm.company.update",
        }
        assert {
            "method": "crm.contact.update",
            "params": {"id": 9, "fields": {P_FIELD: "current"}},
        } in requests
        with pytest.raises(InvalidError, match="prospect_field"):
            list(patch(fixes() if callable(fixes) else fixes))


def test_the_repr_of_a_portal_tells_how_much_and_nothing_of_it():
    account = read({"crm.lead.list": {"result": [{"ID": "5", "NAME": "Ann", "STATUS_ID": "NEW"}]}})
    assert repr(account).startswith(
        "<Account of bitrix24: 0 contacts, 0 deals, 0 undecided, 1 leads"
    )


@pytest.mark.parametrize("wrong", [7, None, "x", {"ID": "1"}])
def test_a_patch_is_made_of_fixes_alone(wrong):
    with pytest.raises(InvalidError) as refused:
        list(patch([wrong], prospect_field="UF_CRM_A"))
    assert (refused.value.place, refused.value.value) == ("fixes", wrong)


SLIM_DEAL = {"ID": "5", "STAGE_ID": "WON", "STAGE_SEMANTIC_ID": "S", "CONTACT_ID": "9"}
ITEM_DEAL = {"id": 5, "stageId": "WON", "stageSemanticId": "S", "contactId": 9}
DEAL_ITEMS = "crm.item.list?entityTypeId=2"


def one_way(contents, see):
    """Return what is seen of an account, the same in every order of its files."""
    first, *others = [see(read(dict(order))) for order in permutations(contents.items())]
    assert all(other == first for other in others)
    return first


class TestAnswersThatAreNotWhole:
    """A4: with the envelope or without, by name, by number or by id, all records are read."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            (DEAL_ITEMS, {"items": [ITEM_DEAL]}),
            (DEAL_ITEMS, {"items": [ITEM_DEAL], "total": 1, "time": {"start": 1}}),
            ("crm.item.get?entityTypeId=2", {"item": ITEM_DEAL}),
            (DEAL_ITEMS, {"5": ITEM_DEAL}),
            ("crm.deal.list", {"5": {key: SLIM_DEAL[key] for key in SLIM_DEAL if key != "ID"}}),
            ("crm.deal.list", {"0": SLIM_DEAL}),
            ("crm.deal.list", [[SLIM_DEAL]]),
            ("all.json", {"crm.deal.list": {"result": [SLIM_DEAL]}, "crm.contact.list": []}),
            ("batch", {"result": [[SLIM_DEAL]], "result_total": [1]}),
            ("batch", {"result": {"result": {"a": {"result": [[SLIM_DEAL]]}}}}),
            ("batches", [{"result": {"result": [[SLIM_DEAL]], "result_next": []}}]),
            ("x", {"type": "RECORD", "stream": "deals", "record": SLIM_DEAL}),
        ],
    )
    def test_a_deal_is_read(self, name, content):
        for each in (content, json.dumps(content)):
            account = read({name: each})
            assert account.deals[5].status is WON
            assert account.deals[5].primary == 9

    def test_categories_and_definitions_of_fields_say_their_kinds(self):
        field = {"type": "string", "isRequired": False}
        account = read(
            {
                "x": {"categories": [{"id": 1, "name": "Sales", "entityTypeId": 2}]},
                "crm.item.fields?entityTypeId=1": {"result": {"fields": {"ufCrm_1": field}}},
            }
        )
        assert account.catalogue.pipelines == {1: "Sales"}
        assert [each.name for each in account.fields[Scope.LEAD]] == ["UF_CRM_1"]

    @pytest.mark.parametrize("numbers", [[2, 77], {"1": 77}, [None, "77"], {"0": "2", "1": "77.0"}])
    def test_the_totals_of_a_numbered_batch_are_those_of_its_requests(self, numbers):
        results = [[SLIM_DEAL, {**SLIM_DEAL, "ID": "6"}], [{"ID": "9", "EXPORT": "Y"}]]
        account = read({"batch": answer({"result": results, "result_total": numbers})})
        assert [each for each in told(account, Outcome.MISSING) if "77" in each]
        assert not any("2 of 2" in each for each in told(account, Outcome.MISSING))

    @pytest.mark.parametrize(
        ("errors", "code"),
        [
            ([{"error": "ACCESS_DENIED"}], "'ACCESS_DENIED'"),
            ({"0": {"error": "X"}}, "'X'"),
            (["LIMIT"], "'LIMIT'"),
            ([None, {}], "without a code"),
            ([{"error": {"code": "Y"}}], "'Y'"),
        ],
    )
    def test_the_errors_of_a_batch_are_told_with_their_codes(self, errors, code):
        account = read({"batch": answer({"result": [], "result_error": errors})})
        assert [one.found for one in account.oddities.kept] == [f"an error response: {code}"]

    def test_an_error_beside_a_result_hides_nothing(self):
        account = read({"crm.deal.list": {"error": "LATE", "result": [SLIM_DEAL]}})
        assert list(account.deals) == [5]
        assert account.oddities.count(Outcome.NOT_USED) == 1

    def test_a_number_that_is_none_is_told(self):
        account = read({"crm.deal.list": answer([SLIM_DEAL], total="many")})
        assert "'many'" in told(account, Outcome.LEFT_OUT)[0]

    def test_keys_that_nobody_knows_are_counted(self):
        account = one({**SLIM_DEAL, "TITEL": "Ovens"}, "crm.deal.list")
        assert dict(account.skipped) == {"deal: a key that is not known: 'TITEL'": 1}

    @pytest.mark.parametrize("answered", [({"result": 1}, True), ({"result": "2"}, False)])
    def test_whether_leads_are_used(self, answered):
        content, uses = answered
        account = read({"crm.settings.mode.get": content})
        assert nothing_strange(account).uses_leads is uses
        assert read({}).uses_leads is None

    def test_the_stages_of_a_book_may_come_without_its_name(self):
        items = [{"STATUS_ID": "C1:UC_9", "NAME": "Done", "SORT": 10, "SEMANTICS": "S"}]
        for name in ("crm.status.entity.items?entityId=DEAL_STAGE_1", "stages-DEAL_STAGE_1.json"):
            account = read({name: answer(items)})
            assert account.catalogue.stages["C1:UC_9"].status is WON
        account = read({"crm.status.entity.items": answer(items)})
        assert account.catalogue.stages == {}
        assert "entityId=DEAL_STAGE" in told(account, Outcome.NOT_USED)[0]

    def test_companies_of_a_contact_may_be_a_list_of_their_own(self):
        listed = [
            {"COMPANY_ID": 4, "SORT": 10, "IS_PRIMARY": "N"},
            {"COMPANY_ID": 9, "SORT": 20, "IS_PRIMARY": "Y"},
        ]
        for name in ("crm.contact.company.items.get?id=9", "contacts/9/companies.json"):
            account = read(
                {
                    "crm.contact.list": answer([{"ID": "9", "NAME": "Bo"}]),
                    "crm.company.list": answer([FIRM, {**FIRM, "ID": "4"}]),
                    name: answer(listed),
                }
            )
            assert account.contacts[9].contact.company == "company-9"
            assert len(told(account, Outcome.LEFT_OUT)) == 1


class TestKeysOfBothForms:
    @pytest.mark.parametrize(
        "body",
        [
            {"id": 7, "stageId": "NEW", "companyTitle": "Acme", "UF_CRM_1": "blue"},
            {"ID": "7", "STATUS_ID": "NEW", "COMPANY_TITLE": "Acme", "ufCrm_1": "blue"},
            {"ID": "7", "stageId": "NEW", "COMPANY_TITLE": "Acme", "ufCrm1": "blue"},
            {"id": "7.0", "STATUS_ID": "NEW", "companyTitle": "Acme", "UF_CRM_1": "blue"},
            {"id": 7, "stageId": "NEW", "companyTitle": "Acme", "UF_CRM_1": "blue", "ufCrm_1": ""},
        ],
    )
    def test_one_record_is_read(self, body):
        found = read({"x": answer([body])}).leads[7]
        assert (found.organization_name, found.status) == ("Acme", "NEW")
        assert found.custom_fields == {"UF_CRM_1": "blue"}

    def test_of_two_values_of_one_field_one_is_told(self):
        body = {"ID": "7", "STATUS_ID": "NEW", "UF_CRM_1": "blue", "ufCrm_1": "red"}
        account = one(body, "crm.lead.list")
        assert account.leads[7].custom_fields == {"UF_CRM_1": "blue"}
        assert "'red' beside 'blue'" in told(account, Outcome.LEFT_OUT)[0]


class TestA1A2A3WhatIsClaimedOfDeals:
    old, new = "2026-05-04T12:00:00+00:00", "2026-05-05T12:00:00+00:00"

    def see(self, *states):
        contents = {f"crm.deal.list/{n}": answer([state]) for n, state in enumerate(states)}

        def seen(account):
            doubt = account.undecided.get(5)
            return account.deals[5].status if doubt is None else (doubt.code, doubt.contacts)

        return one_way(contents, seen)

    @pytest.mark.parametrize(
        ("newer", "seen"),
        [
            ({"STAGE_ID": "LOSE"}, LOST),
            ({"STAGE_ID": "C3:LOSE", "CLOSED": "Y"}, LOST),
            ({"STAGE_SEMANTIC_ID": "F"}, LOST),
            ({"TITLE": "Renamed"}, WON),
            ({"STAGE_ID": "UC_1"}, (Doubt.STAGE, {9})),
            ({"STAGE_ID": "UC_1", "CLOSED": "N"}, OPEN),
            ({"MOVED_TIME": "2026-05-05T12:00:00+00:00"}, (Doubt.STAGE, {9})),
        ],
    )
    def test_what_follows_from_the_stage_follows_the_newer_one(self, newer, seen):
        older = {**SLIM_DEAL, "DATE_MODIFY": self.old}
        assert self.see(older, {"ID": "5", "DATE_MODIFY": self.new, **newer}) == seen

    @pytest.mark.parametrize(
        ("other", "seen"),
        [
            ({"STAGE_ID": "LOSE", "STAGE_SEMANTIC_ID": "F"}, (Doubt.STATES, {9})),
            ({"CONTACT_ID": "8"}, (Doubt.STATES, {8, 9})),
            ({"STAGE_ID": "C1:WON"}, WON),
        ],
    )
    def test_where_nothing_tells_which_is_newer_nothing_is_claimed(self, other, seen):
        assert self.see(SLIM_DEAL, {**SLIM_DEAL, **other}) == seen

    @pytest.mark.parametrize(
        ("changes", "contacts"),
        [
            ({"CONTACT_ID": "x", "COMPANY_ID": "4"}, {"company-4"}),
            ({"COMPANY_ID": "x"}, {9}),
            ({"CONTACT_IDS": ["9", "x", 8]}, {8, 9}),
        ],
    )
    def test_a_contact_that_cannot_be_read_is_not_none(self, changes, contacts):
        assert self.see({**SLIM_DEAL, **changes}) == (Doubt.CONTACT, contacts)

    def test_nor_is_one_in_the_list_of_its_contacts(self):
        account = read(
            {
                "crm.deal.list": answer([SLIM_DEAL]),
                "deals/5/contacts.json": answer([{"CONTACT_ID": "x", "IS_PRIMARY": "N"}]),
            }
        )
        assert account.undecided[5].code is Doubt.CONTACT

    @pytest.mark.parametrize("id_", ["x", None, [], True])
    def test_nobody_on_a_deal_without_an_id_is_judged(self, id_):
        (undecided,) = one({**SLIM_DEAL, "ID": id_}, "crm.deal.list").undecided.values()
        assert (undecided.contacts, undecided.code) == ({9}, Doubt.RECORD)

    def test_nobody_on_a_deal_that_is_missing_is_judged(self):
        account = read({"deals/5/contacts.json": answer([{"CONTACT_ID": 9, "IS_PRIMARY": "Y"}])})
        assert (account.undecided[5].contacts, account.undecided[5].code) == ({9}, Doubt.RECORD)

    @pytest.mark.parametrize("raw", ["9.0", 9.0, " 9 ", "9"])
    def test_numbers_may_be_texts(self, raw):
        assert one({**SLIM_DEAL, "CONTACT_ID": raw}, "crm.deal.list").deals[5].primary == 9


class TestWebhooksAsTheyArePosted:
    FORM = (
        "event=ONCRMDEALDELETE&data%5BFIELDS%5D%5BID%5D=5&ts=1777896000"
        "&auth%5Bdomain%5D=a.b&auth%5Bapplication_token%5D=HUSH"
    )

    def forms(self):
        flat = dict(parse_qsl(self.FORM))
        return [
            self.FORM,
            self.FORM.encode(),
            self.FORM.replace("%5B", "[").replace("%5D", "]"),
            flat,
            parse_qs(self.FORM),
            json.dumps(flat),
            [flat],
            "\n".join([self.FORM, self.FORM.replace("=5&", "=6&")]),
        ]

    def test_say_what_is_deleted_and_keep_their_secrets(self):
        for form in self.forms():
            contents = {"hook.txt": form, "crm.deal.list": answer([SLIM_DEAL])}
            assert one_way(contents, lambda account: (5 in account.gone, 5 in account.deals)) == (
                True,
                False,
            )
            account = read(contents)
            rest = repr(list(rows(form, "hook.txt"))) + repr(account.oddities) + repr(account.gone)
            assert "HUSH" not in rest


class TestCustomFieldsAsTheyAreDefined:
    """T3: what a reader reads fits the definitions of the same account."""

    @pytest.mark.parametrize(
        ("definition", "raw", "value"),
        [
            ({"USER_TYPE_ID": "double"}, "12.5", Decimal("12.5")),
            ({"USER_TYPE_ID": "boolean"}, "1", True),
            ({"USER_TYPE_ID": "date"}, "2026-07-23", date(2026, 7, 23)),
            ({"USER_TYPE_ID": "double"}, "12,5", None),
            (
                {"USER_TYPE_ID": "enumeration", "LIST": [{"ID": "51", "VALUE": "Red"}, 7]},
                "51",
                "Red",
            ),
            (
                {
                    "USER_TYPE_ID": "enumeration",
                    "MULTIPLE": "Y",
                    "LIST": [{"ID": 51, "VALUE": "R"}],
                },
                ["51"],
                ("R",),
            ),
        ],
    )
    def test_by_definitions_of_user_fields(self, definition, raw, value):
        field = {"ENTITY_ID": "CRM_LEAD", "FIELD_NAME": "UF_CRM_1", "MULTIPLE": "N", **definition}
        contents = {
            "crm.lead.userfield.list": answer([field]),
            "crm.lead.list": answer([{"ID": "7", "STATUS_ID": "NEW", "UF_CRM_1": raw}]),
        }
        found = one_way(contents, lambda account: account.leads[7].custom_fields)
        assert found.get("UF_CRM_1") == value
