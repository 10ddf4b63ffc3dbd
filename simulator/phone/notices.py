"""What a person answers when an account asks whether it may send them notices, and what they switch off later."""

from __future__ import annotations

from simulator.accounts import Json
from simulator.doors import CannotDo
from simulator.phone.act import Act
from simulator.platform import notices

MOST_AT_ONCE = 5  # templates of one popup
SAID = {"accept", "reject"}
H5, ARTICLE = 1, 2


def subscribe(act: Act, told: Json) -> Json:
    """The popup of a page (`scene` 1) or an article (2): `{"answers": {template_id: "accept" or "reject"}}`."""
    answers, scene = told.get("answers"), told.get("scene", H5)
    if not isinstance(answers, dict) or not answers or not set(answers.values()) <= SAID or scene not in {H5, ARTICLE}:
        raise CannotDo(400, '需要 {"answers": {模板: "accept" 或 "reject"}, "scene": 1 或 2} answers are needed')
    if len(answers) > MOST_AT_ONCE:
        raise CannotDo(400, f"一次最多问 {MOST_AT_ONCE} 个模板 a popup shows {MOST_AT_ONCE} templates at most")
    kinds = {_known(act, template_id) for template_id in answers}
    if len(kinds) > 1:
        raise CannotDo(400, "一次性和长期的不能一起问 one-time and long-term templates are not asked for together")
    with act.world.lock:
        notices.answer_popup(act.person, answers)
    listed = [{"TemplateId": t, "SubscribeStatusString": said, "PopupScene": scene} for t, said in answers.items()]
    act.event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": listed})
    return act.told()


def decline(act: Act, told: Json) -> Json:
    """In the account's settings they switch off `template_id`. `as_popup`: under the other wrapper's name, as a sample
    of the platform once had it."""
    template_id = str(told.get("template_id", ""))
    _known(act, template_id)
    with act.world.lock:
        notices.switch_off(act.person, template_id)
    wrapper = "SubscribeMsgPopupEvent" if told.get("as_popup") else "SubscribeMsgChangeEvent"
    listed = [{"TemplateId": template_id, "SubscribeStatusString": "reject"}]
    act.event("subscribe_msg_change_event", **{wrapper: {"List": listed}})
    return act.told()


def _known(act: Act, template_id: str) -> int:
    """Its type."""
    notice = act.account.notices.get(template_id)
    if notice is None:
        raise CannotDo(404, "没有这个订阅通知模板 there is no such template of notices")
    return notice.type
