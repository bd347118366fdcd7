"""What several stages are tested with."""

from collections.abc import Iterator

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.judge.judge import Judge


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """One that remembers: every benchmark asks it about the same goldens and stubs first."""
    settings = JudgeSettings(second_opinion=False, simulator="icarus")
    with Judge(settings, tmp_path_factory.mktemp("judge") / "verdicts") as judge:
        yield judge
