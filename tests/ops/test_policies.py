"""Each Lambda function has a role of its own, with what it needs and no more."""

import json

from ops import policies

CONFIG = json.loads((policies.ROOT / ".chalice/config.json").read_text())


def test_the_policy_files_are_what_the_table_of_permissions_says() -> None:
    for path, text in policies.files():
        assert path.read_text() == text, f"{path.name} is stale: run python -m ops.policies"


def test_every_function_of_every_stage_names_its_own_policy() -> None:
    for stage in policies.STAGES:
        functions = CONFIG["stages"][stage]["lambda_functions"]
        assert functions.keys() == policies.policies(stage).keys()
        for name, settings in functions.items():
            assert settings["iam_policy_file"] == f"policy-{stage}-{name}.json"


def test_no_statement_names_everything() -> None:
    for _, text in policies.files():
        for statement in json.loads(text)["Statement"]:
            assert "*" not in statement["Resource"] and not any("*" in action for action in statement["Action"])


def test_no_function_may_write_a_secret_or_change_another_stage() -> None:
    for path, text in policies.files():
        assert "ssm:Put" not in text and "ssm:Delete" not in text
        other = {"dev": "prod", "prod": "dev"}[path.name.split("-")[1]]
        assert f"gaiwan-{other}" not in text and f"gaiwan/{other}" not in text


def test_the_app_secret_is_for_the_login_and_the_refresher_alone() -> None:
    may = {name for name, statements in policies.policies("prod").items() if "app_secret" in json.dumps(statements)}
    assert may == {"api_handler", "refresh_tokens"}


def test_a_batch_of_bulk_work_ends_before_wechat_forgets_its_client_msg_id() -> None:
    six_times = 6 * CONFIG["stages"]["prod"]["lambda_functions"]["run_bulk"]["lambda_timeout"]
    assert six_times < 9 * 60
