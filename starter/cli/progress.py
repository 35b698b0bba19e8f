"""A progress bar for what takes long."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn


@contextmanager
def progress_bar(total: int | None) -> Generator[Callable[[int], None]]:
    """Show how much of `total` is done, which None leaves open, on standard error; silent where that is no
    terminal. Gives what is to be told how much that is so far."""
    console = Console(stderr=True)
    columns = (BarColumn(bar_width=40), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)

        def tell(done: int) -> None:
            bar.update(task, completed=done)

        yield tell
