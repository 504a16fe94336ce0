"""The command line: names the commands and their options. A command's module is imported when it is called.

Exit codes: 0; 1 for what `check` or `doctor` found; 2 for a wrong command line, settings or content, told without a
traceback.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.errors import HelpbotError
from dialogs.errors import ContentError

app = typer.Typer(
    help="A help desk bot that walks people through guides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
desk_app = typer.Typer(rich_markup_mode=None)
app.add_typer(desk_app, name="desk")
cases_app = typer.Typer(rich_markup_mode=None)
app.add_typer(cases_app, name="cases")
outbox_app = typer.Typer(rich_markup_mode=None)
app.add_typer(outbox_app, name="outbox")

Local = Annotated[bool, typer.Option("--local", help="Without authentication, for this machine only.")]
Host = Annotated[str | None, typer.Option(help="The address to listen on.", show_default="HELPBOT_HOST")]
Port = Annotated[
    int | None,
    typer.Option(help="The port to listen on; 0 for any that is free.", min=0, max=65535, show_default="HELPBOT_PORT"),
]
Words = Annotated[list[str] | None, typer.Argument(help="What to say first.", show_default=False)]
To = Annotated[
    str | None,
    typer.Option("--to", help="A server in local mode on this machine, to talk to instead.", show_default=False),
]
InLocale = Annotated[
    str,
    typer.Option("--locale", help="The user's language, such as de or es-MX.", show_default="HELPBOT_DEFAULT_LOCALE"),
]
Name = Annotated[str, typer.Option("--name", help="Who speaks, with --to.")]
ChannelName = Annotated[str, typer.Option("--channel", help="The channel's name, with --to.")]
Paths = Annotated[list[Path] | None, typer.Argument(help="Files and folders; else all content.", show_default=False)]
Play = Annotated[bool, typer.Option("--play", help="Also play the conversations (*.talk.yaml) beside the guides.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as mistakes.")]
Links = Annotated[bool, typer.Option("--links", help="Also ask, slowly, whether the links still lead anywhere.")]
AllWarnings = Annotated[bool, typer.Option("--all", help="Print every warning.")]
GuideId = Annotated[str, typer.Argument(help="A guide's id.", show_default=False)]
ShownIn = Annotated[str, typer.Option("--locale", help="In this language, such as de.", show_default="its own")]


class SchemaKind(StrEnum):
    """What can be described."""

    GUIDE = "guide"
    TRANSLATION = "translation"


AnyGuide = Annotated[str, typer.Argument(help="A guide's id; else all are listed.", show_default=False)]
AnyPort = Annotated[int, typer.Option("--port", help="The port to listen on; 0 for any.", min=0, max=65535)]
Renderer = Annotated[
    Path | None,
    typer.Option("--renderer", help="adaptivecards.min.js, where it is not set up.", show_default=False),
]
SchemaOf = Annotated[SchemaKind, typer.Argument(help="Of which kind of file.")]
ToFolder = Annotated[Path | None, typer.Option("--out", help="Write all into this folder.", show_default=False)]
InLanguage = Annotated[str, typer.Argument(help="A language, such as de; else all.", show_default=False)]
Missing = Annotated[bool, typer.Option("--missing", help="List what is not translated yet, as a file to fill in.")]
Filled = Annotated[Path | None, typer.Option("--apply", help="Put this filled-in file back.", show_default=False)]
ToFile = Annotated[Path | None, typer.Option("--out", help="Write to this file instead.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option("--out", help="Where to write it.", show_default="app.zip, slack-manifest.yaml")
]
AppVersion = Annotated[
    str,
    typer.Option(
        "--app-version", help="For Teams: three numbers, higher with every upload.", show_default="the program's"
    ),
]
Asked = Annotated[list[str] | None, typer.Argument(help="What a user says.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Top = Annotated[int, typer.Option("--top", help="At most so many guides.", min=1)]
TopGroups = Annotated[int, typer.Option("--top", help="At most so many groups.", min=1)]
Batch = Annotated[
    Path | None,
    typer.Option(
        "--batch", help="A file with a query a line (- is standard input): a line of JSON for each.", show_default=False
    ),
]
AskedIn = Annotated[str, typer.Option("--locale", help="The user's language.", show_default="HELPBOT_DEFAULT_LOCALE")]
IndexFile = Annotated[Path | None, typer.Option("--file", help="Where to write it.", show_default="HELPBOT_INDEX_FILE")]
Days = Annotated[int, typer.Option("--days", help="Of so many days.", min=1)]
PackageFile = Annotated[
    Path | None, typer.Option("--package", help="An app package to look at as well.", show_default=False)
]
Articles = Annotated[list[Path], typer.Argument(help="Articles, and folders of them.", show_default=False)]
ContentOut = Annotated[Path, typer.Option("--out", help="The content folder; guides/ below it is written.")]
Internal = Annotated[bool, typer.Option("--internal", help="Also articles of internal types (TSG_…, rca).")]
DataBodies = Annotated[bool, typer.Option("--data", help="Also articles that consist of JSON, as code.")]
Questions = Annotated[
    bool, typer.Option("--questions/--no-questions", help="Where every step is a condition, ask which one it is.")
]
Owner = Annotated[str, typer.Option("--owner", help="Of guides whose article names none.")]
WrittenIn = Annotated[str, typer.Option("--language", help="What the articles are written in.", show_default="en")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write no guide.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Where to write the report as JSON.", show_default=False)
]
CaseState = Annotated[str, typer.Option("--state", help="waiting, claimed or closed.", show_default=False)]
QueueName = Annotated[str, typer.Option("--queue", help="Of one queue only.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1)]
CaseId = Annotated[str, typer.Argument(help="As the helpdesk sees it, like HD-7K3QP.", show_default=False)]
Queue = Annotated[str, typer.Argument(help="Its name in desk.yaml.", show_default=False)]
ChannelAddress = Annotated[
    str,
    typer.Argument(help="The channel's link, teams|TENANT|CONVERSATION, or slack|TEAM|CHANNEL.", show_default=False),
]
Service = Annotated[
    str, typer.Option("--service", help="The serviceUrl.", show_default="of the first of HELPBOT_TEAMS_SERVICE_HOSTS")
]
Person = Annotated[
    str, typer.Argument(help="The directory (object) id, or the mail address that cases know.", show_default=False)
]
Sure = Annotated[bool, typer.Option("--yes", help="Without asking.")]
RowKey = Annotated[str, typer.Argument(help="As the list has it.", show_default=False)]
RowSeq = Annotated[int, typer.Argument(help="As the list has it.", show_default=False)]


class Form(StrEnum):
    """How a transcript is written."""

    TEXT = "text"
    MD = "md"
    JSON = "json"


class Target(StrEnum):
    """What packages are made for."""

    TEAMS = "teams"
    SLACK = "slack"


@app.command()
def serve(local: Local = False, host: Host = None, port: Port = None) -> None:
    """Run the server, until it is told to stop."""
    _run("serve", local, host, port)


@app.command()
def chat(words: Words = None, locale: InLocale = "", to: To = None, name: Name = "Alex") -> None:
    """Talk to the bot in this terminal.

    A number or the title of a button answers the newest card, as do your own words; "text 1" shows the first code of
    the steps alone; "exit" or Ctrl-D leaves. Only the lines you type are kept, for the arrow keys.

    helpbot chat < lines.txt says the lines of a file and prints the conversation; empty lines and comments, which begin
    with #, are skipped.

    With --to it is a user's chat with a running server instead (helpbot serve --local): the other side is
    helpbot desk --to.
    """
    if to is not None:
        _run("client_chat", to, name, " ".join(words or ()), locale)
    _run("chat", " ".join(words or ()), locale=locale)


@app.command()
def check(
    paths: Paths = None, play: Play = False, strict: Strict = False, links: Links = False, all_: AllWarnings = False
) -> None:
    """Look for mistakes in guides and texts, and for what is worth a second look."""
    _run("check", tuple(paths or ()), play, strict, links, all_)


@app.command("import")
def import_(
    paths: Articles,
    out: ContentOut = Path("content"),
    internal: Internal = False,
    data: DataBodies = False,
    questions: Questions = True,
    owner: Owner = "Helpdesk",
    language: WrittenIn = "",
    dry_run: DryRun = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Make guides of Markdown articles, and tell what was placed and what could not be."""
    _run(
        "import_",
        tuple(paths),
        out,
        internal=internal,
        data=data,
        questions=questions,
        owner=owner,
        language=language,
        dry=dry_run,
        report_file=report,
        as_json=as_json,
    )


@app.command()
def preview(guide: AnyGuide = "", port: AnyPort = 0, renderer: Renderer = None) -> None:
    """Show guides in a browser as Teams and Slack would, anew at each save."""
    _run("preview", guide, port, renderer)


@app.command()
def graph(guide: GuideId, locale: ShownIn = "") -> None:
    """Print a guide as a Mermaid flow chart."""
    _run("graph", guide, locale)


@app.command()
def schema(kind: SchemaOf = SchemaKind.GUIDE, out: ToFolder = None) -> None:
    """Print the JSON Schema of guides, or of translations, for editors."""
    _run("schema", kind.value, out)


@app.command()
def translate(language: InLanguage = "", missing: Missing = False, apply: Filled = None, out: ToFile = None) -> None:
    """List what is missing in other languages, for a translator; put it back when it is filled in."""
    if missing == (apply is not None):
        raise typer.BadParameter("Say --missing or --apply FILE.")
    _run("translate", language, apply, out)


@app.command()
def find(
    words: Asked = None,
    as_json: AsJson = False,
    top: Top = 10,
    batch: Batch = None,
    locale: AskedIn = "",
) -> None:
    """Show which guides a message finds, and what the bot would do."""
    _run("find", " ".join(words or ()), as_json=as_json, top=top, batch=batch, locale=locale)


@app.command()
def index(file: IndexFile = None) -> None:
    """Compile the content into one file, which the server reads.

    It would do so itself when it starts; only what has changed since the last time is read.
    """
    _run("index", file)


@app.command()
def unanswered(days: Days = 90, top: TopGroups = 50, as_json: AsJson = False) -> None:
    """Show what people said that found no guide, alike messages together, the commonest first."""
    _run("unanswered", days, top, as_json=as_json)


@app.command()
def package(channel: Target, out: Out = None, app_version: AppVersion = "") -> None:
    """Make the app package for Teams, or the app manifest for Slack, from the settings and the guides."""
    _run("package", channel.value, out, app_version)


@app.command()
def doctor(package: PackageFile = None) -> None:
    """Look at this deployment and say what is wrong and how to mend it."""
    _run("doctor", package)


@desk_app.callback(invoke_without_command=True)
def desk(context: typer.Context, to: To = None, channel: ChannelName = "Helpdesk", name: Name = "Anna") -> None:
    """Be the helpdesk of a server in local mode: an agent in a channel, with --to."""
    if context.invoked_subcommand is not None:
        return
    if to is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)
    _run("client_desk", to, channel, name)


@desk_app.command("bind")
def desk_bind(queue: Queue, address: ChannelAddress, service: Service = "") -> None:
    """Make a channel the desk of a queue. (Or mention the bot in the channel: "@bot desk QUEUE".)"""
    _run("desks", "bind", queue, address, service)


@desk_app.command("unbind")
def desk_unbind(queue: Queue) -> None:
    """Take a queue its desk."""
    _run("desks", "unbind", queue)


@desk_app.command("list")
def desk_list() -> None:
    """Show each queue's desk."""
    _run("desks", "list")


@cases_app.callback(invoke_without_command=True)
def cases(context: typer.Context) -> None:
    """Cases of the hand-off and what was said in them."""
    if context.invoked_subcommand is None:
        cases_list()


@cases_app.command("list")
def cases_list(state: CaseState = "", queue: QueueName = "", limit: Limit = 100) -> None:
    """Show open cases, the longest waiting first, then closed ones."""
    _run("cases", "list", state=state, queue=queue, limit=limit)


@cases_app.command("show")
def cases_show(case_id: CaseId) -> None:
    """Show a case and its transcript."""
    _run("cases", "show", case_id)


@cases_app.command("export")
def cases_export(case_id: CaseId, form: Annotated[Form, typer.Option("--format")] = Form.TEXT) -> None:
    """Print a case and its transcript; who did is logged, and noted in the case."""
    _run("cases", "export", case_id, form.value)


@app.command()
def forget(person: Person, sure: Sure = False) -> None:
    """Erase a person from the database, and say what was erased."""
    _run("forget", person, sure)


@outbox_app.callback(invoke_without_command=True)
def outbox(context: typer.Context) -> None:
    """What could not be delivered."""
    if context.invoked_subcommand is None:
        outbox_list()


@outbox_app.command("list")
def outbox_list(limit: Limit = 100) -> None:
    """Show it, the oldest first."""
    _run("outbox", "list", limit=limit)


@outbox_app.command("resend")
def outbox_resend(key: RowKey, seq: RowSeq) -> None:
    """Deliver one of it again."""
    _run("outbox", "resend", key, seq)


@outbox_app.command("drop")
def outbox_drop(key: RowKey, seq: RowSeq) -> None:
    """Delete one of it."""
    _run("outbox", "drop", key, seq)


@app.command()
def version() -> None:
    """Print the version."""
    _run("version")


def main() -> None:
    """Run the command that the command line names, and exit."""
    try:
        app(prog_name="helpbot")
    except (HelpbotError, ContentError) as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


def _run(name: str, *arguments: Any, **options: Any) -> None:
    """Call the function of that name in the module of that name; what it returns, if anything, is the exit code."""
    code = getattr(import_module(f"bot.commands.{name}"), name)(*arguments, **options)
    raise typer.Exit(code or 0)


if __name__ == "__main__":
    main()
