"""What other programs import under an old name is the module of today, and nobody is left without a word."""

import importlib
import sys

import pytest

from ct_retrain import _moved


@pytest.mark.parametrize("old", sorted(_moved._MOVED))
def test_an_old_name_gives_the_module_of_today_and_says_so(old: str) -> None:
    name, now = f"ct_retrain.{old}", f"ct_retrain.{_moved._MOVED[old]}"
    sys.modules.pop(name, None)

    with pytest.warns(DeprecationWarning, match=now):
        found = importlib.import_module(name)

    assert found is importlib.import_module(now)
    assert found.__name__ == now
    assert found.__spec__ is not None
    assert found.__spec__.name == now
