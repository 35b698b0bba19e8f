"""The calls of PostHog's Python client. Arguments: the server's address, the write key. Prints what failed."""

import sys

from posthog import Posthog

failed: list[str] = []
client = Posthog(sys.argv[2], host=sys.argv[1], on_error=lambda error, _: failed.append(str(error)))
client.set(distinct_id="lena", properties={"email": "lena@example.com", "plan": "pro"})
client.capture("Tent Pitched", distinct_id="lena", properties={"size": 3})
client.capture("$pageview", distinct_id="lena", properties={"$current_url": "/"})
client.group_identify("company", "acme", {"size": 3}, distinct_id="lena")
client.alias("anna", "lena")
client.shutdown()
print(failed)
