"""ministack's CloudFormation knows no alarm on several metrics: it is given the first of them, which is enough here."""

from typing import Any

from ministack.services.cloudformation import provisioners


def mend() -> None:
    own = provisioners._cw_metric_alarm_record

    def record(name: str, props: dict[str, Any]) -> Any:
        return own(name, _simple(props) if props.get("Metrics") else props)

    provisioners._cw_metric_alarm_record = record


def _simple(props: dict[str, Any]) -> dict[str, Any]:
    first = next(one["MetricStat"] for one in props["Metrics"] if "MetricStat" in one)
    rest = {key: value for key, value in props.items() if key != "Metrics"}
    return {**rest, **first["Metric"], "Statistic": first["Stat"], "Period": first["Period"]}
