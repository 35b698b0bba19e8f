"""The environment variables by which a project finds its vendors, for as long as the local stack runs."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager


@contextmanager
def vendor_variables(sandbox: Mapping[str, str], *, keep_real: bool) -> Generator[list[str]]:
    """Point projects at the sandbox. Gives the vendors left as they are.

    With `keep_real` a vendor for which any variable is set already is left alone, whole: a real token must
    never be sent to a sandbox, nor a made-up one to a vendor.
    """
    real = {_vendor(name) for name in sandbox if os.environ.get(name)} if keep_real else set[str]()
    ours = {name: value for name, value in sandbox.items() if _vendor(name) not in real}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield sorted(real)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _vendor(variable: str) -> str:
    return variable.partition("_")[0]
