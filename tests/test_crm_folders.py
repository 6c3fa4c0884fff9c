"""A folder as contents: which of its files, in which order, and each closed before the next."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from salesstatus.crm import sell
from salesstatus.crm.folders import contents

PAGES = Path(__file__).parents[1] / "src" / "salesstatus" / "example" / "sell"


def write(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def test_a_folder_is_read_as_its_files_are():
    by_hand = sell.read([(page.name, page.read_bytes()) for page in PAGES.iterdir()])
    account = sell.read(contents(PAGES))
    assert dict(account.deals) == dict(by_hand.deals)
    assert dict(account.contacts) == dict(by_hand.contacts) and len(account.contacts) == 60


def test_what_says_what_others_mean_comes_first_and_names_tell_the_folder(tmp_path):
    write(
        tmp_path,
        "deals.json",
        "contacts/page-2.JSON",
        "contacts/page-1.json",
        "stages.jsonl",
        "users.csv",
    )
    names = [name for name, _ in contents(str(tmp_path))]
    assert names == [
        "stages.jsonl",
        "users.csv",
        "contacts/page-1.json",
        "contacts/page-2.JSON",
        "deals.json",
    ]


def test_hidden_files_and_other_endings_are_passed_over(tmp_path):
    write(tmp_path, ".hidden.json", ".git/deals.json", "notes.pdf", "folder.json/deals.json")
    assert [name for name, _ in contents(tmp_path)] == ["folder.json/deals.json"]


def test_each_file_is_closed_when_the_next_one_is_asked_for(tmp_path):
    write(tmp_path, "a.json", "b.json")
    opened = []
    for _, file in contents(tmp_path):
        assert all(earlier.closed for earlier in opened)
        assert file.read() == b"{}"
        opened.append(file)
    assert all(file.closed for file in opened) and len(opened) == 2


@pytest.mark.parametrize("name", ["missing", "file.json"])
def test_what_is_no_folder_is_an_error_that_names_it(tmp_path, name):
    write(tmp_path, "file.json")
    with pytest.raises(OSError, match=name):
        list(contents(tmp_path / name))


def test_an_empty_folder_has_no_contents(tmp_path):
    assert list(contents(tmp_path)) == []


def pack(path, *names, text="{}"):
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return path


class TestArchives:
    """A ZIP archive is a folder, also one within a folder."""

    def test_its_files_are_contents(self, tmp_path):
        names = ("a/deals.csv", "a/stages.json", ".hidden.json", "__MACOSX/deals.csv", "x.pdf")
        path = pack(tmp_path / "Export.ZIP", *names)
        assert [(name, file.read()) for name, file in contents(path)] == [
            ("a/stages.json", b"{}"),
            ("a/deals.csv", b"{}"),
        ]
        write(tmp_path, "contacts.json")
        assert [name for name, _ in contents(tmp_path)] == [
            "Export.ZIP/a/stages.json",
            "Export.ZIP/a/deals.csv",
            "contacts.json",
        ]

    def test_what_is_none_is_an_error_of_files(self, tmp_path):
        (tmp_path / "a.zip").write_text("no archive")
        with pytest.raises(OSError, match="no ZIP file that can be read"):
            list(contents(tmp_path / "a.zip"))

    @pytest.mark.parametrize("place", [30, 50])
    def test_a_broken_one_is_an_error_of_files(self, tmp_path, place):
        path = pack(tmp_path / "a.zip", "deals.json", text='{"a": 1}' * 99)
        packed = bytearray(path.read_bytes())
        packed[place] ^= 255
        path.write_bytes(packed)
        with pytest.raises(OSError, match="cannot be unpacked"):
            [file.read() for _, file in contents(path)]
