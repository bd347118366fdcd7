"""Whether installed tools have the versions that a workspace accepts: the version is part of a score."""

import re
from collections.abc import Iterable, Mapping

from packaging.specifiers import SpecifierSet

_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def unaccepted(found: Mapping[str, str], accepted: Iterable[tuple[str, str]]) -> str:
    """Return in words which tools do not have the versions *accepted*; "" if all have.

    *found* is tool → version as it says it, "" if it is not there; *accepted* holds tool and range, "" for any.
    """
    wrong = [
        f"{tool} is {found[tool] or 'not installed or not used'}, and judge.require accepts {tool} {versions}"
        for tool, versions in accepted
        if versions and not _accepts(versions, found[tool])
    ]
    return "; ".join(wrong)


def _accepts(versions: str, found: str) -> bool:
    number = _NUMBER.search(found)
    return number is not None and SpecifierSet(versions).contains(number[0], prereleases=True)
