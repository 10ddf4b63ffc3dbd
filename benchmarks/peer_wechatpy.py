"""wechatpy as its documentation uses it for encrypted messages."""

from __future__ import annotations

from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from .sample import AES_KEY, ANSWER, APP_ID, TOKEN, Answer, Delivery


def prepare() -> Answer:
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)

    def answer(sent: Delivery) -> str:
        query = sent.query
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        xml = crypto.decrypt_message(sent.body, query["msg_signature"], query["timestamp"], query["nonce"])
        reply = create_reply(ANSWER, parse_message(xml))
        return str(crypto.encrypt_message(reply.render(), query["nonce"], query["timestamp"]))

    return answer
