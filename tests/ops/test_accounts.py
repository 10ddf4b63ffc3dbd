"""What an operator does about accounts: one clear sentence for each mistake, and no secret on the screen, ever."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import click
import pytest

from chalicelib.features import followers, rules, template_names, tokens
from chalicelib.services import Services
from chalicelib.settings import Settings
from ops import addresses, resources
from ops.accounts import COMMANDS, asking, fields
from ops.say import Problem
from ops.target import Target
from tests.house import AES_KEYS, House
from tests.ops.emulated import deploy_functions
from tests.ops.operator import Operator

SECRET, TOKEN, AES_KEY = "0123456789abcdef0123456789abcdef", "typedtoken", "Q" * 43
TYPED = f"{SECRET}\n{TOKEN}\n{AES_KEY}\n"
BREW = ("add", "brew", "--kind", "service", "--verified", "--app-id", "wx00000000000000aa", "--original-id", "gh_brew")
ACCOUNT, SIGN_IN = COMMANDS


@pytest.fixture
def ops(house: House) -> Operator:
    return Operator(ACCOUNT, house.svc.settings.stage)


def secret(house: House, name: str) -> str:
    full = f"{house.svc.settings.secrets_path}/{name}"
    found = boto3.client("ssm").get_parameter(Name=full, WithDecryption=True)["Parameter"]
    assert found["Type"] == "SecureString"
    return str(found["Value"])


def keys(house: House, alias: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(secret(house, f"accounts/{alias}/callback"))
    return found


def a_minute_later(house: House) -> None:
    """Containers have forgotten what they read."""
    house.svc._cache.clear()
    house.svc.secrets._known.clear()


def test_an_added_account_is_kept_and_no_secret_is_shown(ops: Operator, house: House) -> None:
    said = ops(*BREW, "--label", "茶铺二店", "--then-origin", "https://shop.example.com", types=TYPED)

    a_minute_later(house)
    brew = house.svc.accounts["brew"]
    assert (brew.kind, brew.verified, brew.label) == ("service", True, "茶铺二店")
    assert brew.then_origins == ("https://shop.example.com",)
    assert house.svc.app_secret(brew) == SECRET
    assert keys(house, "brew") == {"token": TOKEN, "aes_key": AES_KEY, "previous_token": "", "previous_aes_key": ""}
    assert not [one for one in (SECRET, TOKEN, AES_KEY) if one in said]
    assert "https://YOUR-DOMAIN/wechat/brew" in said
    assert "安全模式" in said
    assert "XML" in said


def test_the_address_for_wechats_console_is_the_stages_own(ops: Operator, house: House) -> None:
    full = f"{house.svc.settings.secrets_path}/settings/public_url"
    boto3.client("ssm").put_parameter(Name=full, Value="https://wx.example.com", Type="String")
    assert "https://wx.example.com/wechat/brew" in ops(*BREW, types=TYPED)


def test_an_alias_that_is_taken_is_refused_unless_it_is_to_be_replaced(ops: Operator, house: House) -> None:
    again = ("add", "tea", *BREW[2:])
    before = keys(house, "tea")
    assert "already" in ops.fails(*again, types=TYPED)
    assert keys(house, "tea") == before
    ops(*again, "--replace", types=TYPED)
    assert keys(house, "tea")["token"] == TOKEN


def test_an_account_is_here_under_one_alias_only(ops: Operator, house: House) -> None:
    same = [house.tea.app_id if word.startswith("wx") else word for word in BREW]
    assert "here already as tea" in ops.fails(*same, types=TYPED)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "No AppSecret was given"),
        (f"short\n{TOKEN}\n{AES_KEY}\n", "not an AppSecret"),
        (f"{SECRET}\nno\n{AES_KEY}\n", "3 to 32 letters"),
        (f"{SECRET}\n{'x' * 33}\n{AES_KEY}\n", "3 to 32 letters"),
        (f"{SECRET}\n{TOKEN}\n{AES_KEY}x\n", "exactly 43"),
        (f"{SECRET}\n{TOKEN}\n{AES_KEY[:42]}+\n", "exactly 43"),
        (f"{SECRET}\n{TOKEN}\n", "No EncodingAESKey was given"),
    ],
)
def test_a_wrong_secret_is_told_without_being_shown(ops: Operator, house: House, typed: str, sentence: str) -> None:
    said = ops.fails(*BREW, types=typed)
    assert sentence in said
    assert not [one for one in typed.split() if one in said and one != "no"]
    assert house.svc.table.get("accounts", "brew") is None


def test_the_sites_of_an_account_are_named_all_at_once_and_may_all_go(ops: Operator, house: House) -> None:
    def listed() -> list[str]:
        return list((house.svc.table.get("accounts", "tea") or {})["then_origins"])

    shop, cup = "https://shop.example.com", "https://cup.example.com"
    ops("change", "tea", "--then-origin", shop, "--then-origin", cup)
    assert listed() == [shop, cup]
    ops("change", "tea", "--label", "茶铺")
    assert listed() == [shop, cup]
    assert "not both" in ops.fails("change", "tea", "--then-origin", shop, "--no-then-origins")
    ops("change", "tea", "--then-origin", cup)
    assert listed() == [cup]

    ops("change", "tea", "--no-then-origins")

    assert listed() == []
    a_minute_later(house)
    assert house.svc.accounts["tea"].then_origins == ()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("add", "Brew", *BREW[2:]), "lower-case letters"),
        (("add", "x" * 33, *BREW[2:]), "lower-case letters"),
        (("add", "a/b", *BREW[2:]), "lower-case letters"),
        ((*BREW, "--app-id", "wx123"), "not the AppID"),
        ((*BREW, "--app-id", "ww00000000000000aa"), "not the AppID"),
        ((*BREW, "--original-id", "brew"), "not the original id"),
        ((*BREW, "--kind", "wecom"), "not the corpid"),
        ((*BREW, "--mode", "plain"), "safe mode only"),
        ((*BREW, "--then-origin", "http://shop.example.com"), "not an origin"),
        ((*BREW, "--then-origin", "https://shop.example.com/path"), "not an origin"),
        (tuple(word for word in BREW if word != "--verified"), "--unverified"),
    ],
)
def test_a_wrong_field_is_one_clear_sentence(ops: Operator, wrong: tuple[str, ...], sentence: str) -> None:
    assert sentence in ops.fails(*wrong, types=TYPED)


def test_only_the_local_stage_takes_messages_in_clear(ops: Operator, house: House, aws: str) -> None:
    resources.apply("local")
    ops(*BREW, "--mode", "plain", "--mode", "safe", "--replace", types=TYPED, stage="local")
    local = Services(Settings(stage="local"))
    assert (local.table.get("accounts", "brew") or {})["modes"] == ["plain", "safe"]


def test_wecom_needs_no_original_id(ops: Operator, house: House) -> None:
    ops("add", "work", "--kind", "wecom", "--verified", "--app-id", "ww00000000000000aa", types=TYPED)
    assert (house.svc.table.get("accounts", "work") or {})["original_id"] == "ww00000000000000aa"


def test_a_stage_that_was_never_made_is_one_clear_sentence(ops: Operator) -> None:
    assert "There is no stage nowhere yet" in ops.fails("list", stage="nowhere")
    assert "There is no stage nowhere yet" in ops.fails(*BREW, types=TYPED, stage="nowhere")


def test_made_keys_are_shown_once_and_only_on_a_terminal(
    ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "on a terminal only" in ops.fails(*BREW, "--generate", types=TYPED)

    monkeypatch.setattr(asking, "on_terminal", lambda: True)
    said = ops(*BREW, "--generate", types=f"{SECRET}\n")
    made = keys(house, "brew")
    assert said.count(made["token"]) == said.count(made["aes_key"]) == 1
    assert SECRET not in said
    for field in ("token", "aes_key"):
        fields.check_secret(field, made[field])


def test_the_list_shows_accounts_and_no_secrets(ops: Operator, house: House) -> None:
    said = ops("list")
    assert "tea  service  verified  wx" in said
    assert "leaf  subscription  unverified" in said
    assert not [one for one in ("secret-of-tea", "tokentea", AES_KEYS["tea"]) if one in said]


def test_while_keys_change_both_are_accepted_and_then_only_the_new(ops: Operator, house: House) -> None:
    old, tea = keys(house, "tea"), house.world.accounts["tea"]
    house.phone("alice", "follow")

    said = ops("rotate", "tea", "token", "aes-key", types=f"{TOKEN}\n{AES_KEY}\n")
    a_minute_later(house)
    rules.save(house.svc, house.tea, match="exact", pattern="hi", reply={"type": "text", "content": "您好"})
    assert house.says("alice", "hi") == "您好"  # WeChat's console still has the old keys
    tea.token, tea.aes_key = TOKEN, AES_KEY
    assert house.says("alice", "hi") == "您好"
    assert not [one for one in (TOKEN, AES_KEY, old["token"], old["aes_key"]) if one in said]

    ops("rotate", "tea", "token", "aes-key", "--finish")
    a_minute_later(house)
    assert house.says("alice", "hi") == "您好"
    tea.token, tea.aes_key = old["token"], old["aes_key"]
    assert house.says("alice", "hi") != "您好"


def test_changing_the_token_alone_keeps_the_encoding_key(ops: Operator, house: House) -> None:
    ops("rotate", "tea", "token", types=f"{TOKEN}\n")
    assert keys(house, "tea") == {
        "token": TOKEN,
        "aes_key": AES_KEYS["tea"],
        "previous_token": "tokentea",
        "previous_aes_key": AES_KEYS["tea"],
    }


def test_new_keys_that_got_lost_are_replaced_and_the_consoles_own_stay(ops: Operator, house: House) -> None:
    house.phone("alice", "follow")
    rules.save(house.svc, house.tea, match="exact", pattern="hi", reply={"type": "text", "content": "您好"})
    ops("rotate", "tea", "token", "aes-key", types=f"lost\n{'L' * 43}\n")

    said = ops("rotate", "tea", "token", "aes-key", types=f"{TOKEN}\n{AES_KEY}\n")

    assert "is not finished" in said and "--finish" in said
    assert keys(house, "tea") == {
        "token": TOKEN,
        "aes_key": AES_KEY,
        "previous_token": "tokentea",
        "previous_aes_key": AES_KEYS["tea"],
    }
    a_minute_later(house)
    assert house.says("alice", "hi") == "您好"  # WeChat's console still has the first keys


def test_whoever_has_keys_made_again_is_asked_first(
    ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "on_terminal", lambda: True)
    ops("rotate", "tea", "token", "--generate")
    before = keys(house, "tea")

    assert "Nothing was changed" in ops.fails("rotate", "tea", "token", "--generate", types="n\n")
    assert keys(house, "tea") == before
    said = ops("rotate", "tea", "token", "--generate", types="y\n")
    assert keys(house, "tea")["token"] in said
    assert keys(house, "tea")["previous_token"] == "tokentea"


def test_keys_that_cannot_be_shown_do_not_count(ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: Target) -> str:
        raise Problem("没有权限。", "You may not ask for the address.")

    before = keys(house, "tea")
    monkeypatch.setattr(addresses, "public_url", unreachable)
    assert "You may not ask" in ops.fails("rotate", "tea", "token", types=f"{TOKEN}\n")
    assert keys(house, "tea") == before


def test_a_new_app_secret_is_tried_by_the_refresher_at_once(
    ops: Operator, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.refresh(house.svc, house.tea)
    first = house.tea.tokens.current()
    house.world.accounts["tea"].secret = SECRET
    monkeypatch.setattr("ops.stage.services_of", lambda *_: house.svc)
    a_minute_later(house)

    said = ops("rotate", "tea", "app-secret", types=f"{SECRET}\n")

    assert secret(house, "accounts/tea/app_secret") == SECRET
    assert "WeChat accepts it" in said
    assert house.tea.tokens.read("access")["token_text"] != first
    assert SECRET not in said


def test_a_stage_without_functions_keeps_the_app_secret_and_says_what_is_open(ops: Operator, house: House) -> None:
    said = ops("rotate", "tea", "app-secret", types=f"{SECRET}\n")
    assert "no new token yet" in said
    assert "app-secret" in ops.fails("rotate", "tea", "app-secret", "token", types=f"{SECRET}\n")
    assert "app-secret" in ops.fails("rotate", "tea", "app-secret", "--finish")


@pytest.mark.parametrize("words", [("rotate", "x", "token"), ("remove", "x"), ("template", "x"), ("change", "x")])
def test_an_account_that_is_not_there_is_one_clear_sentence(ops: Operator, words: tuple[str, ...]) -> None:
    assert "There is no account of that name" in ops.fails(*words)


def test_a_change_of_label_and_verification_keeps_the_rest(ops: Operator, house: House) -> None:
    before = house.svc.table.get("accounts", "leaf") or {}
    ops("change", "leaf", "--label", "叶", "--verified")
    assert house.svc.table.get("accounts", "leaf") == before | {"label": "叶", "verified": True}


def test_an_account_is_bound_to_an_open_platform_only_if_somebody_says_so(ops: Operator, house: House) -> None:
    ops(*BREW, types=TYPED)
    assert house.svc.table.get("accounts", "brew", fresh=True)["open_platform"] is False  # type: ignore[index]
    ops(*BREW, "--open-platform", "yes", "--replace", types=TYPED)
    a_minute_later(house)
    assert house.svc.accounts["brew"].open_platform
    assert not house.svc.accounts["tea"].open_platform  # from before there was such a mark


def test_the_mark_of_the_open_platform_is_changed_and_shown(ops: Operator, house: House) -> None:
    def shown(alias: str) -> str:
        return next(line for line in ops("list").splitlines() if line.startswith(alias))

    assert "open-platform=no" in shown("tea")
    ops("change", "tea", "--open-platform", "yes")
    ops("change", "tea", "--label", "店")
    assert "open-platform=yes" in shown("tea") and "open-platform=no" in shown("leaf")
    ops("change", "tea", "--open-platform", "no")
    assert "open-platform=no" in shown("tea")
    assert "not a valid boolean" in ops.fails("change", "tea", "--open-platform", "perhaps")


def test_an_account_that_may_sign_visitors_in_asks_for_a_deploy_where_the_stage_is_deployed(
    ops: Operator, house: House
) -> None:
    stage = house.svc.settings.stage
    due = f"python -m ops deploy --stage {stage}"
    assert due not in ops("change", "leaf", "--verified")
    deploy_functions(stage)

    assert due in ops(*BREW, types=TYPED)
    assert due not in ops("change", "leaf", "--verified")  # a subscription signs nobody in
    assert due not in ops("change", "brew", "--unverified")
    assert due not in ops("change", "brew", "--label", "店")
    assert due in ops("change", "brew", "--verified")


def test_a_template_has_one_name_and_an_id_in_each_account(ops: Operator, house: House) -> None:
    assert ops("template", "tea") == ""
    ops("template", "tea", "notice", "ID-of-tea")
    ops("template", "leaf", "notice", "ID-of-leaf")
    assert template_names.find(house.svc, house.tea, "notice") == "ID-of-tea"
    assert template_names.find(house.svc, house.leaf, "notice") == "ID-of-leaf"
    assert "name has" in ops.fails("template", "tea", "No-tice", "x")
    assert "not a template id" in ops.fails("template", "tea", "notice")
    ops("template", "tea", "notice", "--remove")
    assert "no template of that name" in ops.fails("template", "tea", "notice", "--remove")


def test_a_copy_carries_what_operators_made_and_nobody(ops: Operator, house: House) -> None:
    svc = house.svc
    rules.save(svc, house.leaf, match="exact", pattern="old", reply={"type": "text", "content": "kept"})
    rule = rules.save(svc, house.tea, match="exact", pattern="hi", reply={"type": "text", "content": "您好"})
    template_names.save(svc, house.tea, "notice", "ID-of-tea")
    template_names.save(svc, house.tea, "ready", "ID-of-tea-2")
    template_names.save(svc, house.leaf, "ready", "ID-of-leaf")
    origins = ["https://shop.example.com", "http://127.0.0.1:5173"]
    svc.table.update("accounts", "tea", {"then_origins": origins})
    house.phone("alice", "follow")
    before = len(list(_people(house, "leaf")))

    said = ops("copy", "tea", "leaf")
    ops("copy", "tea", "leaf")

    assert {one.rule_id: one.pattern for one in rules.listed(svc, house.leaf)}[rule.rule_id] == "hi"
    assert len(rules.listed(svc, house.leaf)) == 2
    assert template_names.listed(svc, house.leaf) == {"notice": "", "ready": "ID-of-leaf"}
    assert "template notice wants its id in leaf" in said
    assert (svc.table.get("accounts", "leaf") or {})["then_origins"] == ["https://shop.example.com"]
    assert len(list(_people(house, "leaf"))) == before


@pytest.mark.parametrize("stage", ["PROD", "no/where", "x", ""])
def test_a_copy_from_what_is_no_stage_is_one_clear_sentence(ops: Operator, stage: str) -> None:
    assert "2 to 16 lower-case letters" in ops.fails("copy", "tea", "leaf", "--from-stage", stage)


def test_a_copy_from_a_stage_that_was_never_made_names_that_stage(ops: Operator) -> None:
    assert "There is no stage nowhere yet" in ops.fails("copy", "tea", "leaf", "--from-stage", "nowhere")


def test_a_copy_reaches_into_another_stage(ops: Operator, house: House, aws: str) -> None:
    other = f"{house.svc.settings.stage}dev"
    resources.apply(other)
    far = Services(Settings(stage=other))
    ops("add", "tea-dev", *BREW[2:], types=TYPED, stage=other)
    rules.save(far, far.accounts["tea-dev"], match="exact", pattern="hi", reply={"type": "text", "content": "您好"})

    ops("copy", "tea-dev", "tea", "--from-stage", other)

    assert [one.pattern for one in rules.listed(house.svc, house.tea)] == ["hi"]
    assert "There is no account" in ops.fails("copy", "tea-dev", "tea")


def test_a_copy_carries_the_mark_of_the_open_platform_and_never_takes_it_away(
    ops: Operator, house: House, aws: str
) -> None:
    other = f"{house.svc.settings.stage}dev"
    resources.apply(other)
    ops("add", "tea-dev", *BREW[2:], "--open-platform", "yes", types=TYPED, stage=other)

    said = ops("copy", "tea-dev", "tea", "--from-stage", other)

    a_minute_later(house)
    assert house.tea.open_platform
    assert "account change tea --open-platform no" in said
    assert "--open-platform" not in ops("copy", "tea-dev", "tea", "--from-stage", other)
    ops("copy", "leaf", "tea")
    a_minute_later(house)
    assert house.tea.open_platform


def test_removing_an_account_asks_first_and_keeps_people(ops: Operator, house: House) -> None:
    house.phone("alice", "follow")
    rules.save(house.svc, house.tea, match="exact", pattern="hi", reply={"type": "text", "content": "您好"})
    tokens.refresh(house.svc, house.tea)
    tea = house.tea

    assert "Nothing was removed" in ops.fails("remove", "tea", types="n\n")
    assert house.svc.table.get("accounts", "tea")
    said = ops("remove", "tea", types="y\n")

    assert "kept: followers" in said
    assert house.svc.table.get("accounts", "tea") is None
    assert tea.tokens.read("access") == {}
    assert followers.is_following(house.svc, tea, "alice")
    assert rules.listed(house.svc, tea)
    for name in ("callback", "app_secret"):
        with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
            secret(house, f"accounts/tea/{name}")


def test_with_data_nothing_of_that_account_is_left_and_all_of_the_others(ops: Operator, house: House) -> None:
    for alias in ("tea", "leaf"):
        house.phone("alice", "follow", alias)
        house.phone("bob", "follow", alias)
    house.phone("bob", "unfollow")
    rules.save(house.svc, house.tea, match="exact", pattern="hi", reply={"type": "text", "content": "您好"})
    before = len(list(_people(house, "leaf")))
    assert before

    ops("remove", "tea", "--with-data", "--yes")

    assert not list(_people(house, "tea"))
    assert len(list(_people(house, "leaf"))) == before
    assert not list(house.svc.table.under("rules#tea"))
    assert not list(house.svc.table.under("account#tea"))


def test_an_api_token_is_shown_once_listed_and_taken_back(house: House) -> None:
    sign_in = Operator(SIGN_IN, house.svc.settings.stage)
    token = next(line for line in sign_in("--for", "收银台").splitlines() if line.startswith("gaiwan_"))
    sign_in("--for", "alice")
    path, authorization = "/api/tea/rules", {"Authorization": f"Bearer {token}"}
    assert house.get(path, **authorization).status == 200

    listed = sign_in("list")
    assert "收银台" in listed
    assert "alice" in listed
    assert token not in listed
    sign_in("revoke", "收银台")

    assert house.get(path, **authorization).status == 401
    assert "0 tokens go by that" in sign_in.fails("revoke", "收银台")
    assert "收银台" not in sign_in("list")


def test_two_tokens_of_one_label_are_told_apart_by_their_marks(house: House) -> None:
    sign_in = Operator(SIGN_IN, house.svc.settings.stage)
    sign_in("--for", "till")
    sign_in("--for", "till")
    assert "2 tokens go by that" in sign_in.fails("revoke", "till")
    sign_in("revoke", sign_in("list").split()[0])
    assert sign_in("list").count("till") == 1


def test_expired_or_missing_credentials_are_one_clear_sentence(ops: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setitem(os.environ, "AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    assert "No AWS credentials" in ops.fails("list")


def test_no_command_takes_a_secret_as_an_argument() -> None:
    assert isinstance(ACCOUNT, click.Group)
    named = {parameter.name for command in ACCOUNT.commands.values() for parameter in command.params}
    assert not named & {"secret", "app_secret", "token", "aes_key"}


def _people(house: House, alias: str) -> list[Any]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=house.svc.settings.table_name)
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if item["pk"]["S"].startswith(f"person#{alias}#")]


CRM_KEYS = {
    "hubspot": ("pat-na1-0123456789", {"token": "pat-na1-0123456789"}),
    "hubspot-hook": ("0123456789abcdef", {"client_secret": "0123456789abcdef"}),
    "salesforce": ("consumer-key\nconsumer-secret", {"client_id": "consumer-key", "client_secret": "consumer-secret"}),
}


@pytest.mark.parametrize("kind", CRM_KEYS)
def test_keys_of_a_crm_are_kept_and_never_shown(ops: Operator, house: House, kind: str) -> None:
    typed, kept = CRM_KEYS[kind]
    said = ops("crm", "tea", kind, types=typed + "\n")

    assert json.loads(secret(house, f"accounts/tea/crm_{kind.replace('-', '_')}")) == kept
    assert not [one for one in kept.values() if one in said]
    listed = ops("crm", "tea")
    assert [line.split()[0] for line in listed.splitlines() if "kept" in line] == [kind]

    ops("crm", "tea", kind, "--remove")
    assert "kept" not in ops("crm", "tea")


def test_what_is_no_key_of_a_crm_is_refused_and_an_unknown_account_too(ops: Operator) -> None:
    assert "pat-" in ops.fails("crm", "tea", "hubspot", types="not-a-token\n")
    ops.fails("crm", "tea", "salesforce", types="consumer-key\n")
    ops.fails("crm", "nobody", "hubspot", types="pat-na1-0123456789\n")


def test_an_account_that_is_removed_takes_its_keys_of_a_crm_along(ops: Operator, house: House) -> None:
    ops("crm", "tea", "hubspot", types="pat-na1-0123456789\n")
    ops("remove", "tea", "--yes")
    with pytest.raises(Exception, match="ParameterNotFound"):
        secret(house, "accounts/tea/crm_hubspot")


def test_a_mini_program_has_a_tester_in_whose_name_words_are_checked(ops: Operator, house: House) -> None:
    assert "no mini-program" in ops.fails("tester", "tea", "alice")
    house.svc.table.update("accounts", "leaf", {"kind": "miniprogram"})
    house.svc.forget("accounts")
    assert "not an openid" in ops.fails("tester", "leaf", "a#b")
    assert "words are checked" in ops("tester", "leaf", "alice")
    assert (house.svc.table.get("accounts", "leaf") or {})["tester"] == "alice"
