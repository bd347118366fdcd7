"""Gold sets in the shapes people have: a row, or a reason, for every line of every file, and never a hang."""

import gzip
import json
import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.core.configuration.section import GoldKeySettings
from ct_retrain.stages.gold import GoldReading, fingerprints, read_set

RTL = "module w(input a, output y);\n  assign y = a;\nendmodule\n"
ASK = "A wire from a to y."
GOOD = {"instruction": ASK, "output": RTL}
KEYS = GoldKeySettings()


def read(
    directory: Path, *lines: object, name: str = "g.jsonl", source: str = "gold", **keys: str
) -> GoldReading:
    """What is made of *lines*, which are written as JSON Lines."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if lines:
        (directory / name).write_text(text)
    return read_set(directory, source, GoldKeySettings(**keys))  # type: ignore[arg-type]


def pairs(reading: GoldReading) -> list[tuple[str, str]]:
    return [(row.prompt, row.completion) for row in reading.rows]


def reasons(reading: GoldReading) -> list[tuple[str, str]]:
    return [(one.subject, one.reason) for one in reading.rejected]


USER, ANSWER = {"role": "user", "content": ASK}, {"role": "assistant", "content": RTL}
SHAPES: dict[str, object] = {
    "instruction and output": GOOD,
    "Alpaca with an empty input": {**GOOD, "input": ""},
    "prompt and response": {"prompt": ASK, "response": RTL, "metadata": {"phase": "rtl"}},
    "prompt and completion": {"prompt": ASK, "completion": RTL},
    "question and answer": {"question": ASK, "answer": RTL},
    "instruction and response": {"instruction": ASK, "response": RTL, "context": "", "category": "x"},
    "input and output": {"input": ASK, "output": RTL},
    "RTLCoder: capitals, and a list of one": {"Instruction": ASK, "Input": "", "Response": [RTL]},
    "OpenAI": {"messages": [USER, ANSWER]},
    "OpenAI with parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": ASK}]}, ANSWER]},
    "ShareGPT": {"conversations": [{"from": "human", "value": ASK}, {"from": "gpt", "value": RTL}]},
    "a conversation beside a pair": {"prompt": "x", "prompt_id": "1", "messages": [USER, ANSWER]},
    "TRL: prompt and completion of turns": {"prompt": [USER], "completion": [ANSWER]},
    "bare turns": [USER, ANSWER],
    "an unanswered turn at the end": {"messages": [USER, ANSWER, {"role": "user", "content": "Thanks!"}]},
    "an empty conversation beside a pair": {"messages": [], **GOOD},
    "MG-Verilog: description and code": {"description": ASK, "code": RTL},
    "a problem and its solution": {"problem": ASK, "solution": RTL, "user": "jo"},
    "a spec and its rtl": {"spec": ASK, "rtl": RTL, "testbench": "module tb; endmodule"},
    "a preference": {"prompt": ASK, "chosen": RTL, "rejected": "module x; endmodule"},
    "a preference of turns": {"chosen": [USER, ANSWER], "rejected": [USER, {**ANSWER, "content": "no"}]},
    "a preference of turns beside the question": {"prompt": ASK, "chosen": [USER, ANSWER]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_usual_shape_is_read(tmp_path: Path, shape: str) -> None:
    reading = read(tmp_path, SHAPES[shape])

    assert reasons(reading) == []
    assert pairs(reading) == [(ASK, RTL)]
    assert reading.rows[0].place == "gold/g.jsonl:1"


TEMPLATES = {
    "Alpaca": "Below is an instruction that describes a task. Write a response that appropriately completes the "
    f"request.\n\n### Instruction:\n{ASK}\n\n### Response:\n{RTL}</s>",
    "Alpaca with input": "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n### Instruction:\nA wire\n\n"
    f"### Input:\nfrom a to y.\n\n### Response:\n{RTL}<|endoftext|>",
    "guanaco": f"### Human: {ASK}### Assistant: {RTL}",
    "ChatML": f"<|im_start|>user\n{ASK}<|im_end|>\n<|im_start|>assistant\n{RTL}<|im_end|>\n",
    "Llama 2": f"<s>[INST] {ASK} [/INST] {RTL} </s>",
    "Llama 3": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n"
    f"{ASK}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n{RTL}<|eot_id|>",
    "Gemma": f"<bos><start_of_turn>user\n{ASK}<end_of_turn>\n<start_of_turn>model\n{RTL}<end_of_turn>\n",
    "Phi": f"<|user|>\n{ASK}<|end|>\n<|assistant|>\n{RTL}<|end|>\n<|endoftext|>",
    "DeepSeek": f"<｜begin▁of▁sentence｜><｜User｜>{ASK}<｜Assistant｜>{RTL}<｜end▁of▁sentence｜>",  # noqa: RUF001 - its marks
    "DeepSeek-Coder": f"### Instruction:\n{ASK}\n### Response:\n{RTL}\n<|EOT|>\n",
    "Vicuna": f"USER: {ASK} ASSISTANT: {RTL}</s>",
    "question and answer": f"Question: {ASK}\nAnswer: {RTL}",
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_is_split_where_its_template_marks_turns(tmp_path: Path, template: str) -> None:
    reading = read(tmp_path, {"text": TEMPLATES[template]})

    [(question, answer)] = pairs(reading)
    assert question.split() == ASK.split()
    assert answer.strip() == RTL.strip()


def test_what_the_system_says_and_earlier_rounds_are_part_of_the_question(tmp_path: Path) -> None:
    system = {"role": "system", "content": "You write Verilog."}
    first = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"}]
    chatml = "".join(
        f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in [system, USER, ANSWER]
    )
    llama = f"[INST] <<SYS>>\nYou write Verilog.\n<</SYS>>\n\n{ASK} [/INST] {RTL}"
    reading = read(
        tmp_path,
        {"messages": [system, USER, ANSWER]},
        {"system": "You write Verilog.", "instruction": ASK, "output": RTL},
        {"text": chatml},
        {"text": llama},
        {"messages": [*first, USER, ANSWER]},
        {"instruction": ASK, "output": RTL, "history": [["Hello", "Yes?"]]},
        {"instruction": "A wire", "input": "from a to y.", "output": RTL},
        {"instruction": "A wire", "context": "from a to y.", "response": RTL},
    )

    asked = f"You write Verilog.\n\n{ASK}"
    talk = f"User: Hello\n\nAssistant: Yes?\n\nUser: {ASK}"
    both = "A wire\n\nfrom a to y."
    assert [row.prompt for row in reading.rows] == [asked, asked, asked, asked, talk, talk, both, both]


def test_an_answer_of_weight_0_is_shown_and_not_learned(tmp_path: Path) -> None:
    bad = {"role": "assistant", "content": "module bad; endmodule", "weight": 0}
    again = {"role": "user", "content": "It is wrong."}

    [row] = read(tmp_path, {"messages": [USER, bad, again, ANSWER, again, {**bad, "content": "x"}]}).rows

    assert row.completion == RTL
    assert row.prompt == f"User: {ASK}\n\nAssistant: module bad; endmodule\n\nUser: It is wrong."


REFUSED: list[tuple[object, str]] = [
    ({"instruction": ASK, "output": ""}, "empty_answer"),
    ({"instruction": ASK, "output": "  \n"}, "empty_answer"),
    ({"instruction": ASK, "output": None}, "empty_answer"),
    ({"instruction": ASK, "output": []}, "empty_answer"),
    ({"instruction": "", "output": RTL}, "empty_question"),
    ({"instruction": " ", "system": "You write Verilog.", "output": RTL}, "empty_question"),
    ({"messages": [ANSWER]}, "empty_question"),
    ({"messages": [{"role": "system", "content": "x"}, ANSWER]}, "empty_question"),
    ({"messages": [{"role": "user", "content": ""}, ANSWER]}, "empty_question"),
    ({"messages": [USER]}, "empty_answer"),
    ({"messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}]}, "empty_answer"),
    ({"messages": [USER, {**ANSWER, "weight": 0}]}, "empty_answer"),
    ({"messages": [USER, {"role": "critic", "content": "x"}, ANSWER]}, "unknown_role"),
    ({"messages": [USER, "x"]}, "wrong_type"),
    ({"instruction": ASK, "output": "I am sorry, I cannot write that module."}, "no_rtl"),
    ({"instruction": ASK, "output": "// endmodule"}, "no_rtl"),
    ({"instruction": ASK, "output": "module w(input a, output y);\n  assign"}, "no_rtl"),
    ({"instruction": ASK, "output": [RTL, RTL]}, "several_texts"),
    ({"instruction": ASK, "output": 7}, "wrong_type"),
    ({"instruction": ASK, "output": {"rtl": RTL}}, "wrong_type"),
    ({"instruction": ASK, "output": RTL + "// \ud800"}, "bad_utf8"),
    ({"wish": ASK, "verilog": RTL}, "unknown_shape"),
    ({"chosen": RTL, "rejected": RTL}, "unknown_shape"),
    ({}, "unknown_shape"),
    ({"text": RTL}, "unknown_template"),
    ([1, 2], "not_an_object"),
    ("text", "not_an_object"),
    (None, "not_an_object"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED)
def test_what_may_not_be_learned_is_refused_by_name_and_its_neighbours_are_kept(
    tmp_path: Path, line: object, reason: str
) -> None:
    reading = read(tmp_path, GOOD, line, GOOD)

    assert reasons(reading) == [("gold/g.jsonl:2", reason)]
    assert [row.place for row in reading.rows] == ["gold/g.jsonl:1", "gold/g.jsonl:3"]
    [file] = reading.files
    assert (file.lines, file.taken, file.refused, file.unread) == (3, 2, {reason: 1}, "")


@pytest.mark.parametrize(
    "answer",
    [
        f"Here it is:\n```verilog\n{RTL}```\nIt is a wire.",
        "package p;\n  typedef logic [3:0] nibble;\nendpackage\n",
        "primitive mux(y, a, b);\n  output y; input a, b;\n  table 0 0 : 0; endtable\nendprimitive\n",
        f"`default_nettype none\n{RTL}",
    ],
)
def test_rtl_of_any_kind_is_rtl(tmp_path: Path, answer: str) -> None:
    assert pairs(read(tmp_path, {"instruction": ASK, "output": answer})) == [(ASK, answer)]


def test_the_body_of_a_module_whose_header_is_asked_with_is_rtl(tmp_path: Path) -> None:
    asked = "Complete it.\nmodule w(input a, output y);"

    assert len(read(tmp_path, {"prompt": asked, "completion": "  assign y = a;\nendmodule\n"}).rows) == 1


def test_general_data_needs_no_rtl(tmp_path: Path) -> None:
    reading = read(tmp_path, {"question": "What is a latch?", "answer": "A memory."}, source="general")

    assert pairs(reading) == [("What is a latch?", "A memory.")]
    assert (reading.rows[0].source, reading.rows[0].place) == ("general", "general/g.jsonl:1")


def test_keys_of_ones_own_are_named_by_settings_and_other_lines_are_read_as_usual(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        {
            "task": {"words": ["A wire", "from a to y."]},
            "answers": [{"verilog": RTL}],
            "terms": {"name": "MIT"},
        },
        GOOD,
        {"task": {"words": ["A wire"]}, "answers": []},
        question="task.words.0",
        input="task.words.1",
        answer="answers.0.verilog",
        licence="terms.name",
    )

    assert pairs(reading) == [("A wire\n\nfrom a to y.", RTL), (ASK, RTL)]
    assert reading.rows[0].licence == "MIT"
    assert reasons(reading) == [("gold/g.jsonl:3", "unknown_shape")]


def test_an_unknown_shape_names_its_keys_and_the_setting_that_maps_them(tmp_path: Path) -> None:
    unnamed, nested = read(
        tmp_path, {"wish": ASK, "verilog": RTL}, {"description": {"short": ASK, "long": ASK}, "code": RTL}
    ).rejected

    assert "wish, verilog" in unnamed.detail
    assert "train.gold_keys.question" in unnamed.detail
    assert "the keys short, long; name one with train.gold_keys, such as description.short" in nested.detail


LINES = json.dumps(GOOD) + "\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES * 2),
        ("a.ndjson", LINES * 2),
        ("A.JSONL", LINES * 2),
        ("bom.jsonl", "\ufeff" + LINES * 2),
        ("crlf.jsonl", LINES.replace("\n", "\r\n") * 2),
        ("blank.jsonl", f"\n{LINES}\n  \n{LINES}\n"),
        ("open.jsonl", (LINES * 2).rstrip()),
        ("a.json", json.dumps([GOOD, GOOD])),
        ("indented.json", json.dumps([GOOD, GOOD], indent=2)),
        ("bom.json", "\ufeff" + json.dumps([GOOD, GOOD])),
        ("data.json", json.dumps({"version": 1, "data": [GOOD, GOOD]})),
        ("lines.json", LINES * 2),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_usual_file_is_read(tmp_path: Path, name: str, data: str, packed: bool) -> None:
    written = gzip.compress(data.encode()) if packed else data.encode()
    (tmp_path / (f"{name}.gz" if packed else name)).write_bytes(written)

    reading = read_set(tmp_path, "gold", KEYS)

    assert pairs(reading) == [(ASK, RTL)] * 2
    assert (reading.files[0].lines, reading.files[0].taken) == (2, 2)


def test_one_object_is_a_set_of_one(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(GOOD, indent=1))

    assert pairs(read_set(tmp_path, "gold", KEYS)) == [(ASK, RTL)]


def test_a_table_is_read_by_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").Table
    rows = [{"messages": [USER, ANSWER], "n": 1}, {"messages": [USER], "n": 2}]
    parquet.write_table(table.from_pylist(rows), tmp_path / "train-00000.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "train-00000.parquet").read_bytes()[:200])

    reading = read_set(tmp_path, "gold", KEYS)

    assert pairs(reading) == [(ASK, RTL)]
    assert reasons(reading) == [
        ("gold/torn.parquet", "bad_parquet"),
        ("gold/train-00000.parquet:2", "empty_answer"),
    ]


@pytest.mark.parametrize(
    ("data", "refusals", "taken"),
    [
        (LINES.encode() + b"{not json\n" + LINES.encode(), [(":2", "malformed_json")], 2),
        (LINES.encode() + b'{"instruction": "\xff"}\n', [(":2", "bad_utf8")], 1),
        (b"[" * 100_000 + b"\n" + LINES.encode(), [(":1", "too_deep")], 1),
        (b"x" * (17 << 20) + b"\n" + LINES.encode(), [(":1", "too_large")], 1),
        (LINES.encode("utf-16"), [("", "bad_utf8")], 0),
        (gzip.compress(LINES.encode() * 50)[:-30], [("", "bad_gzip")], None),
        (b"\x1f\x8bnonsense", [("", "bad_gzip")], 0),
        (b"", [], 0),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_rest_is_kept(
    tmp_path: Path, data: bytes, refusals: list[tuple[str, str]], taken: int | None
) -> None:
    (tmp_path / "g.jsonl").write_bytes(data)

    reading = read_set(tmp_path, "gold", KEYS)

    assert [reason for _, reason in reasons(reading)] == [reason for _, reason in refusals]
    if taken is not None:
        assert reasons(reading) == [(f"gold/g.jsonl{where}", reason) for where, reason in refusals]
        assert len(reading.rows) == taken


def test_what_is_no_data_is_named_with_its_reason_and_nothing_hangs(tmp_path: Path) -> None:
    directory = tmp_path / "gold"
    directory.mkdir()
    os.mkfifo(directory / "fifo.jsonl")
    (directory / "zero.jsonl").symlink_to("/dev/zero")
    (directory / "gone.jsonl").symlink_to("nowhere")
    (directory / "loop.jsonl").symlink_to("loop.jsonl")
    (directory / "deep.jsonl").mkdir()
    (directory / "table.csv").write_text("a,b\n")
    (directory / "notes.txt").write_text("x")
    (directory / "README.md").write_text("# Our gold set")
    (directory / ".hidden.jsonl").write_text("{")
    (tmp_path / "elsewhere.jsonl").write_text(LINES)
    (directory / "linked.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(directory)
        server.bind("socket.jsonl")
        os.chdir(here)
        reading = read_set(directory, "gold", KEYS)
        marks = fingerprints(directory)

    assert {file.name: file.unread.partition(":")[0] for file in reading.files} == {
        "README.md": "documentation",
        "deep.jsonl": "not_a_file",
        "fifo.jsonl": "not_a_file",
        "gone.jsonl": "missing",
        "linked.jsonl": "",
        "loop.jsonl": "missing",
        "notes.txt": "unknown_format",
        "socket.jsonl": "not_a_file",
        "table.csv": "unknown_format",
        "zero.jsonl": "not_a_file",
    }
    assert pairs(reading) == [(ASK, RTL)]
    assert len(marks) == 10


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text(LINES)
    (tmp_path / "g.jsonl").chmod(0)

    assert reasons(read_set(tmp_path, "gold", KEYS)) == [("gold/g.jsonl", "unreadable")]


def test_a_directory_that_is_not_there_is_an_empty_set(tmp_path: Path) -> None:
    assert read_set(tmp_path / "nowhere", "gold", KEYS) == GoldReading([], [], [])


def test_what_a_set_is_made_from_changes_with_every_file_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    before = fingerprints(tmp_path)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b"[]"))

    assert fingerprints(tmp_path)[0] == before[0]
    assert len(fingerprints(tmp_path)) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "instruction",
                    "output",
                    "messages",
                    "role",
                    "content",
                    "text",
                    "from",
                    "value",
                    "history",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(line=json_values)
def test_no_line_whatever_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, line: object) -> None:
    reading = read(tmp_path_factory.mktemp("set"), GOOD, line)

    assert reading.files[0].lines == 2
    assert len(reading.rows) + len(reading.rejected) == 2


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 400_000,
        "assign " * 100_000,
        " " * 900_000 + "x",
        "</s> " * 150_000 + "x",
        "### Human: " * 80_000,
    ],
)
@pytest.mark.parametrize("key", ["output", "text"])
def test_no_text_takes_for_ever(tmp_path: Path, key: str, text: str) -> None:
    began = time.process_time()
    read(tmp_path, {"instruction": ASK, key: text} if key == "output" else {"text": text})

    assert time.process_time() - began < 20


def test_a_pair_that_no_model_reads_is_too_long(tmp_path: Path) -> None:
    assert reasons(read(tmp_path, {**GOOD, "output": RTL + "// " + "x" * (1 << 20)})) == [
        ("gold/g.jsonl:1", "too_long")
    ]
