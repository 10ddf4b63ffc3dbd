"""Starts ministack with IAM on, mended where a deploy would notice, and writes down every permission that is asked for.

    python -m ops.e2e.emulator FOLDER          (ministack's own settings come from the environment)

FOLDER/used.jsonl   one line for each new {principal, action, resource, allowed, …}, the denied ones too
FOLDER/clock        seconds to add to the time: schedules follow the simulator's clock
FOLDER/runtime/     the Python that functions run on

Not seen here, because ministack does not ask: a function's resource policy (who may invoke it) and a role's trust.
"""

import importlib.metadata
import sys
from pathlib import Path

from ministack import app

from . import alarms, apis, items, lambdas, schedules
from .gate import Gate
from .record import Record

READ_FOR = "1.5.33"


def main(folder: Path) -> None:
    if importlib.metadata.version("ministack") != READ_FOR:
        sys.exit(f"ops/e2e/emulator reaches into ministack {READ_FOR}: read it again for this version")
    if not app.AUTH:
        sys.exit("without AUTH=true nothing would be proven")
    gate = Gate(Record(folder / "used.jsonl"))
    gate.stand()
    items.tell_leading_keys()
    lambdas.Lambdas(gate, folder).mend()
    alarms.mend()
    apis.mend()
    schedules.follow(folder / "clock")
    app.main()


if __name__ == "__main__":
    main(Path(sys.argv.pop(1)))
