"""Who visits our web pages, known through WeChat's OAuth redirect; and whose visits belong to one person."""

from . import rounds
from .addresses import allowed_page, listed_origin, origin_of
from .sign_in import Beginning, Finished, Return, Wish, begin, begun_at, finish, mark_of
from .tickets import Exchanged, Ticket, exchange, look_at, of_id_token
from .unions import note_unionid, same_person
from .visits import Visitor, end, sign_out, visit, visitor
from .withdrawals import erase, heed, renew

__all__ = [
    "Beginning",
    "Exchanged",
    "Finished",
    "Return",
    "Ticket",
    "Visitor",
    "Wish",
    "allowed_page",
    "begin",
    "begun_at",
    "end",
    "erase",
    "exchange",
    "finish",
    "heed",
    "listed_origin",
    "look_at",
    "mark_of",
    "note_unionid",
    "of_id_token",
    "origin_of",
    "renew",
    "rounds",
    "same_person",
    "sign_out",
    "visit",
    "visitor",
]
