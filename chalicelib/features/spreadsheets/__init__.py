"""People in and out as CSV files, which spreadsheets read and write.

reading.py     a file as rows, whatever its encoding     importing.py   applied in the background, all rows or none
columns.py     what a heading means                      exporting.py   followers as rows
checking.py    each row, and what is wrong with it       writing.py     rows as a file that runs nothing
                                                         cursors.py     from page to page, from the first on
"""

from . import importing
from .exporting import page, rows_of
from .importing import Import, Outcome, find, import_people
from .reading import Mistake, Sheet, read, read_bytes
from .writing import write

__all__ = [
    "Import", "Mistake", "Outcome", "Sheet", "find", "import_people", "importing", "page", "read", "read_bytes",
    "rows_of", "write",
]  # fmt: skip
