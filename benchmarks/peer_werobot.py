"""WeRoBot as its own adapters for web frameworks use it."""

from __future__ import annotations

from werobot import WeRoBot

from .sample import AES_KEY, ANSWER, APP_ID, TOKEN, Answer, Delivery


def prepare() -> Answer:
    robot = WeRoBot(token=TOKEN, encoding_aes_key=AES_KEY, app_id=APP_ID, enable_session=False)
    robot.handler(lambda: ANSWER)

    def answer(sent: Delivery) -> str:
        query = sent.query
        assert robot.check_signature(query["timestamp"], query["nonce"], query["signature"])
        message = robot.parse_message(sent.body, query["timestamp"], query["nonce"], query["msg_signature"])
        return str(robot.get_encrypted_reply(message))

    return answer
