"""What is wrong with a policy: every problem with its own stable code, told all at once."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from visavis.errors import PolicyError

__all__ = ["PolicyProblem", "did_you_mean", "refusal"]


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """``where``: the key, as ``requires[2].fmr``; ``code`` is stable; ``text`` says what is wrong and what is right."""

    code: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text} [{self.code}]"


def refusal(subject: str, problems: Sequence[PolicyProblem]) -> PolicyError:
    """One error that holds every problem, a line each."""
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return PolicyError("policy_invalid", f"{subject} cannot be used:{lines}\n ", advice="Correct it, and try again.")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word, and then all of them: ``did you mean 'fmr'? Known: fmr.``"""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    listing = f"known: {', '.join(words)}" if words else "nothing is known here"
    return f"did you mean {near[0]!r}? ({listing})" if near else listing
