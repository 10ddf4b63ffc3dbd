"""The WeChat accounts of a stage and who may use its API: added, listed, changed, rotated, copied, removed."""

from .command import account
from .sign_in import sign_in

COMMANDS = (account, sign_in)
