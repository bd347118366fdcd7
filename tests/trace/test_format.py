"""The published schema is the format, and the format is open."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from ct_retrain.trace import SimulationLine, SimulationPayload, TraceLine, json_schema
from ct_retrain.trace.lines import Payload

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "trace.schema.json"


def test_the_published_schema_is_the_generated_one() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema()


def test_the_schema_accepts_a_line_of_any_stage_with_any_keys() -> None:
    validator = Draft202012Validator(json_schema())

    validator.validate({"stage": "Synthesis", "payload": {"area": 3}, "host": "x"})
    validator.validate(
        {"stage": "Simulation", "run_id": "r", "timestamp": 5, "payload": {"status": "pass", "x": []}}
    )
    assert not validator.is_valid({"payload": {}})


def test_the_reader_knows_every_key_of_the_format() -> None:
    assert set(Payload.__struct_fields__) == set(SimulationPayload.model_fields)


def test_extra_keys_are_kept_and_wrong_types_are_not() -> None:
    assert TraceLine.model_validate({"stage": "x", "new": 1}).model_extra == {"new": 1}
    with pytest.raises(ValidationError):
        SimulationLine.model_validate({"stage": "Simulation", "payload": {"status": 1}})
