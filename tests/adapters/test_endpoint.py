"""Whatever a server may say is borne, believed or refused in words; it is never a bug of ours and never a failed answer."""

import contextlib
import email.utils
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.scripted_server import Asked, Moody, Reply, answer

from ct_retrain.adapters import _answers, _http
from ct_retrain.adapters._http import NoAnswerError, RequestLimits, RetryBudget
from ct_retrain.adapters._throttle import Throttle
from ct_retrain.adapters.endpoint import EndpointGenerators
from ct_retrain.core.configuration.settings import EndpointSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.problem import Completion, Prompt, Sampling

PROMPTS = [Prompt(id=f"p{number}", text="Write an and gate" + " now" * number) for number in range(3)]
SAMPLING = Sampling(samples=1, temperature=0.8, top_p=0.95, max_new_tokens=12, seed=5)
BUSY = Reply({"error": "busy"}, 503)


def opened(moody: Moody, adapter: Path | None = None, **settings: object):
    chosen = {"url": moody.url, "model": "m", "patience": 20, **settings}
    return EndpointGenerators(EndpointSettings.model_validate(chosen)).open(adapter)


def one_from(moody: Moody, **settings: Any) -> Completion:
    (found,) = opened(moody, **settings).generate(PROMPTS[:1], SAMPLING)
    return found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked again soon: a hundred tests would wait half a minute."""
    monkeypatch.setattr(_http, "_FIRST", 0.02)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return written(tmp_path / "adapter", "weights")


def written(directory: Path, weights: str) -> Path:
    directory.mkdir()
    (directory / "adapter_config.json").write_text("{}")
    (directory / "adapter_model.safetensors").write_text(weights)
    return directory


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529])
def test_a_server_that_is_busy_or_broken_for_a_moment_is_asked_again(status: int) -> None:
    with Moody(Reply({}, status)) as moody:
        found = one_from(moody, api_key=SecretStr("hush"))

    assert (found.text, found.finished, found.tokens) == ("module m;", True, 7)
    assert len(moody.chats) == 2
    assert {one.key for one in moody.asked} == {"Bearer hush"}


@pytest.mark.parametrize(
    "said",
    ["1", "0", "1, 1", "-1", "soon", "", "1.5", "9" * 5000, "0; 1", "Wed, 21 Oct 2015 07:28:00 GMT", "date"],
)
def test_any_retry_after_is_borne(said: str) -> None:
    value = email.utils.formatdate(time.time() + 1, usegmt=True) if said == "date" else said
    with Moody(Reply({}, 429, {"Retry-After": value})) as moody:
        began = time.monotonic()
        assert one_from(moody).text == "module m;"

    assert time.monotonic() - began < 10


def test_a_server_is_waited_for_as_long_as_it_asks() -> None:
    with Moody(Reply({}, 503, {"Retry-After": "1, 2"})) as moody:
        began = time.monotonic()
        one_from(moody)

    assert time.monotonic() - began >= 2


@given(st.text() | st.from_regex(r"[0-9 ,.:GMTa-z+-]*", fullmatch=True))
def test_no_retry_after_is_too_odd_and_none_asks_for_less_than_nothing(said: str) -> None:
    patience = RetryBudget(throttle=Throttle(1), terms=RequestLimits(1.0, 1.0))

    assert 0 <= patience.parse_retry_after(said) < 1e10


@pytest.mark.parametrize("cut", ["before", "body", "chunk"])
def test_a_connection_that_is_cut_is_made_again(cut: str) -> None:
    with Moody(answer()._replace(cut=cut), answer()._replace(cut=cut)) as moody:
        assert one_from(moody).text == "module m;"

    assert len(moody.chats) == 3


def test_a_server_that_says_nothing_is_asked_again() -> None:
    def waits_at_first(asked: Asked) -> None:
        if asked.body and len(moody.chats) == 1:
            threading.Event().wait(2)

    with Moody() as moody:
        moody.special = waits_at_first
        assert one_from(moody, timeout=0.3).text == "module m;"


@pytest.mark.parametrize(
    "reply", [BUSY, answer()._replace(cut="before"), Reply({}, 429, {"Retry-After": "3600"})]
)
def test_patience_ends(reply: Reply) -> None:
    with Moody(always=reply) as moody:
        began = time.monotonic()
        with pytest.raises(ToolError, match=r"answers 503: .*busy|answers 429|does not answer"):
            one_from(moody, patience=1)

    assert time.monotonic() - began < 8
    assert len(moody.chats) > 1


def test_a_server_that_is_not_there_is_no_matter_of_patience() -> None:
    with Moody() as moody:
        url = moody.url
    began = time.monotonic()
    with pytest.raises(ToolError, match=r"does not answer: .*refused.*endpoint\.url"):
        EndpointGenerators(EndpointSettings(url=url, model="m")).open(None)

    assert time.monotonic() - began < 10


def test_what_asking_again_does_not_change_is_said_at_once() -> None:
    with (
        Moody(Reply({"error": "your key is no good"}, 401)) as moody,
        pytest.raises(ToolError, match=r"401: .*no good"),
    ):
        one_from(moody)

    assert len(moody.chats) == 1


@pytest.mark.parametrize(
    ("reason", "tokens", "finished"),
    [
        *(
            (one, 7, True)
            for one in ("stop", "eos_token", "stop_sequence", "eos", "end_turn", "tool_calls", "STOP")
        ),
        *(
            (one, 7, False)
            for one in ("length", "max_tokens", "content_filter", "MAX_TOKENS", "model_length")
        ),
        (None, 7, True),
        (None, 12, False),
        ("of its own", 11, True),
        ("of its own", 12, False),
        ("stop", 12, True),
        ("stop", None, True),
        (None, None, True),
    ],
)
def test_every_way_to_say_that_an_answer_is_over_is_known(
    reason: object, tokens: object, *, finished: bool
) -> None:
    with Moody(answer("module m;", reason, usage={"completion_tokens": tokens})) as moody:
        assert one_from(moody).finished is finished


def test_a_long_answer_of_which_nothing_is_said_counts_as_cut() -> None:
    with Moody(answer("module m; endmodule", None, usage=None)) as moody:
        assert not one_from(moody).finished


@pytest.mark.parametrize(
    "usage", [None, {}, {"completion_tokens": None}, {"completion_tokens": -1}, "many", []]
)
def test_a_count_that_is_not_given_is_no_count(usage: object) -> None:
    with Moody(answer(usage=usage)) as moody:
        assert one_from(moody).tokens == 0


def test_a_usage_that_is_not_there_is_no_count() -> None:
    reply = answer()
    assert isinstance(reply.said, dict)
    with Moody(Reply({"choices": reply.said["choices"]})) as moody:
        assert one_from(moody).tokens == 0


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("module m;", "module m;"),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "module"}, {"type": "text", "text": " m;"}], "module m;"),
        (["module", " m;"], "module m;"),
        ([{"type": "thinking", "text": "hm"}, {"type": "text", "text": "module m;"}], "module m;"),
        ([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": None}], ""),
        ({"type": "text", "text": "module m;"}, "module m;"),
        ("half \ud800 a character", "half ? a character"),
    ],
)
def test_an_answer_comes_in_many_shapes(content: object, text: str) -> None:
    with Moody(answer(content)) as moody:
        found = one_from(moody)

    assert found.text == text
    assert found.model_dump_json().encode()


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize(("content", "reason"), [("module m;", "stop"), (None, "length"), ("", "length")])
def test_thoughts_that_the_server_keeps_apart_are_not_the_answer(
    name: str, content: str | None, reason: str
) -> None:
    message = {"role": "assistant", "content": content, name: "module draft; endmodule"}
    with Moody(answer(choices=[{"message": message, "finish_reason": reason}])) as moody:
        found = one_from(moody)

    assert (found.text, found.finished) == (content or "", reason == "stop")


NO_ANSWERS = [
    Reply(b"{half"),
    Reply(b"<html>log in</html>"),
    Reply(b""),
    Reply([]),
    answer(choices=[]),
    answer(choices=None),
    answer(choices=[None]),
    answer(choices=[{"error": {"code": 502}, "message": {"content": ""}, "finish_reason": "error"}]),
    answer(choices=[{"finish_reason": "stop"}]),
    answer(choices=[{"message": None}]),
    answer(content=7),
    answer(reason="abort"),
    Reply({"error": {"message": "out of memory", "code": 500}}),
    Reply({"object": "error", "message": "no"}),
]


@pytest.mark.parametrize("reply", NO_ANSWERS, ids=str)
def test_what_is_no_answer_is_asked_for_again_and_then_a_tool_error(reply: Reply) -> None:
    with Moody(reply) as moody:
        assert one_from(moody).text == "module m;"
    with (
        Moody(always=reply) as moody,
        pytest.raises(ToolError, match=r"no JSON|no chat completion|error|abort"),
    ):
        one_from(moody)

    assert len(moody.chats) == 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "completion_tokens", "finish_reason", "text", "data", "id"]), inner
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_anything_is_read_as_an_answer_or_as_none(said: object) -> None:
    data = json.dumps(said).encode()
    with contextlib.suppress(NoAnswerError):
        _answers.read_completion(data, 12)
    assert isinstance(_answers.read_models(data), dict)


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"data": None}),
        Reply({"data": []}),
        Reply({}),
        Reply(None),
        Reply(b"no list"),
        Reply({"data": [None, {"id": 7}, {}]}),
        Reply({"detail": "Not Found"}, 404),
        Reply({}, 405),
    ],
    ids=str,
)
def test_a_server_need_not_list_its_models(reply: Reply) -> None:
    with Moody() as moody:
        moody.special = lambda asked: reply if asked.path == "/v1/models" else None
        assert one_from(moody).text == "module m;"


@pytest.mark.parametrize("bare", [False, True])
def test_a_model_that_is_not_listed_is_a_tool_error_that_names_those_that_are(*, bare: bool) -> None:
    cards = [{"id": "qwen"}, {"id": "llama", "owned_by": None}]
    with Moody() as moody:
        moody.special = lambda asked: (
            Reply(cards if bare else {"data": cards}) if asked.body is None else None
        )
        with pytest.raises(ToolError, match=r"'m' that endpoint\.model names; it has: qwen, llama"):
            opened(moody)


def test_the_tool_tells_models_revisions_and_weights_apart(adapter: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", "other weights")
    with Moody(models=("m", "n")) as moody:
        tools = [
            opened(moody, place, adapters="vllm", **changes).tool
            for place, changes in (
                (None, {}), (adapter, {}), (other, {}), (None, {"model": "n"}), (None, {"revision": "2"}),
            )
        ]  # fmt: skip
        again = opened(moody, adapter, adapters="vllm").tool

    assert len(set(tools)) == 5
    assert again == tools[1]


def test_an_adapter_is_loaded_once_under_a_name_made_of_its_bytes(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        settings = EndpointSettings(url=moody.url, model="m", adapters="vllm")
        generators = EndpointGenerators(settings)
        arms = [generators.open(place) for place in (adapter, None, adapter)]
        for arm in arms:
            list(arm.generate(PROMPTS[:1], SAMPLING))
        list(EndpointGenerators(settings).open(adapter).generate(PROMPTS[:1], SAMPLING))

    loads = [one.body for one in moody.asked if one.path == "/v1/load_lora_adapter"]
    (name,) = {one["lora_name"] for one in loads}
    assert loads == [{"lora_name": name, "lora_path": str(adapter)}]
    assert [one.body["model"] for one in moody.chats] == [name, "m", name, name]


def test_a_server_that_has_the_adapter_already_may_say_so(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        opened(moody, adapter, adapters="vllm")
        hidden = [True, True]
        moody.special = lambda asked: (
            Reply({"data": [{"id": "m"}]}) if asked.path == "/v1/models" and hidden and hidden.pop() else None
        )
        found = list(opened(moody, adapter, adapters="vllm").generate(PROMPTS[:1], SAMPLING))

    assert [one.text for one in found] == ["module m;"]


def test_an_adapter_that_was_loaded_from_elsewhere_is_loaded_anew(adapter: Path, tmp_path: Path) -> None:
    copy = written(tmp_path / "copy", "weights")
    with Moody(models=("m",)) as moody:
        first = opened(moody, adapter, adapters="vllm")
        second = opened(moody, copy, adapters="vllm")

    assert first.tool == second.tool
    assert [root for root in moody.models.values() if root] == [str(copy)]


def test_an_adapter_that_does_not_load_is_a_tool_error_with_the_servers_words(adapter: Path) -> None:
    refusal = Reply({"error": {"message": "LoRA rank 64 is greater than max_lora_rank 16"}}, 400)
    with Moody(models=("m",)) as moody:
        moody.special = lambda asked: refusal if "load" in asked.path else None
        with pytest.raises(ToolError, match="rank 64 is greater"):
            opened(moody, adapter, adapters="vllm")


def test_a_server_that_cannot_load_adapters_is_told_how_it_could(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        moody.special = lambda asked: Reply({"detail": "Not Found"}, 404) if "load" in asked.path else None
        with pytest.raises(ToolError, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"):
            opened(moody, adapter, adapters="vllm")


def test_a_server_that_says_yes_and_loads_nothing_is_found_out(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        moody.special = lambda asked: Reply(b"Success") if "load" in asked.path else None
        with pytest.raises(ToolError, match="lists only m: it would answer as mainline"):
            opened(moody, adapter, adapters="vllm")


@pytest.mark.parametrize("adapters", ["vllm", "path"])
def test_a_server_that_says_that_mainline_answered_is_found_out(adapter: Path, adapters: str) -> None:
    with Moody(always=answer(model="m")) as moody:
        assert one_from(moody).text == "module m;"
        with pytest.raises(ToolError, match="answered as mainline"):
            list(opened(moody, adapter, adapters=adapters).generate(PROMPTS[:1], SAMPLING))


def test_an_adapter_that_a_server_lost_is_loaded_again(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        arm = opened(moody, adapter, adapters="vllm")
        for name in [one for one in moody.models if one != "m"]:
            del moody.models[name]
        found = list(arm.generate(PROMPTS, SAMPLING))

    assert [one.text for one in found] == ["module m;"] * 3
    assert len([one for one in moody.asked if one.path == "/v1/load_lora_adapter"]) == 2


def test_a_mainline_that_a_server_lost_is_a_tool_error() -> None:
    with Moody(models=("m",)) as moody:
        arm = opened(moody)
        moody.models = {"n": ""}
        with pytest.raises(ToolError, match=r"404: .*does not exist"):
            list(arm.generate(PROMPTS, SAMPLING))


def test_adapters_that_are_not_needed_are_unloaded(tmp_path: Path) -> None:
    with Moody(models=("m", "of somebody else")) as moody:
        generators = EndpointGenerators(EndpointSettings(url=moody.url, model="m", adapters="vllm"))
        for number in range(6):
            generators.open(written(tmp_path / str(number), f"weights {number}"))
        loaded = len(moody.models) - 2
        generators.close()

    assert loaded == 4
    assert set(moody.models) == {"m", "of somebody else"}


def test_a_server_that_is_gone_can_be_closed(adapter: Path) -> None:
    with Moody(models=("m",)) as moody:
        generators = EndpointGenerators(EndpointSettings(url=moody.url, model="m", adapters="vllm"))
        generators.open(adapter)
    generators.close()
    generators.close()


def test_an_arm_with_an_adapter_needs_a_server_that_takes_one(adapter: Path) -> None:
    with Moody() as moody, pytest.raises(UsageError, match=r"endpoint\.adapters"):
        opened(moody, adapter)


def test_so_many_requests_are_in_flight_by_default() -> None:
    full = threading.Barrier(64)
    with Moody() as moody:
        original = moody.reply

        def reply(asked: Asked) -> Reply:
            if asked.body is not None:
                full.wait(30)
            return original(asked)

        moody.reply = reply  # type: ignore[method-assign]
        found = list(opened(moody).generate(PROMPTS[:1], SAMPLING.model_copy(update={"samples": 64})))

    assert len(found) == 64


def test_a_server_that_bears_few_requests_gets_all_of_them_in_the_end() -> None:
    """It has three seats, and turns away whoever finds none."""
    seats = threading.Semaphore(3)
    with Moody() as moody:
        original = moody.reply

        def reply(asked: Asked) -> Reply:
            if asked.body is None:
                return original(asked)
            if not seats.acquire(blocking=False):
                return Reply({"error": "overloaded"}, 429)
            time.sleep(0.02)
            seats.release()
            return original(asked)

        moody.reply = reply  # type: ignore[method-assign]
        wanted = SAMPLING.model_copy(update={"samples": 60})
        generators = EndpointGenerators(EndpointSettings(url=moody.url, model="m", requests=32, patience=60))
        found = list(generators.open(None).generate(PROMPTS[:1], wanted))

    assert [one.index for one in found] == list(range(60))
    assert len(moody.chats) == 60


def test_requests_in_flight_are_halved_by_complaints_and_come_back_with_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    throttle = Throttle(64)
    throttle._taken = 64
    limits = []
    for seconds in (0, 0, 2, 4):
        clock[0] += seconds
        throttle.busy()
        limits.append(throttle.limit)
    for _ in range(1000):
        throttle.well()

    assert limits == [32, 32, 16, 8]
    assert throttle.limit == 64


def _question(asked: Asked) -> str | None:
    return asked.body["messages"][0]["content"] if asked.body else None


def test_a_caller_that_stops_early_waits_for_nobody_who_sleeps() -> None:
    with Moody(always=Reply({}, 503, {"Retry-After": "30"})) as moody:
        first = PROMPTS[0].text
        moody.special = lambda asked: answer() if first == _question(asked) else None
        arm = opened(moody, patience=300, requests=4)
        answers = arm.generate(PROMPTS, SAMPLING.model_copy(update={"samples": 5}))
        next(answers)
        began = time.monotonic()
        answers.close()

    assert time.monotonic() - began < 5
