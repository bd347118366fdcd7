"""Notices and heartbeats over real sockets: what arrives, what a failure says, and what it never says."""

import json
import socket
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.loopback import mailbox, webhook

from ct_retrain.adapters.heartbeat import heartbeat_of
from ct_retrain.adapters.notify import AppriseNotifier, channel_of
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.notice import Notice
from ct_retrain.core.settings import NoticeSettings

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
    with pytest.raises(ToolError, match="was not told of the start: Connection refused") as caught:
        heartbeat("http://127.0.0.1:1/hushhush").ping("start", "")
    assert "hushhush" not in str(caught.value)


@pytest.mark.parametrize("url", ["hushhush", "file:///hushhush", "http://[hushhush/", "http://h:hushhush/"])
def test_a_switch_needs_a_url_that_can_be_pinged(tmp_path: Path, url: str) -> None:
    assert heartbeat_of(NoticeSettings(), tmp_path) is None
    with pytest.raises(UsageError, match=r"no http:// or https:// URL") as caught:
        heartbeat(url).ping("start", "")
    assert "hushhush" not in str(caught.value)
