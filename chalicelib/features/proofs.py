"""WeChat's proof files: a domain is ours if the file that WeChat's console gave us stands on it.

pk proofs   sk <file>   {proof_text, since}

All of them are read together and remembered for a minute, so whoever guesses names costs no reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import BadInput, NotFound
from ..services import Services

REMEMBER = 60  # seconds
# Official accounts', WeCom's, and those that business domains of mini programs are given.
FILE = re.compile(r"(?:MP|WW)_verify_[A-Za-z0-9]{8,64}\.txt|[A-Za-z0-9]{10,64}\.txt")
CONTENT = re.compile(rb"[\x20-\x7e\t\r\n]{1,1024}")


@dataclass(frozen=True)
class Proof:
    file: str
    text: str
    since: int


def find(svc: Services, file: str) -> str:
    """The text of a file that an operator put here, byte for byte."""
    known = _known(svc) if FILE.fullmatch(file) else {}
    if file not in known:
        raise NotFound("没有这个文件。There is no such file.")
    return known[file]


def keep(svc: Services, file: str, content: bytes) -> None:
    """Serve it from now on, everywhere within a minute. Only what looks like a proof: this is no file server."""
    if not FILE.fullmatch(file):
        raise BadInput(
            f"{file[:80]} 不像微信的校验文件。This is not the name of a proof file: MP_verify_….txt, WW_verify_….txt, "
            "or ten letters and digits and more with .txt."
        )
    if not CONTENT.fullmatch(content):
        raise BadInput(
            f"{file} 的内容不像校验文件。A proof file holds 1 to 1024 bytes of plain ASCII; download it again."
        )
    svc.table.put({"pk": "proofs", "sk": file, "proof_text": content.decode("ascii"), "since": svc.now()})
    svc.forget("proofs")


def forget(svc: Services, file: str) -> None:
    if svc.table.take("proofs", file) is None:
        raise NotFound(f"没有 {file[:80]} 这个文件。There is no such file.")
    svc.forget("proofs")


def listed(svc: Services) -> list[Proof]:
    return [Proof(item["sk"], item["proof_text"], item["since"]) for item in svc.table.under("proofs")]


def _known(svc: Services) -> dict[str, str]:
    return svc.cached("proofs", REMEMBER, lambda: {proof.file: proof.text for proof in listed(svc)})
