"""A whole run that writes over the channel which its customer answers."""

from pathlib import Path

import pytest

from starter.rehearsal.testing import Rehearse

_FILES = {
    "sojourn.yaml": """
brand: {name: Northwind, address: "Hafenstr. 12, Hamburg", url: "https://northwind.example"}
write_keys: [key]
people:
  - {email: ada@northwind.example, name: Ada, groups: [support], token: token-ada}
channels:
  inbox: {provider: surface}
  banner: {provider: surface}
""",
    "policies.yaml": "{}\n",
    "catalogue.yaml": "products: []\n",
    "content/hello/inbox.yaml.j2": "---\nlanguage: en\n---\ntitle: Hello\n",
    "content/hello/banner.yaml.j2": "---\nlanguage: en\n---\ntitle: Hello\n",
    "journeys/hello.yaml": """
journey: hello
owner: maria@northwind.example
start: {event: Help Wanted}
steps:
  - {id: one, send: inbox, content: hello, purpose: transactional}
  - {id: two, send: banner, content: hello, purpose: transactional}
  - {id: read, wait: 1h}
  - {id: best, send: [inbox, banner], order: best first, content: hello, purpose: transactional}
""",
}


@pytest.fixture
def journey(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "journeys" / "hello.yaml"


async def test_a_run_writes_over_the_channel_that_its_customer_answers(rehearsal: Rehearse, journey: Path) -> None:
    wanted = {"at": "0m", "event": "Help Wanted"}
    read = {"at": "20m", "event": "Message Read", "channel": "banner"}

    story = await rehearsal(journey, customer={"time_zone": "Europe/Berlin"}, events=[wanted, read])

    sent = [(entry.step, entry.channel) for entry in story.entries if entry.what == "sent"]
    assert sent == [("one", "inbox"), ("two", "banner"), ("best", "banner")]
