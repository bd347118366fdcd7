"""Conversations of an agent that writes a design, is told that it fails, mends it, and simulates again."""

import json
from typing import Any

from tests.small_workspace import bench, spec, wrong

FAILED = "MISMATCH at 3\nTEST FAILED: 4 errors"
PASSED = "16 checks, 0 errors\nTEST PASSED"


def call(number: int, tool: str, **arguments: str) -> dict[str, Any]:
    """An assistant's message that calls one tool."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    called = {"id": f"call_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [called]}


def result(number: int, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{number}", "content": text}


def messages(width: int) -> list[dict[str, Any]]:
    """Written, simulated, edited, simulated."""
    return [
        {"role": "system", "content": "You write Verilog."},
        {"role": "user", "content": [{"type": "text", "text": spec(width)}]},
        call(1, "write_file", path="tb.v", content=bench(width)),
        result(1, "ok"),
        call(2, "write_file", path="dut.v", content=wrong(width)),
        result(2, "ok"),
        call(3, "bash", command="iverilog -o sim dut.v tb.v && vvp sim"),
        result(3, FAILED),
        call(4, "edit", path="dut.v", old_str="= a", new_str="= ~a"),
        result(4, "ok"),
        call(5, "run_simulation", top="tb"),
        result(5, json.dumps({"status": "pass", "stdout": PASSED})),
        {"role": "assistant", "content": "It passes."},
    ]
