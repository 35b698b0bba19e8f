"""What the command line answers before it does anything: help, versions, misuse."""

import re
import subprocess
import sys
from pathlib import Path

from starter import cli
from tests.cli.conftest import Command


def test_help_names_every_command(sojourn: Command):
    answer = sojourn("--help")
    assert answer.code == 0
    for name in ("demo", "dev", "worker", "serve", "journey", "event", "approval", "run", "delivery"):
        assert f"\n  {name} " in answer.out


def test_every_noun_is_in_the_help(sojourn: Command):
    """A noun is a module of the command line with commands of its own."""
    texts = [file.read_text(encoding="utf-8") for file in Path(cli.__file__).parent.glob("*.py")]
    nouns = {name for text in texts for name in re.findall(r'^app = noun\("(\w+)"', text, re.MULTILINE)}
    shown = {line.split()[0] for line in sojourn("--help").out.splitlines() if re.match(r"  \w", line)}
    assert len(nouns) > 10
    assert nouns - shown == set()


def test_help_loads_nothing_heavy():
    code = (
        "import sys, starter.cli\n"
        "assert starter.cli.run(['--help']) == 0\n"
        "heavy = {'temporalio', 'sqlmodel', 'sqlalchemy', 'fastapi', 'pydantic', 'httpx', 'rich', 'jinja2'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_help_tells_every_command_in_a_whole_sentence(sojourn: Command):
    nouns = [
        line.split()[0]
        for line in sojourn("--help").out.partition("Commands:")[2].splitlines()
        if line[2:3].strip()
    ]
    told = [sojourn(*words, "--help").out.partition("Commands:")[2] for words in ([], *([noun] for noun in nouns))]
    assert len(nouns) > 20
    assert [text for text in told if "..." in text or max(map(len, text.splitlines()), default=0) > 80] == []
    assert "at once. One of an experiment" in " ".join(sojourn("guardrail", "--help").out.split())


def test_help_of_every_command_fits_80_columns(sojourn: Command):
    for words in (["dev"], ["event", "replay"], ["approval", "reject"], ["run", "list"], ["delivery", "list"]):
        answer = sojourn(*words, "--help")
        assert answer.code == 0
        assert max(map(len, answer.out.splitlines())) <= 80


def test_version(process: Command):
    answer = process("--version")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("sojourn 0.")


def test_misuse_ends_with_2(process: Command):
    answer = process("journye")
    assert answer.code == 2
    assert "No such command 'journye'" in answer.err


def test_a_setting_that_makes_no_sense_is_named(sojourn: Command):
    answer = sojourn("worker", SOJOURN_PORT="eighty")
    assert answer.code == 1
    assert answer.err.startswith("SOJOURN_PORT: ")


def test_a_database_url_that_is_none_is_named(sojourn: Command):
    answer = sojourn("run", "list", SOJOURN_DATABASE_URL="my database")
    assert answer.code == 1
    assert "SOJOURN_DATABASE_URL is no database URL" in answer.err
    assert "Traceback" not in answer.err


def test_a_database_that_does_not_answer_is_told(sojourn: Command):
    answer = sojourn("run", "list", SOJOURN_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert answer.code == 1
    assert answer.err.startswith("The database does not answer")


def test_temporal_that_does_not_answer_is_told(process: Command):
    assert process("init", "shop").code == 0
    mail = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "25", "SMTP_USERNAME": "shop", "SMTP_PASSWORD": "secret"}
    answer = process("--project", "shop", "worker", SOJOURN_TEMPORAL_ADDRESS="127.0.0.1:9", **mail)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Temporal does not answer at 127.0.0.1:9. Start it with 'sojourn dev'")


def test_a_traceback_comes_only_when_asked_for(sojourn: Command):
    assert "Traceback" in sojourn("run", "list", SOJOURN_DEBUG="1").err
    assert "Traceback" not in sojourn("run", "list").err


def test_output_that_nobody_reads_to_its_end_is_no_error():
    command = f"{sys.executable} -c 'import starter.cli; starter.cli.main()' --help | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
