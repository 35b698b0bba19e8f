"""The six calls of Segment's interface, made with a client of Segment's or RudderStack's as it comes.

Arguments: the module of the client's class, the server's address, the write key. Prints what failed.
"""

import importlib
import sys
from typing import Any

module, host, key = sys.argv[1:]
failed: list[str] = []
client: Any = importlib.import_module(module).Client(
    key, host=host, on_error=lambda error, _: failed.append(str(error))
)
client.identify("lena", {"email": "lena@example.com", "plan": "pro"}, anonymous_id="device-1")
client.track("lena", "Tent Pitched", {"size": 3})
client.page("lena", name="Home", properties={"url": "/"})
client.screen("lena", name="Cart")
client.group("lena", "acme", {"size": 3})
client.alias("anna", "lena")
client.shutdown()
print(failed)
