"""Settings from file, environment and options; a misspelt name is an error."""

import json
from pathlib import Path

import pytest

from ct_retrain.core.configuration.loading import (
    described,
    flat,
    load_settings,
    recordable,
    recorded,
    setting_names,
)
from ct_retrain.core.configuration.recipes import (
    adoption,
    challenger_settings,
    differences,
    recipe_digest,
)
from ct_retrain.core.configuration.settings import PathSettings, TrainSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.workspace import Workspace


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CT_RETRAIN_TRACKING__STORE")
    loaded = load_settings(tmp_path)

    assert loaded.settings.max_records == 0
    assert loaded.origins == {}


def test_options_win_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ct-retrain.toml").write_text(
        "max_records = 1\nmin_delta_score = 0.1\n[gate]\nmargin_champion = 0.3\n"
    )
    monkeypatch.setenv("CT_RETRAIN_MAX_RECORDS", "2")
    monkeypatch.setenv("CT_RETRAIN_TRAIN__HYPERPARAMETERS__RANK", "8")
    loaded = load_settings(tmp_path, {"min_delta_score": "0.2"})

    assert loaded.settings.max_records == 2
    assert loaded.settings.min_delta_score == 0.2
    assert loaded.settings.gate.margin_champion == 0.3
    assert loaded.settings.train.hyperparameters.rank == 8
    assert loaded.origins["max_records"] == "CT_RETRAIN_MAX_RECORDS"
    assert loaded.origins["min_delta_score"] == "option"
    assert loaded.origins["gate.margin_champion"].endswith("ct-retrain.toml")


def test_a_misspelt_variable_is_named_with_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CT_RETRAIN_MAX_RECORD", "9")
    with pytest.raises(UsageError, match="did you mean CT_RETRAIN_MAX_RECORDS"):
        load_settings(tmp_path)


def test_a_misspelt_key_of_the_file_is_named_with_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "ct-retrain.toml").write_text("[gate]\nmargin_champoin = 0.3\n")
    with pytest.raises(UsageError, match=r"gate\.margin_champoin.*did you mean gate\.margin_champion"):
        load_settings(tmp_path)


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_settings(tmp_path, file=tmp_path / "other.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "ct-retrain.toml").write_text("max_records = = 1")
    with pytest.raises(UsageError, match=r"ct-retrain\.toml"):
        load_settings(tmp_path)


def test_every_wrong_value_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, {"max_records": "many", "gate.confidence": "2"})

    assert "max_records" in str(caught.value)
    assert "gate.confidence" in str(caught.value)


def test_every_setting_has_a_dotted_name_and_a_printed_value(tmp_path: Path) -> None:
    assert (
        set(flat(load_settings(tmp_path).settings))
        == set(setting_names())
        == {name for name, *_ in described()}
    )
    assert "train.hyperparameters.learning_rate" in setting_names()


def test_what_a_night_recorded_of_its_settings_is_read_back_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {
        "min_delta_score": "0.037",
        "gate.floors": {"fsm": 0.5, "functional": 0.25},
        "judge.require.iverilog": ">=11,<14",
        "report.groups": {"counters": ["gray", "johnson"]},
        "train.hyperparameters.learning_rate": "3e-5",
        "train.hyperparameters.packing": "false",
        "benchmark.adaptive": "true",
    }
    monkeypatch.setenv("CT_RETRAIN_ENDPOINT__API_KEY", "hush")
    told = load_settings(tmp_path, options).settings
    monkeypatch.setenv("CT_RETRAIN_MAX_RECORDS", "7")
    read = recorded(json.loads(json.dumps(recordable(told))))

    assert flat(read) == {**flat(told)}
    assert read.gate == told.gate
    assert read.max_records == 0, "the environment of today is not that of the night"
    assert read.endpoint.api_key.get_secret_value() == ""


def test_what_a_night_recorded_before_settings_were_json_is_read(tmp_path: Path) -> None:
    told = load_settings(
        tmp_path, {"gate.floors": {"fsm": 0.5}, "train.hyperparameters.learning_rate": "3e-5"}
    ).settings
    texts = {
        **flat(told),
        "gate.floors": "{'fsm': 0.5}",
        "collect.shared": "('specs', 'rtl/lib')",
        "benchmark.adaptive": "True",
        "train.command": "7",
        "endpoint.api_key": "***",
    }
    read = recorded(texts)

    assert read.gate == told.gate
    assert read.train.hyperparameters.learning_rate == 3e-5
    assert read.collect.shared == ("specs", "rtl/lib")
    assert (read.benchmark.adaptive, read.train.command) == (True, "7")


def test_settings_on_record_that_this_version_does_not_know_are_named() -> None:
    with pytest.raises(UsageError, match=r"gate\.luck"):
        recorded({"gate.luck": "0.5"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[train.challengers.x.hyperparameters]\nrnk = 3\n",
            "did you mean train.challengers.x.hyperparameters.rank",
        ),
        ("[train.challengers.x]\nmin_new = 3\n", "nothing that a challenger decides"),
        ("[train.challengers.x]\nmainline = 'other'\n", "every arm of a night starts from one mainline"),
        (
            "[train.challengers.x.hyperparameters]\nrank = 0\n",
            "train.challengers.x.hyperparameters.rank: Input should",
        ),
        ("[train.challengers.'a-b']\n", "train.challengers.a-b"),
    ],
)
def test_a_challenger_that_is_no_recipe_is_told_at_once(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "ct-retrain.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_settings(tmp_path)


def test_a_challenger_is_a_part_of_train_over_the_default_recipe(tmp_path: Path) -> None:
    text = (
        "[train.hyperparameters]\nrank = 8\nseed = 7\n[train.challengers.wide.hyperparameters]\nrank = 32\n"
    )
    (tmp_path / "ct-retrain.toml").write_text(text)
    train = load_settings(tmp_path).settings.train
    (wide,) = challenger_settings(train).values()

    assert (wide.hyperparameters.rank, wide.hyperparameters.seed) == (32, 7)
    assert differences(wide, train) == {"hyperparameters.rank": "32"}
    assert adoption(train.challengers["wide"]) == ["train.hyperparameters.rank = 32"]
    assert recipe_digest(wide) != recipe_digest(train)
    reseeded = train.model_copy(
        update={"hyperparameters": train.hyperparameters.model_copy(update={"seed": 1})}
    )
    assert recipe_digest(reseeded) == recipe_digest(train), "another seed is no other recipe"


def test_a_setting_that_came_later_leaves_every_recipe_without_it_what_it_was() -> None:
    """A new digest begins the evidence on every challenger again: only a default that changes may do that."""
    usual = TrainSettings()

    assert recipe_digest(usual) == "6152c8e94dcab09bec3990c06a3b027211de214981c3f327f1799ea9934d793a"
    assert recipe_digest(usual.model_copy(update={"credible_weight": 2.0})) != recipe_digest(usual)


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "ct-retrain.toml").write_text('notices.urls_file = "~/addresses"\npaths.runs = "~/runs"\n')
    settings = load_settings(
        tmp_path, {"train.mainline": "~/base", "snapshot.target": "s3://bucket/~x"}
    ).settings

    assert settings.notices.urls_file == str(tmp_path / "home" / "addresses")
    assert settings.paths.runs == str(tmp_path / "home" / "runs")
    assert settings.train.mainline == str(tmp_path / "home" / "base")
    assert settings.snapshot.target == "s3://bucket/~x"


def test_a_mainline_is_never_looked_for_where_the_program_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "base").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "elsewhere")
    workspace = Workspace(tmp_path, PathSettings())

    assert workspace.model("base") == str(tmp_path / "base")
    assert workspace.model("lab/base") == "lab/base"
