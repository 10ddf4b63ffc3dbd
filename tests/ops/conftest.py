"""A stage of one's own for each test of the operator's commands."""

from pathlib import Path

import pytest

from ops.resources import template
from tests.ops.emulated import fresh_stage


@pytest.fixture
def stage(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a stage that nobody has made yet."""
    # The emulator has no alarm on two metrics; everything else is the real template.
    text = template.STACK.read_text(encoding="utf-8")
    begin, end = text.index("      Metrics:\n        - Id: dead"), text.index("      ComparisonOperator:")
    simple = "      Namespace: AWS/SQS\n      MetricName: ApproximateNumberOfMessagesVisible\n      Period: 300\n"
    changed = tmp_path / "stack.yaml"
    changed.write_text(text[:begin] + simple + "      Statistic: Maximum\n" + text[end:], encoding="utf-8")
    monkeypatch.setattr(template, "STACK", changed)
    return fresh_stage()
