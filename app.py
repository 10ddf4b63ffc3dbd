"""The map of the service: every URL and every Lambda function starts here.

Chalice makes one Lambda (`api_handler`) for all routes, and one more for each decorated function below, named after it.
Those stay in this file: Lambda imports the module that a handler is declared in, so a handler in a blueprint would run
without what is set up here.
"""

import logging
from typing import cast

from chalice.app import Chalice, CloudWatchEvent, ConvertToMiddleware, Cron, Rate, SQSEvent

from chalicelib.features import jobs, schedules, tokens
from chalicelib.observe import log, name_stage, set_level
from chalicelib.services import services
from chalicelib.settings import Settings
from chalicelib.web import (
    api,
    callback,
    console,
    crm_hooks,
    files,
    go,
    guard,
    h5,
    identity_keys,
    jssdk,
    oauth,
    polls,
    proofs,
    workers,
)

NIGHT, MORNING = 18, 1  # UTC; 02:00 and 09:00 in Shanghai
BATCH = 10  # jobs that a worker is handed

settings = Settings.from_env()
set_level(settings.log_level)
name_stage(settings.stage)

app = Chalice(app_name="gaiwan", configure_logs=False)
app.log = cast(logging.Logger, log)  # Powertools' has the same methods
app.debug = False  # else Chalice would send its tracebacks to whoever asked
app.register_middleware(ConvertToMiddleware(log.inject_lambda_context(clear_state=True)))
app.register_middleware(guard.explain_errors, "http")
app.register_middleware(guard.require_operator, "http")

for blueprint in (
    callback.bp,
    oauth.bp,
    identity_keys.bp,
    jssdk.bp,
    files.bp,
    h5.bp,
    polls.bp,
    crm_hooks.bp,
    go.bp,
    console.bp,
    proofs.bp,
    api.bp,
):
    app.register_blueprint(blueprint)


@app.on_sqs_message(queue=settings.work_queue, batch_size=BATCH)
def run_job(event: SQSEvent) -> None:
    """Interactive follow-ups: answers that take long, messages to one person; a batch at once, as people wait."""
    jobs.work(services(), services().work, *workers.batch(event), at_once=BATCH)


@app.on_sqs_message(queue=settings.bulk_queue, batch_size=BATCH)
def run_bulk(event: SQSEvent) -> None:
    """Long work that keeps nobody waiting: follower pages, campaigns."""
    jobs.work(services(), services().bulk, *workers.batch(event))


@app.schedule(Rate(5, unit=Rate.MINUTES))
def refresh_tokens(event: CloudWatchEvent) -> None:
    """Also invoked by whoever is told that a token is wrong; the only function that asks WeChat for platform tokens."""
    tokens.refresh_all(services(), only=workers.account(event))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def tick(event: CloudWatchEvent) -> None:
    """Start what is due."""
    schedules.start(services(), schedules.EVERY_MINUTE)


@app.schedule(Cron(0, f"{MORNING},{NIGHT}", "*", "*", "?", "*"))
def nightly(event: CloudWatchEvent) -> None:
    """Twice: followers and their numbers in the night; statistics, once there are some, in the morning."""
    if workers.hour(event) == NIGHT:
        schedules.start(services(), schedules.EVERY_NIGHT)
