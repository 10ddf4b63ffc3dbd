"""Drafts and publishing: cgi-bin/draft/*, cgi-bin/freepublish/*."""

from __future__ import annotations

from simulator.accounts import Json
from simulator.platform.call import OK, Call, word
from simulator.platform.errors import Refused, insist
from simulator.world import random_text

FIRST_PUBLISH_ID = 2_247_500_000
MOST_ARTICLES = 8
MOST_IN_PAGE = 20
LONGEST = {"title": (32, 45003), "author": (16, 45021), "digest": (128, 45004), "content": (20_000, 45002)}


def add(call: Call) -> Json:
    articles = call.list("articles")
    insist(0 < len(articles) <= MOST_ARTICLES, 45008)
    media_id = random_text(64)
    items = [_checked(call, article) for article in articles]
    call.account.drafts[media_id] = {"items": items, "at": int(call.now)}
    return {"media_id": media_id}


def _checked(call: Call, article: object) -> Json:
    if not isinstance(article, dict) or not article.get("title") or not article.get("content"):
        raise Refused(47001)
    for name, (longest, code) in LONGEST.items():
        if len(str(article.get(name) or "")) > longest:
            raise Refused(code, f"{name} size out of limit")
    if article.get("article_type", "news") == "news":
        insist(word(article.get("thumb_media_id")) in call.account.media, 40007)
    return article


def _draft(call: Call) -> Json:
    draft = call.account.drafts.get(str(call.body.get("media_id")))
    if draft is None:
        raise Refused(40007)
    return draft


def get(call: Call) -> Json:
    return {"news_item": _draft(call)["items"]}


def update(call: Call) -> Json:
    items, index = _draft(call)["items"], call.number("index", 0)
    insist(0 <= index < len(items), 40114)
    items[index] = _checked(call, call.body.get("articles"))
    return OK


def delete(call: Call) -> Json:
    _draft(call)
    del call.account.drafts[call.text("media_id")]
    return OK


def count(call: Call) -> Json:
    return {"total_count": len(call.account.drafts)}


def switch(call: Call) -> Json:
    return OK | {"is_open": 1}


def list_page(call: Call) -> Json:
    return _page(call, call.account.drafts, "media_id")


def _page(call: Call, kept: dict[str, Json], named: str) -> Json:
    offset, number = call.number("offset", 0), call.number("count", MOST_IN_PAGE)
    insist(1 <= number <= MOST_IN_PAGE, 40097)
    newest = sorted(kept.items(), key=lambda one: -one[1]["at"])[offset : offset + number]
    bare = bool(call.body.get("no_content"))
    items = [
        {named: key, "content": {"news_item": [] if bare else one["items"]}, "update_time": one["at"]}
        for key, one in newest
    ]
    return {"total_count": len(kept), "item_count": len(items), "item": items}


def submit(call: Call) -> Json:
    """Published at once; PUBLISHJOBFINISH follows as for any job."""
    draft, number = _draft(call), FIRST_PUBLISH_ID + call.world.number()
    article_id = random_text(43)
    urls = [f"{call.world.home}/mp.weixin.qq.com/s/{article_id}?idx={n}" for n in range(1, len(draft["items"]) + 1)]
    published = {"items": draft["items"], "at": int(call.now), "publish_id": str(number), "urls": urls}
    call.account.published[article_id] = published
    del call.account.drafts[call.text("media_id")]
    _finish(call, article_id, published)
    return OK | {"publish_id": str(number), "msg_data_id": number}


def _finish(call: Call, article_id: str, published: Json) -> None:
    fields = {
        "ToUserName": call.account.original_id,
        "FromUserName": "oPublisher",
        "CreateTime": int(call.now),
        "MsgType": "event",
        "Event": "PUBLISHJOBFINISH",
        "PublishEventInfo": _status(article_id, published, listed="article_url"),
    }
    call.world.courier.deliver_later(call.account, "oPublisher", fields, call.account.event_delay_s)


def _status(article_id: str, published: Json, listed: str) -> Json:
    items = [{"idx": n, listed: url} for n, url in enumerate(published["urls"], 1)]
    detail = {"count": len(items), "item": items}
    told = {"publish_id": published["publish_id"], "publish_status": 0, "article_id": article_id}
    return told | {"article_detail": detail}


def publish_status(call: Call) -> Json:
    wanted = call.text("publish_id")
    for article_id, published in call.account.published.items():
        if published["publish_id"] == wanted:
            return _status(article_id, published, listed="article_url") | {"fail_idx": []}
    raise Refused(47001)


def _published(call: Call) -> Json:
    found = call.account.published.get(str(call.body.get("article_id")))
    if found is None:
        raise Refused(53600)
    return found


def article(call: Call) -> Json:
    return {"news_item": [item | {"is_deleted": False} for item in _published(call)["items"]]}


def unpublish(call: Call) -> Json:
    _published(call)
    del call.account.published[call.text("article_id")]
    return OK


def list_published(call: Call) -> Json:
    return _page(call, call.account.published, "article_id")
