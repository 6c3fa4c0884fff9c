"""Every recorded body of Sell: what is read of it, and that it is written back equal; or why it is
refused.

The files are not part of the repository: the tests read them where they are, and are skipped where
they are not. All expectations were worked out by hand from the files."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sell_writing import write

from crm_bodies import unsure
from salesstatus import DealStatus
from salesstatus.crm import sell
from salesstatus.crm.oddities import Outcome, Reporter
from salesstatus.crm.sell.columns import COLUMNS
from salesstatus.model import absent

ROOT = Path(__file__).resolve().parents[1]


def folder(name, file):
    places = (ROOT.parent / "shared/data" / name, ROOT / "shared/data" / name)
    return next((place for place in places if (place / file).is_file()), None)


SELL = folder("zendesk_sell", "deal__singleDeal.fixture.json")
pytestmark = pytest.mark.skipif(
    SELL is None, reason="the recorded bodies of Sell are not beside this checkout"
)

#: The outcome of every file: how many records of which kind, and how many oddities of which
#: outcome.
OUTCOMES = {
    "LICENSE": ({}, {"not used": 1}),
    "common__source__emptySourcesResponse.fixture.json": ({}, {}),
    "common__source__singleSourceResponse.fixture.json": ({"source": 1}, {}),
    "common__source__sourcesResponse.fixture.json": ({"source": 3}, {}),
    # An address has a `street` where the API has a `line1`.
    "contact__multipleCompanies.fixture.json": ({"contact": 2}, {"read": 2}),
    "contact__multipleContacts.fixture.json": ({"contact": 2}, {}),
    # The answer to a request that was refused: an error, and no record.
    "contact__unprocessableContact.fixture.json": ({}, {"not used": 1}),
    "deal__multipleDeals.fixture.json": ({"deal": 2}, {}),
    "deal__singleDeal.fixture.json": ({"deal": 1}, {}),
    "deal__stages__multipleStages.fixture.json": ({"stage": 2}, {}),
    "deal__stages__pipelinesResponse.fixture.json": ({"pipeline": 2}, {}),
    "deal__stages__singleStageResponse.fixture.json": ({"stage": 1}, {}),
    "deal__stages__stagesResponse.fixture.json": ({"stage": 2}, {}),
    "lead__multipleLeads.fixture.json": ({"lead": 2}, {}),
    "lead__status__leadStatusesResponse.fixture.json": ({"lead_status": 2}, {}),
    "lead__unprocessableLead.fixture.json": ({}, {"not used": 1}),
    "lead__unqualifiedLeads.fixture.json": ({"lead": 3}, {}),
}
FILES = [] if SELL is None else sorted(path.name for path in SELL.iterdir())


def read(name):
    report = Reporter()
    with (SELL / name).open("rb") as file:
        return list(sell.rows(file, name, report)), report.oddities()


def data_of(name):
    """The records of a file as they stand in it, taken out of it in the plainest way."""
    body = json.loads((SELL / name).read_text(encoding="utf-8"))
    return [item["data"] for item in body.get("items", [body]) if "data" in item]


def test_the_table_names_every_file():
    assert sorted(OUTCOMES) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_or_refused_as_the_table_says(name):
    rows, oddities = read(name)
    kinds = dict(Counter(row.kind.value for row in rows))
    found = dict(Counter(oddity.outcome.value for oddity in oddities.kept))
    assert (kinds, found) == OUTCOMES[name]


@pytest.mark.parametrize("name", [name for name in FILES if OUTCOMES.get(name, ({},))[0]])
class TestTheRecordsOfAFile:
    def test_are_all_that_stand_in_it(self, name):
        assert [row.body for row in read(name)[0]] == data_of(name)

    def test_are_written_back_equal(self, name):
        rows, _ = read(name)
        assert [write(row.kind, row.values, row.body) for row in rows] == data_of(name)
        # The keys too stand as they stood.
        assert [list(write(row.kind, row.values, row.body)) for row in rows] == [
            list(data) for data in data_of(name)
        ]

    def test_say_the_same_when_they_are_written_from_scratch(self, name):
        for row in read(name)[0]:
            report = Reporter()
            again = COLUMNS[row.kind].read(write(row.kind, row.values), row.place, report)
            # What is absent need not be written.
            assert again == {
                field: value for field, value in row.values.items() if not absent(value)
            }
            assert len(report.oddities()) == 0


class TestRefused:
    def test_what_is_no_json_is_refused_with_its_place(self):
        _, oddities = read("LICENSE")
        (oddity,) = oddities.kept
        assert (oddity.outcome, oddity.place.name, oddity.place.line) == (
            Outcome.NOT_USED,
            "LICENSE",
            1,
        )
        assert str(oddity).startswith(
            "LICENSE line 1: expected JSON, got a text that is not JSON (Expecting value)"
        )

    @pytest.mark.parametrize("name", [name for name in FILES if "unprocessable" in name])
    def test_an_error_is_refused_by_its_code(self, name):
        (oddity,) = read(name)[1].kept
        assert (
            str(oddity) == f"{name}: expected records, got an error response: 'unknown'; not used"
        )


class TestTogether:
    @pytest.fixture
    def account(self):
        return sell.read({name: (SELL / name).read_bytes() for name in FILES})

    def test_they_are_one_account(self, account):
        assert {id_: stored.contact.name for id_, stored in account.contacts.items()} == {
            1: "Kuba Tutaj",
            2: "John Smith",
            100: "Base CRM",
            200: "Zendesk",
        }
        assert sorted(account.leads) == [1, 2, 100, 200, 300]
        assert {
            id_: stage.status.value for id_, stage in account.catalogue.stages.items()
        } == dict.fromkeys((1234, 6111851, 6359066, 6524005, 6524006), "open")
        assert account.catalogue.sources[583029] == "This is wunderbar"

    def test_deals_in_stages_that_nobody_sent_are_undecided(self, account):
        assert dict(account.deals) == {}
        assert unsure(account) == {
            123: {1234567},
            51753911: {204996371, 204996235},
            53024259: {204996430},
        }

    def test_nobody_is_accused(self, account):
        assert len(account.audited().accused) == 0

    def test_what_the_caller_says_of_the_stages_decides_the_deals(self):
        names = [name for name in FILES if name.startswith("deal__")]
        said = {6386894: DealStatus.WON, 6386889: DealStatus.LOST}
        account = sell.read({name: (SELL / name).read_bytes() for name in names}, stages=said)
        assert {id_: deal.status.value for id_, deal in account.deals.items()} == {
            51753911: "won",
            53024259: "lost",
        }
        assert account.derived()[204996235].customer.value == "current"
        assert account.derived()[204996430].prospect.value == "lost"
