"""`python -m ops`: everything an operator does with a stage, from making it to taking it down."""

import importlib

import click

# Command -> the module that holds it, in its tuple COMMANDS; in the order in which one needs them. Read when used:
# all of them together take a second.
COMMANDS = {
    "resources": "resources.command",
    "account": "accounts",
    "deploy": "deploy",
    "sign-in": "accounts",
    "doctor": "doctor",
    "status": "status",
    "logs": "logs",
    "redrive": "redrive",
    "rollback": "deploy",
    "package": "deploy",
    "migrate-openids": "migrate_openids",
    "domain": "domain",
    "egress": "egress.command",
    "cost": "cost",
    "destroy": "destroy",
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: tuple[click.Command, ...] = importlib.import_module(f"ops.{COMMANDS[cmd_name]}").COMMANDS
        return next(command for command in found if command.name == cmd_name)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """盖碗的运维命令：从建资源到上线、看护、拆除。用 --stage 选环境，每个命令都有 --help。

    Gaiwan's operating commands: make a stage, take it live, look after it, take it down. Each has --help.
    """


if __name__ == "__main__":
    main(prog_name="python -m ops")
