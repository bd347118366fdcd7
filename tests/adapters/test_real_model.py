"""A real pretrained model, SmolLM2-135M, goes through a whole night as any model of a user's would."""

import pytest
from benchmarks import real_model

from ct_retrain.core.records.night import NightOutcome


@pytest.mark.slow
def test_a_pretrained_model_learns_in_a_night_of_the_product(tmp_path, monkeypatch):
    if real_model.weights() is None:
        pytest.skip(f"{real_model.PACKAGE} and gguf are not installed: ./setup.sh --all-tools")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    base = real_model.make_base(tmp_path / "smollm2")
    (tmp_path / "workspace").mkdir()
    told = real_model.night(base, tmp_path / "workspace", real_model.KNOBS)

    losses = [point.loss for point in told.fit.losses]
    assert told.fit.steps >= 60
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    before, after = told.end_of_turn
    assert after < 0.5 * before
    assert told.cards["candidate"].finished_rate > told.cards["mainline"].finished_rate
    assert told.cards["candidate"].model_digest != told.cards["mainline"].model_digest
    assert told.record.outcome in {NightOutcome.PUBLISHED, NightOutcome.HELD, NightOutcome.REJECTED}
    assert (told.record.outcome is NightOutcome.PUBLISHED) == (
        tmp_path / "workspace/models/qwen_coder_rtl/latest_nightly"
    ).is_symlink()
