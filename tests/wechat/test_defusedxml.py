"""A second opinion on hostile XML: whatever defusedxml refuses to read, we refuse too."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
import pytest
from defusedxml import DefusedXmlException
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.wechat import messages

MESSAGE = (
    "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1700000000</CreateTime>"
    "<MsgType>text</MsgType><Content>%s</Content><MsgId>1</MsgId></xml>"
)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefg", "bcdefgh", strict=True)
)
DOCUMENTS = {
    "a laugh a billion times": f"{LAUGHS}]>" + MESSAGE % "&h;",
    "a file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + MESSAGE % "&e;",
    "a page": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/e">]>' + MESSAGE % "&e;",
    "a DTD elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/dtd">' + MESSAGE % "hi",
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>' + MESSAGE % "hi",
    "a DTD and nothing more": "<!DOCTYPE xml [<!ELEMENT xml ANY>]>" + MESSAGE % "hi",
}


def refuses(document: str) -> bool:
    try:
        defusedxml.ElementTree.fromstring(document, forbid_dtd=True)
    except (DefusedXmlException, ParseError):
        return True
    return False


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=list(DOCUMENTS))
def test_what_defusedxml_refuses_is_no_message(document: str) -> None:
    assert refuses(document)
    with pytest.raises(messages.BadMessage):
        messages.parse(document.encode())


@given(st.text(alphabet="<>!&;%[]\"'DOCTYPE ENTITYSYSTEMxml e", max_size=80))
def test_nothing_before_a_message_makes_us_more_trusting(prologue: str) -> None:
    document = prologue + MESSAGE % "&e;"
    if refuses(document):
        with pytest.raises(messages.BadMessage):
            messages.parse(document.encode())
