"""After the vote, and after the poll: thanks, the score, how people voted, and a way to stay in touch."""

from __future__ import annotations

from html import escape

from ...features.polls import Question, score_text
from ..pages import asset
from . import chart
from .scene import Scene
from .words import moment, percent, said

MANY = 2  # people, from which on there is something to compare


def voted(scene: Scene) -> str:
    assert scene.vote is not None
    return _thanks(scene) + _invitation(scene) + (_results(scene) if scene.tally else _answers(scene))


def closed(scene: Scene) -> str:
    """To somebody who did not vote, or whom we do not know."""
    if scene.tally:
        return _results(scene)
    return (
        f"<section class='panel still'><h2>{said('来晚一步，投票已经结束', 'This poll is closed')}</h2>"
        f"<p>{said('结果没有公开。', 'Its results are not public.')}</p></section>"
    )


def so_far(scene: Scene) -> str:
    """For polls whose results anybody may see at any time: a page of its own, which leads back to the form."""
    back = f"<a class=button href={scene.poll.poll_id}>{said('我也来答', 'Take part')}</a>"
    return _results(scene) + back


def follow_code(scene: Scene) -> str:
    """A code to press and hold; where WeChat gives none, the way to find the account without."""
    label = scene.label
    if not scene.follow_picture:
        return f"<p>{said(f'请在微信里搜索「{label}」并关注。', f'Search WeChat for {label} and follow it.')}</p>"
    picture = f'<img src="{scene.follow_picture}" alt="{escape(label)} QR code" width=208 height=208>'
    how = said(f"长按识别二维码，关注「{label}」", "Press and hold the code to follow")
    return f"<figure class=code>{picture}<figcaption>{how}</figcaption></figure>"


def _thanks(scene: Scene) -> str:
    own = scene.poll.afterwards.thanks
    words = f"<p class=intro>{escape(own)}</p>" if own else ""
    if scene.is_quiz:
        return f"<section class='panel still'>{_score(scene)}{words}</section>"
    received = said("谢谢，您的一票已收到", "Thank you, your vote is counted")
    return f"<section class='panel still'>{asset('seal.svg')}<h2>{received}</h2>{words}</section>"


def _score(scene: Scene) -> str:
    assert scene.vote is not None
    score, total = scene.vote.score, len(scene.poll.questions)
    text = score_text(scene.poll, score)
    verdict = f"<h2>{escape(text)}</h2>" if text else f"<h2>{said(f'答对 {score} 题', f'{score} right')}</h2>"
    return f"{chart.ring(score, total)}{verdict}{_among_others(scene)}"


def _among_others(scene: Scene) -> str:
    """The average, and how many did not do as well; nothing for the first who takes it."""
    scores = scene.tally.scores if scene.tally else {}
    people = sum(scores.values())
    if scene.vote is None or people < MANY:
        return ""
    mean = sum(score * count for score, count in scores.items()) / people
    passed = percent(sum(count for score, count in scores.items() if score < scene.vote.score), people)
    chinese = f"{people:,} 人作答，平均答对 {mean:.1f} 题；您胜过其中 {passed}。"
    return f"<p>{said(chinese, f'{people:,} taken, {mean:.1f} right on average; you did better than {passed}.')}</p>"


def _invitation(scene: Scene) -> str:
    if not scene.poll.afterwards.follow_qr or scene.following or not scene.follow_picture:
        return ""
    return f"<section class='panel still'><h2>{said('常来坐坐', 'Come again')}</h2>{follow_code(scene)}</section>"


def _results(scene: Scene) -> str:
    assert scene.tally is not None
    people = scene.tally.people
    told = said(f"{people:,} 人参与", f"{people:,} took part") if people else said("还没有人投票", "No votes yet")
    figures = "".join(_figure(scene, number) for number in range(len(scene.poll.questions)))
    return f"<section class=results><h2 class=section>{told}</h2>{_key(scene)}{figures}</section>"


def _key(scene: Scene) -> str:
    """What the seals mean."""
    mine = f"<span class=mine><b>选</b>{said('您的选择', 'Your choice')}</span>" if scene.vote else ""
    right = f"<span class=right><b>✓</b>{said('正确答案', 'Right answer')}</span>" if _shows_right(scene) else ""
    return f"<p class=key>{mine}{right}</p>" if mine else ""


def _figure(scene: Scene, number: int) -> str:
    assert scene.tally is not None
    question, counts = scene.poll.questions[number], scene.tally.counts[number]
    mine = scene.vote.answers[number] if scene.vote else ()
    right = question.right if scene.right_is_shown else ()
    bars = [chart.Bar(option, counts[i], mine=i in mine, right=i in right) for i, option in enumerate(question.options)]
    may_pass = said("多选，合计可超过 100%", "several choices each, so totals may exceed 100%")
    several = f"<p class=hint>{may_pass}</p>" if question.choose > 1 else ""
    place = f"<span class=place>{number + 1}</span>" if len(scene.poll.questions) > 1 else ""
    return (
        f"<div class=panel><h3 id=r{number}>{place}{escape(question.text)}</h3>{several}"
        f"{chart.figure(f'r{number}', bars, scene.tally.people)}</div>"
    )


def _answers(scene: Scene) -> str:
    """One's own choices, where the results are not (yet) shown; a quiz also says what is right, once it is closed."""
    assert scene.vote is not None
    listed = "".join(_answer(scene, number) for number in range(len(scene.poll.questions)))
    return f"<section class=panel>{_later(scene)}<dl>{listed}</dl></section>"


def _answer(scene: Scene, number: int) -> str:
    assert scene.vote is not None
    question, mine = scene.poll.questions[number], scene.vote.answers[number]
    told = f"<dd class=own>{_named('您选了', 'You chose', question, mine)}"
    if _shows_right(scene):
        is_right = set(mine) == set(question.right)
        right = _named("正确答案", "Right answer", question, question.right)
        told = f"<dd class=good>✓ {_named('答对了', 'Right', question, mine)}" if is_right else f"{told}<dd>{right}"
    return f"<dt>{escape(question.text)}{told}"


def _named(chinese: str, english: str, question: Question, options: tuple[int, ...]) -> str:
    named = "、".join(question.options[i] for i in options)
    return f"{said(chinese, english)}：{escape(named)}"


def _shows_right(scene: Scene) -> bool:
    return scene.is_quiz and scene.right_is_shown


def _later(scene: Scene) -> str:
    if scene.poll.results == "after_close" and scene.state != "closed":
        at = moment(scene.poll.closes_at, scene.now)
        return f"<p class=soft>{said(f'结果在 {at[0]} 结束后公布。', f'Results will be shown after {at[1]}.')}</p>"
    return f"<h2>{said('您的选择', 'Your choices')}</h2>"
