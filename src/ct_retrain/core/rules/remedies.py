"""What to do about a refusal, reason by reason: the words of `ct-retrain explain`."""

from collections.abc import Mapping

_VERDICTS = "simulate it as the night does: `ct-retrain judge DUT TB --explain`"

REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(
        ("malformed_json", "bad_utf8", "not_an_object", "too_deep", "wrong_type"),
        "write a trace with ct_retrain.TraceWriter, and a gold set in one of the shapes of docs/reference/dataset.md",
    ),
    "too_large": "shorten it, or raise collect.max_line_bytes (a trace line) or curate.max_rtl_bytes (a design)",
    "half_written": "let the pipeline finish the line; it is read then",
    "other_status": "write one of the words for a pass that docs/reference/trace.md lists, if it is one",
    "other_stage": "nothing, unless it is a simulation: then call its stage Simulation",
    "no_spec": "name the specification: spec_path, or spec with its words",
    "no_rtl": "name the design: rtl_file",
    "no_testbench": "name the testbench: testbench_file",
    "artefact_missing": "keep the file until the night has read it, or name the place it lies in",
    "artefact_too_large": "shorten it, or raise collect.max_artefact_bytes",
    "bad_path": "name a file that can be",
    "path_escapes": "copy the file into the run: traces reach nothing outside the workspace",
    "out_of_reach": "copy the file into the run, or add its directory to collect.shared",
    "not_a_file": "name a plain file",
    "unreadable": "give the night's user the right to read it",
    **dict.fromkeys(
        ("rewritten", "replaced", "vanished"), "nothing: it was read again, or is by the next night"
    ),
    "duplicate": "nothing: the same is there already",
    "superseded": "nothing: a later run of the same specification is taken",
    "integrity": "let nobody change collected files; `ct-retrain run --redo collect` copies them again",
    "no_instruction": "give the specification words",
    "no_module": "name the file that holds the module",
    **dict.fromkeys(
        ("mismatch", "compile_error", "no_evidence", "timeout", "resource_limit", "disputed", "unproven"),
        _VERDICTS,
    ),
    "unconfirmed": f"{_VERDICTS}; judge.unconfirmed says whether it counts",
    "forbidden": f"take out of the design what only a testbench may do; {_VERDICTS}",
    "not_reproduced": "find out why the run said otherwise: both lines are above",
    "warnings": "mend the warnings, or raise curate.max_warnings",
    "vacuous_testbench": "make the testbench compare outputs: wrong designs pass it",
    "weak_testbench": "make the testbench compare more, or lower curate.min_credibility",
    "undriven_output": "drive every output, and have the testbench look at it",
    "over_limit": "raise max_records",
    **dict.fromkeys(("empty_question", "empty_answer"), "fill the row, or take it out"),
    **dict.fromkeys(
        ("unknown_shape", "unknown_template", "unknown_role", "several_texts"),
        "bring the row into one of the shapes of docs/reference/dataset.md",
    ),
    "too_long": "shorten the row, or raise train.hyperparameters.max_length",
}
"""Reason → what a person can do."""


def remedy_of(reason: str) -> str:
    """What to do about *reason*; "" for one that has no entry."""
    if reason.startswith("contaminated_"):
        return "nothing: it is a benchmark problem; docs/explanation/decontamination.md has the rule"
    return REMEDIES.get(reason, "")
