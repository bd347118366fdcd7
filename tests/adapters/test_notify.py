"""Notices and heartbeats over real sockets: what arrives, what a failure says, and what it never says."""

import html
import json
import socket
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.loopback import mailbox, webhook

from ct_retrain.adapters.heartbeat import heartbeat_of
from ct_retrain.adapters.notify import AppriseNotifier, channel_of, shortened
from ct_retrain.core.configuration.settings import NoticeSettings
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.records.notice import Notice

NOTICE = Notice(
    night="2026-01-01",
    subject="outcome",
    key="k",
    level="error",
    title="ct-retrain 2026-01-01: rejected",
    body="Rejected: fsm 70.0% < 75.0%\nNext: ct-retrain show 2026-01-01 --problem fsm_1",
)


def notifier(root: Path, *urls: str, timeout: float = 20.0) -> AppriseNotifier:
    return AppriseNotifier(NoticeSettings(urls=SecretStr(" ".join(urls)), timeout=timeout), root)


def deliver(notifier: AppriseNotifier) -> dict[str, str]:
    return dict(notifier.send(NOTICE, list(notifier.channels)))


def heartbeat(url: str):  # type: ignore[no-untyped-def]
    found = heartbeat_of(NoticeSettings(heartbeat=SecretStr(url)), Path())
    assert found is not None
    return found


def test_a_webhook_and_a_mailbox_get_the_same_words(tmp_path: Path) -> None:
    with webhook() as hook, mailbox() as box:
        mail = f"mailto://127.0.0.1:{box.port}/?smtp=127.0.0.1&mode=insecure&from=night@a.org&to=team@b.org"
        team = notifier(tmp_path, f"json://{hook.address}/T0/B0/XYZ", mail)
        assert list(team.channels.values()) == ["address 1, json", "address 2, mailto"]
        assert deliver(team) == {}

    said = json.loads(hook.posts[0].body)
    assert hook.paths == ["/T0/B0/XYZ"]
    assert (said["title"], said["message"], said["type"]) == (NOTICE.title, NOTICE.body, "failure")
    assert box.mails[0]["Subject"] == NOTICE.title
    text = box.mails[0].get_body(("plain", "html"))
    assert text is not None
    assert "fsm 70.0% < 75.0%" in text.get_content().replace("&lt;", "<").replace("&nbsp;", " ")
    assert "--problem fsm_1" in text.get_content().replace("&nbsp;", " ")


def test_a_webhook_that_is_busy_is_tried_again(tmp_path: Path) -> None:
    with webhook(503, 503) as hook:
        assert deliver(notifier(tmp_path, f"json://{hook.address}/")) == {}
    assert len(hook.posts) == 3


def test_only_the_channels_that_are_asked_for_are_told(tmp_path: Path) -> None:
    with webhook() as hook:
        one, other = f"json://{hook.address}/one", f"json://{hook.address}/other"
        assert notifier(tmp_path, one, other).send(NOTICE, [channel_of(other)]) == {}
    assert hook.paths == ["/other"]


def test_a_failure_says_why_and_nothing_of_the_address(tmp_path: Path) -> None:
    addresses = (
        "json://user:s3cretword@127.0.0.1:1/pathtoken?key=querytoken",
        "slack://badtoken",
        "hushhush",
    )
    team = notifier(tmp_path, *addresses, timeout=1.0)
    failed = deliver(team)
    said = " ".join([*failed.values(), *failed, *team.channels.values(), *team.faults(), repr(team.faults())])

    assert len(failed) == 3
    assert "onnection" in failed[channel_of(addresses[0])]
    assert list(team.faults()) == ["address 2, slack", "address 3, of no known kind"]
    for secret in ("s3cretword", "pathtoken", "querytoken", "badtoken", "hushhush"):
        assert secret not in said


def test_a_silent_server_costs_the_time_limit_and_no_more(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, webhook() as hook:
        dead = f"json://127.0.0.1:{silent.getsockname()[1]}/"
        began = time.monotonic()
        failed = deliver(notifier(tmp_path, dead, f"json://{hook.address}/", timeout=1.0))
        took = time.monotonic() - began
    assert list(failed) == [channel_of(dead)]
    assert "within 1 s" in failed[channel_of(dead)]
    assert took < 10
    assert len(hook.posts) == 1


def test_addresses_also_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "addresses").write_text("# the team\njson://127.0.0.1:1/a\n\njson://127.0.0.1:1/b\n")
    settings = NoticeSettings(urls=SecretStr("json://127.0.0.1:1/a"), urls_file="addresses")
    assert len(AppriseNotifier(settings, tmp_path).channels) == 2
    with pytest.raises(UsageError, match=r"notices\.urls_file: cannot read"):
        _ = AppriseNotifier(NoticeSettings(urls_file="nowhere"), tmp_path).channels


def test_the_dead_mans_switch_hears_start_success_and_failure(tmp_path: Path) -> None:
    with webhook(503) as hook:
        switch = heartbeat(f"{hook.url}/uuid/?create=1")
        switch.ping("start", "2026-01-01")
        switch.ping("success", "published")
        switch.ping("failure", "broken")
    assert hook.paths == ["/uuid/start?create=1"] * 2 + ["/uuid?create=1", "/uuid/fail?create=1"]
    assert hook.posts[-1].body == b"broken"


def test_a_switch_that_does_not_hear_is_a_tools_failure_that_keeps_the_secret() -> None:
    with pytest.raises(ToolError, match="did not receive the start: Connection refused") as caught:
        heartbeat("http://127.0.0.1:1/hushhush").ping("start", "")
    assert "hushhush" not in str(caught.value)


@pytest.mark.parametrize("url", ["hushhush", "file:///hushhush", "http://[hushhush/", "http://h:hushhush/"])
def test_a_switch_needs_a_url_that_can_be_pinged(tmp_path: Path, url: str) -> None:
    assert heartbeat_of(NoticeSettings(), tmp_path) is None
    with pytest.raises(UsageError, match=r"no http:// or https:// URL") as caught:
        heartbeat(url).ping("start", "")
    assert "hushhush" not in str(caught.value)


def long_notice(characters: int) -> Notice:
    lines = [f"train: step {number} of 4000, loss 0.51" for number in range(characters // 36 + 1)]
    body = "\n".join(["the trainer ended with 1", *lines])[:characters]
    return NOTICE.model_copy(update={"body": f"{body}\nNext: ct-retrain run\n(2026-01-01 outcome k)"})


class Narrow:
    """Answers as a service does that takes at most *most* characters of *field*, and keeps what it took."""

    def __init__(self, field: str, most: int) -> None:
        self.took: list[str] = []
        self._field, self._most = field, most

    def __call__(self, url: str, data: object = None, **_: object) -> object:
        said = (json.loads(data) if isinstance(data, str | bytes) else data)[self._field]  # type: ignore[index]
        if len(said) > self._most:
            return self._answer(400)
        self.took.append(said)
        return self._answer(200)

    @staticmethod
    def _answer(code: int) -> object:
        return type(
            "Answer", (), {"status_code": code, "headers": {}, "content": b'{"ok": true, "result": {}}'}
        )()


LIMITED = {
    "discord": (f"discord://{'0' * 18}/{'a' * 68}", "content", 2000),
    "telegram": (f"tgram://123456789:{'a' * 35}/12345/", "text", 4096),
}


@pytest.mark.parametrize("characters", [10, 1990, 2100, 5000, 30_000])
@pytest.mark.parametrize("service", LIMITED)
def test_a_notice_that_is_longer_than_a_channel_takes_arrives_in_parts_or_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, characters: int
) -> None:
    url, field, most = LIMITED[service]
    narrow = Narrow(field, most)
    plugin = {"tgram": "telegram"}.get(service, service)
    monkeypatch.setattr(f"apprise.plugins.{plugin}.requests.post", narrow)
    team = notifier(tmp_path, url)

    assert team.send(long_notice(characters), list(team.channels)) == {}
    assert 1 <= len(narrow.took) <= 9
    whole = "\n".join(narrow.took)
    assert "Next: ct-retrain run" in whole
    assert ("in full: .outbox/2026-01-01/outcome-k.json" in whole) == (characters > most * 4)


def test_slack_gets_a_heading_and_a_section_that_fit_its_block_kit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Blocks()
    monkeypatch.setattr("apprise.plugins.slack.requests.request", narrow)
    team = notifier(tmp_path, f"slack://T{'A' * 8}/B{'B' * 8}/{'c' * 24}/?blocks=yes")

    assert deliver(team) == {}
    assert [(head, html.unescape(body)) for head, body in narrow.took] == [(NOTICE.title, NOTICE.body)]
    assert team.send(long_notice(8000), list(team.channels)) == {}
    assert 3 <= len(narrow.took[1:]) <= 5
    assert "Next: ct-retrain run" in "".join(body for _, body in narrow.took)


class Blocks:
    """Slack's incoming webhook for Block Kit: a header of 150 characters, a section of 3000, or a refusal."""

    def __init__(self) -> None:
        self.took: list[tuple[str, str]] = []

    def __call__(self, *method_and_url: str, data: str, **more: object) -> object:
        texts = {
            one["type"]: one["text"]["text"]
            for one in json.loads(data)["attachments"][0]["blocks"]
            if "text" in one
        }
        fits = len(texts.get("header", "")) <= 150 and len(texts["section"]) <= 3000
        if fits:
            self.took.append((texts.get("header", ""), texts["section"]))
        return type(
            "Answer",
            (),
            {
                "status_code": 200 if fits else 400,
                "headers": {},
                "content": b"ok" if fits else b"invalid_blocks",
            },
        )()


def test_a_channel_with_a_limit_that_nobody_knows_gets_the_short_of_it(tmp_path: Path) -> None:
    with webhook(413, 413, 413) as hook:
        team = notifier(tmp_path, f"json://{hook.address}/")
        assert team.send(long_notice(5000), list(team.channels)) == {}

    said = json.loads(hook.posts[-1].body)["message"]
    assert len(hook.posts) == 4
    assert len(said) <= 500
    assert said.startswith("the trainer ended with 1")
    assert "in full: .outbox/2026-01-01/outcome-k.json" in said
    assert "Next: ct-retrain run" in said


def test_an_address_may_say_itself_what_happens_to_long_notices(tmp_path: Path) -> None:
    with webhook() as hook:
        team = notifier(tmp_path, f"json://{hook.address}/?overflow=truncate")
        assert team.send(long_notice(200_000), list(team.channels)) == {}
    assert len(hook.posts) == 1


@pytest.mark.parametrize("most", [0, 100, 160, 400, 4000])
def test_what_is_cut_keeps_its_beginning_and_says_where_the_rest_is(most: int) -> None:
    notice = long_notice(10_000)
    said = shortened(notice, most)

    assert "in full: .outbox/2026-01-01/outcome-k.json" in said
    assert len(said) <= max(most, 150)
    assert most < 160 or said.startswith("the tr")
    assert shortened(NOTICE, most) == NOTICE.body or most < len(NOTICE.body)
