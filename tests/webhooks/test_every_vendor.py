"""What holds for every vendor of the registry, also for one that is added tomorrow: the sandbox plays it too."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from sandbox.callbacks.model import Caller
from starter.webhooks.model import ABOUT_PEOPLE, Call, Forged, Report, Unknown, Unreadable, Vendor
from starter.webhooks.registry import known_vendors
from tests.webhooks.conftest import MAIL, PHONE, PUBLIC, about, as_call

VENDORS = sorted(known_vendors())
URL = f"{PUBLIC}/webhooks/x/key?delivery_id=d_1"


@pytest.mark.parametrize("name", VENDORS)
async def test_its_calls_are_proved_and_understood(
    name: str, vendors: dict[str, Vendor], callers: dict[str, Caller]
) -> None:
    vendor, caller = vendors[name], callers[name]
    recipient = MAIL if vendor.channel == "email" else PHONE
    assert {"delivered", "failed", "bounced hard"} & set(caller.tells)
    for what in caller.tells:
        call = as_call(caller.call(URL, what, about("d_1", "vendor-1", recipient)), URL)
        await vendor.verify(call)
        [*others, said] = vendor.read(call)
        assert vendor.read(call) == [*others, said]  # the same ids each time
        if what == "something new":
            assert isinstance(said, Unknown)
            assert said.raw == ""
        else:
            assert isinstance(said, Report)
            assert (said.told, said.address) == (what.split()[0], recipient)
            assert abs((said.at - call.received_at).total_seconds()) < 5
            if said.told not in ABOUT_PEOPLE:
                assert (said.delivery_id, said.provider_id) == ("d_1", "vendor-1")


@pytest.mark.parametrize("name", VENDORS)
async def test_a_call_without_its_proof_is_refused(
    name: str, vendors: dict[str, Vendor], callers: dict[str, Caller]
) -> None:
    signed = callers[name].call(URL, "delivered", about("d_1", "vendor-1"))
    proved = as_call(signed, URL)
    stripped = {header: value for header, value in proved.headers.items() if header == "content-type"}
    for forged in (replace(proved, headers=stripped), replace(proved, body=b""), replace(proved, body=b"{}")):
        if name in ("postmark",) and forged.headers is proved.headers:
            continue  # a password proves the sender, not the text
        if name == "ses" and forged.body == proved.body:
            continue  # its proof stands in the body
        with pytest.raises(Forged):
            await vendors[name].verify(forged)


@pytest.mark.parametrize("name", [name for name in VENDORS if name != "postmark"])
async def test_a_changed_byte_is_noticed(
    name: str, vendors: dict[str, Vendor], callers: dict[str, Caller]
) -> None:
    call = as_call(callers[name].call(URL, "delivered", about("d_1", "vendor-1")), URL)
    place = call.body.index(b"vendor-1")
    changed = call.body[:place] + b"V" + call.body[place + 1 :]
    with pytest.raises(Forged):
        await vendors[name].verify(replace(call, body=changed))


@pytest.mark.parametrize("name", VENDORS)
async def test_nothing_that_is_sent_breaks_its_reader(name: str, vendors: dict[str, Vendor]) -> None:
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )

    @given(st.binary(max_size=60) | values.map(to_json))
    def reads(body: bytes) -> None:
        call = Call(url=URL, headers={}, body=body, received_at=about().at)
        try:
            vendors[name].read(call)
        except (Unreadable, Forged):
            return

    reads()
