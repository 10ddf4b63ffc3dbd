"""What a poll's page says to whom: before it opens, while one may vote, after voting, and when it is over."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from ...features.polls import Poll, Question
from .. import pages
from . import outcome
from .form import Answers, pick
from .scene import Scene
from .words import explained, moment, said, span, whole

ONE_MORE = 'href=""'  # this page again
AN_HOUR = 3600
LONGEST_CARD = 120  # characters; friends see two short lines of it


def folder(poll: Poll) -> str:
    return "quizzes" if poll.kind == "quiz" else "polls"


def sign_in(poll: Poll, given: Answers | None = None) -> str:
    """Relative to the poll's page, so that it works below a stage's prefix; `given` comes back with the visitor."""
    then = f"/h5/{folder(poll)}/{poll.poll_id}"
    if given is not None:
        then += f"?pick={pick(poll, given)}"
    return f"../../oauth/{poll.account}/start?then={quote(then, safe='')}"


def body(scene: Scene) -> str:
    drawings = pages.asset("hills.svg") + (pages.asset("brushes.svg") if scene.tally else "")
    notice = f"<p class=notice role=alert>{explained(scene.notice)}</p>" if scene.notice else ""
    return (
        f"<body {_card(scene.poll)}>{drawings}{_header(scene)}<main>{notice}{_stage(scene)}</main>"
        f"<footer>{escape(scene.label)}{pages.asset('cup.svg')}</footer></body>"
    )


def _stage(scene: Scene) -> str:
    if scene.vote is not None:
        return outcome.voted(scene)
    stages = {"waiting": _waiting, "open": _open, "closed": outcome.closed}
    return stages[scene.state](scene)


def _open(scene: Scene) -> str:
    if scene.tally:
        return outcome.so_far(scene)
    if scene.who is not None and scene.who.virtual:
        return _snapshot(scene)
    if scene.who is not None and scene.poll.voters == "followers" and not scene.following:
        return _follow_first(scene)
    return _form(scene)


def _card(poll: Poll) -> str:
    """What friends see when the page is shared, for the page's script."""
    told = {
        "module": f"../gaiwan.js?account={poll.account}",
        "title": poll.share.title or poll.title,
        "text": poll.share.text or poll.intro.partition("\n")[0][:LONGEST_CARD],
        "picture": poll.share.picture,
    }
    return " ".join(f'data-{name}="{escape(value)}"' for name, value in told.items())


def _header(scene: Scene) -> str:
    poll = scene.poll
    # Its place is kept, so nothing moves when it comes; a slow picture holds up nothing.
    picture = f'<img class=picture src="{escape(poll.share.picture)}" alt="" width=88 height=88 decoding=async>'
    intro = f"<p class=intro>{escape(poll.intro)}</p>" if poll.intro else ""
    return (
        f"<header>{picture if poll.share.picture else ''}<h1>{escape(poll.title)}</h1>{intro}"
        f"<p class=meta>{_when(scene)}</p></header>"
    )


def _when(scene: Scene) -> str:
    poll = scene.poll
    if scene.state == "waiting":
        at = moment(poll.opens_at, scene.now)
        return whole(said(f"{at[0]} 开始", f"Opens {at[1]}"), *at)
    at = moment(poll.closes_at, scene.now)
    if scene.state == "closed":
        return whole(said(f"已于 {at[0]} 结束", f"Closed {at[1]}"), *at)
    left = span(poll.closes_at - scene.now)
    return whole(said(f"还剩 {left[0]} · {at[0]} 截止", f"{left[1]} left, until {at[1]}"), *at)


def _waiting(scene: Scene) -> str:
    left = scene.poll.opens_at - scene.now
    told = span(left)
    live = f" data-left={left}" if left < AN_HOUR else ""
    what = said("茶还在泡，请稍等", "Still steeping: not open yet")
    when = whole(said(f"还有 {told[0]}", f"opens in {told[1]}"), *told)
    button = f"<a class=button {ONE_MORE}>{said('看看开始了没有', 'Look again')}</a>"
    return (
        f"<section class='panel still'>{pages.asset('cup.svg')}<h2>{what}</h2>"
        f"<p class=big{live}>{when}</p>{button}</section>"
    )


def _snapshot(scene: Scene) -> str:
    """WeChat shows such readers a still of the page, in which they can only scroll; its own button leads on."""
    what = said("现在看到的是快照", "This is a preview")
    to_do = said(
        "轻触右下角的「使用完整服务」，再来投票。", "Tap the button at the bottom right, then vote on the full page."
    )
    way_on = sign_in(scene.poll, scene.ticked if any(scene.ticked) else None)
    button = f'<a class=button href="{way_on}">{said("打开好了，去登录", "Sign in")}</a>'
    return f"<section class='panel still'>{pages.asset('cup.svg')}<h2>{what}</h2><p>{to_do}</p>{button}</section>"


def _follow_first(scene: Scene) -> str:
    what = said("先关注，再投票", "Follow us first, then vote")
    button = f"<a class=button {ONE_MORE}>{said('我关注好了', 'I follow now')}</a>"
    return f"<section class='panel still'><h2>{what}</h2>{outcome.follow_code(scene)}{button}</section>"


def _form(scene: Scene) -> str:
    questions = "".join(_question(scene, number) for number in range(len(scene.poll.questions)))
    edition = f"<input type=hidden name=edition value={scene.poll.edition}>"
    return f"<form method=post action={scene.poll.poll_id}>{edition}{_hints(scene)}{questions}{_foot(scene)}</form>"


def _hints(scene: Scene) -> str:
    if scene.who is not None and any(scene.ticked) and not scene.notice:
        text = said(
            "已登录，您的选择还在。确认一下，就可以投票。",
            "You are signed in and your choices are kept: please confirm.",
        )
        return f"<p class=notice role=status>{text}</p>"
    if scene.poll.voters == "followers" and scene.who is None:
        return f"<p class=notice>{said('只有关注者可以投票。', 'Only followers may vote.')}</p>"
    return ""


def _question(scene: Scene, number: int) -> str:
    question, total = scene.poll.questions[number], len(scene.poll.questions)
    ticked = scene.ticked[number] if scene.ticked else []
    place = said(f"第 {number + 1} / {total} 题", f"{number + 1} of {total}") if total > 1 else ""
    options = "".join(_option(question, number, i, i in ticked) for i in range(len(question.options)))
    most = f" data-most={question.choose}" if question.choose > 1 else ""
    return (
        f"<fieldset class=panel id=q{number}{most} aria-describedby=h{number}><legend>"
        f"<span class=place>{place}</span>{escape(question.text)}</legend>"
        f"<p class=hint id=h{number}>{_how_many(question)}</p>{options}</fieldset>"
    )


def _how_many(question: Question) -> str:
    if question.choose == 1:
        return said("选一项", "Choose one")
    if question.choose == len(question.options):
        return said("可以多选", "Choose as many as you like")
    return said(f"最多选 {question.choose} 项", f"Choose at most {question.choose}")


def _option(question: Question, number: int, option: int, is_ticked: bool) -> str:
    kind = "radio required" if question.choose == 1 else "checkbox"
    checked = " checked" if is_ticked else ""
    return (
        f"<label><input type={kind} name=q{number} value={option}{checked}>"
        f"<span>{escape(question.options[option])}</span></label>"
    )


def _foot(scene: Scene) -> str:
    total = len(scene.poll.questions)
    progress = (
        f"<p id=progress aria-live=polite>{said(f'共 {total} 题', f'{total} questions')}</p>" if total > 1 else ""
    )
    if scene.who is None:
        after = said("用微信登录，每人一票", "With WeChat sign-in; one vote each")
        link = f'<a href="{sign_in(scene.poll)}">{said("投过了？登录查看", "Voted already? Sign in")}</a>'
        below = f"<p class=below>{after}</p><p class=below>{link}</p>"
    else:
        below = f"<p class=below>{said('每人一票，投出后不能修改', 'One vote each; it cannot be changed')}</p>"
    if scene.results_are_public:
        below += f'<p class=below><a href="?results=1">{said("看看现在的结果", "Results so far")}</a></p>'
    return f"<div class=bar>{progress}<button class=button>{_verb(scene)}</button></div>{below}"


def _verb(scene: Scene) -> str:
    again = scene.who is not None and any(scene.ticked)
    if scene.is_quiz:
        return said("确认交卷", "Confirm") if again else said("交卷", "Hand in")
    return said("确认投票", "Confirm my vote") if again else said("投票", "Vote")
