"""`jinbao specs samples` (switch/cli): the sample messages of one day, decoded and explained.

A newcomer sees here what `decode` makes of a sign-on, a withdrawal, its reversal and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from switch.cli import load
from switch.cli.messages.reading import Failure, read_frame
from switch.cli.outcome import BAD, say, stop


def show_samples() -> None:
    """Decode and explain the sample messages that come with the program.

    \b
    Example:
      jinbao specs samples
    """  # noqa: D301 - \b keeps the lines of the examples apart
    for number, (sentence, frame) in enumerate(samples(), start=1):
        outcome = read_frame(frame, "")
        if isinstance(outcome, Failure):
            stop(f"sample {number}: {outcome.sentence}", BAD)
        say(f"{number}. {sentence}\n")
        say(load.message_table()(outcome, False) + "\n")


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield the samples in the order of a day: a sentence about each, and its frame."""
    text = (resources.files("specs") / "samples" / "all.hex").read_text(encoding="utf-8")
    sentence = ""
    for line in text.splitlines():
        if line.startswith("#"):
            sentence = line.removeprefix("#").strip()
        elif line:
            yield sentence, bytes.fromhex(line)
