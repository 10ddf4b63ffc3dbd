"""QR codes of the account: who scanned which, where and when; with a tag and a reply of their own.

codes.py      made, changed, renewed            pictures.py   for screens and posters
counts.py     scans and follows, by day         scanning.py   what happens on a scan
"""

from .codes import MOST_PERMANENT, Code, change, create, find, made_permanent, page, remove, renew
from .counts import ByPlace, Day, by_place, days_of, totals
from .pictures import png, svg
from .scanning import note, reply

__all__ = [
    "MOST_PERMANENT", "ByPlace", "Code", "Day", "by_place", "change", "create", "days_of", "find", "made_permanent",
    "note", "page", "png", "remove", "renew", "reply", "svg", "totals",
]  # fmt: skip
