"""What may be said of data that others made: the rules of section A, as rows."""

from typing import Final

from salesstatus.statements import Sure, says

# fmt: off
A1: Final = says("A1", Sure.INFERRED, "ours", "tables, crm",
    "a status is judged only on what was sent: a meaning that was guessed makes the deal undecided "
    "and accuses nobody; the reason is kept with it",
    "a guess is no evidence")
A2: Final = says("A2", Sure.INFERRED, "ours", "crm",
    "of two states of one record the newer counts, whatever the order of files, pages and streams; "
    "where nothing says which is newer, both are reported and nothing is claimed",
    "the order of files is chance")
A3: Final = says("A3", Sure.INFERRED, "ours", "crm",
    "a record that comes in parts is put together only from parts of one state; what follows from "
    "another part follows the newer one",
    "the parts of two states are a record that never was")
A4: Final = says("A4", Sure.INFERRED, "ours", "tables, crm",
    "whatever was not read is reported with its place, and who depends on it is not judged",
    "what is missing may be what explains the rest")
# fmt: on

#: What may be said of data that others made.
DATA_STATEMENTS: Final = (A1, A2, A3, A4)
