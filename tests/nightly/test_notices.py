"""What a night tells and whom: once a channel, whatever is dead, and never a secret."""

import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes import Inbox
from tests.loopback import webhook
from tests.small_workspace import SmallWorkspace, found, leave_trace, live

from ct_retrain import disk
from ct_retrain.adapters.command import CommandTrainer
from ct_retrain.adapters.heartbeat import heartbeat_of
from ct_retrain.adapters.notify import AppriseNotifier
from ct_retrain.adapters.provenance import gather
from ct_retrain.cli import call
from ct_retrain.cli.logs import configure
from ct_retrain.compose import build, without_side_effects
from ct_retrain.core.configuration.loading import load_settings
from ct_retrain.core.configuration.settings import NoticeSettings
from ct_retrain.core.errors import CtRetrainError, LockedError, ToolError
from ct_retrain.core.records.notice import Notice
from ct_retrain.nightly.run import Options, follow_up, run_night

NIGHT = "2026-01-01"


class Channels:
    """A notifier of several channels, some of them dead."""

    def __init__(self, *names: str) -> None:
        self.channels = {name: name for name in names}
        self.dead: set[str] = set()
        self.told: list[tuple[str, str]] = []

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        self.told += [(one, notice.title) for one in channels if one not in self.dead]
        return {one: "connection refused" for one in channels if one in self.dead}


def with_notices(small: SmallWorkspace, **settings: object) -> SmallWorkspace:
    changed = small.settings.model_copy(update={"notices": NoticeSettings.model_validate(settings)})
    return small._replace(settings=changed)


def test_nothing_new_is_told_with_its_data_and_what_to_do(tmp_path: Path) -> None:
    small = found(tmp_path)
    live(small)

    (notice,) = small.inbox.notices
    assert notice.title == f"ct-retrain {NIGHT}: nothing new"
    assert "Data: 0 passing simulations collected; 0 examples kept, 0 of them new" in notice.body
    assert "Next: there were no runs; where they are expected: ct-retrain config paths.runs" in notice.body
    assert "Where to look: data/run_db/nightly/2026-01-01.json" in notice.body


def test_a_dead_channel_is_told_later_and_the_others_not_twice(tmp_path: Path) -> None:
    small = found(tmp_path)
    team = Channels("slack", "mail")
    small = small._replace(ports=small.ports._replace(notifier=team))
    team.dead = {"mail"}
    live(small)
    live(small)
    assert [one for one, _ in team.told] == ["slack"]

    team.dead = set()
    live(small, "2026-01-02")
    live(small, "2026-01-02")
    titles = [f"ct-retrain {night}: nothing new" for night in (NIGHT, "2026-01-02")]
    assert team.told == [("slack", titles[0]), ("mail", titles[0]), ("slack", titles[1]), ("mail", titles[1])]


def test_a_notice_that_a_channel_never_takes_is_given_up_and_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = found(tmp_path)
    with webhook(*[400] * 100) as hook:
        url = f"json://{hook.address}/"
        team = AppriseNotifier(NoticeSettings(urls=SecretStr(url)), tmp_path)
        small = small._replace(ports=small.ports._replace(notifier=team))
        monkeypatch.setattr("ct_retrain.adapters.notify._PAUSES", ())
        for _ in range(15):
            live(small)
    assert len(hook.posts) < 50
    asked = len(hook.posts)
    with webhook() as again:
        live(small)
    assert again.posts == []
    assert len(hook.posts) == asked

    monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", url)
    capsys.readouterr()
    call(["-C", str(tmp_path), "status"])
    said = capsys.readouterr().out
    assert "notices  address 1, json did not accept a notice (" in said
    assert "it is kept in work/continuous_retrain/.outbox/2026-01-01/outcome-" in said
    call(["-C", str(tmp_path), "status", "--json"])
    assert len(json.loads(capsys.readouterr().out)["lost_notices"]) == 1


class Picky(Channels):
    """A channel that takes every notice but those whose title it does not like."""

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        if NIGHT in notice.title:
            return dict.fromkeys(channels, "400: too long")
        return super().send(notice, channels)


def test_a_notice_that_cannot_be_delivered_does_not_keep_others_back(tmp_path: Path) -> None:
    small = found(tmp_path)
    down, picky = Channels("slack"), Picky("slack")
    down.dead = {"slack"}
    small = small._replace(ports=small.ports._replace(notifier=down))
    live(small)
    live(small, "2026-01-02")
    small = small._replace(ports=small.ports._replace(notifier=picky))
    live(small, "2026-01-03")

    assert [title.split(":")[0] for _, title in picky.told] == [
        "ct-retrain 2026-01-02",
        "ct-retrain 2026-01-03",
    ]


def test_a_channel_that_is_no_longer_set_is_forgotten_and_a_new_one_learns_of_tonight(tmp_path: Path) -> None:
    small = found(tmp_path)
    team, moved = Channels("old"), Channels("new")
    team.dead = {"old"}
    live(small._replace(ports=small.ports._replace(notifier=team)))
    live(small._replace(ports=small.ports._replace(notifier=moved)))
    live(small._replace(ports=small.ports._replace(notifier=moved)))

    assert [one for one, _ in moved.told] == ["new"]


def test_what_keeps_a_night_from_starting_is_told_once(tmp_path: Path) -> None:
    small = found(tmp_path)
    with disk.lock(small.workspace.lock):
        for _ in range(2):
            with pytest.raises(LockedError):
                live(small)

    (notice,) = small.inbox.notices
    assert notice.title == f"ct-retrain {NIGHT}: lock held, did not start"
    assert "process" in notice.body


def test_a_night_that_meets_itself_at_work_tells_nobody(tmp_path: Path) -> None:
    small = found(tmp_path)
    run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT, until="collect"))
    with disk.lock(small.workspace.lock), pytest.raises(LockedError):
        live(small)
    assert small.inbox.notices == []
    with disk.lock(small.workspace.lock), pytest.raises(LockedError):
        live(small, "2026-01-02")
    assert f"night {NIGHT} (process" in small.inbox.notices[0].body


def test_a_disk_nearly_full_is_told_once_and_the_night_goes_on(tmp_path: Path) -> None:
    small = with_notices(found(tmp_path), min_free_gb=1e9)
    run_night(small.workspace, small.settings, small.ports, Options(night=NIGHT, until="collect"))
    live(small)

    assert [notice.subject for notice in small.inbox.notices] == ["disk", "outcome"]
    assert "GB are free at" in small.inbox.notices[0].body


def test_what_follows_a_night_and_fails_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ToolError("the bucket is gone: create it")

    monkeypatch.setitem(follow_up.PARTS, "snapshot", fails)
    small = found(tmp_path)
    live(small)
    live(small)

    assert [notice.subject for notice in small.inbox.notices] == ["outcome", "part-snapshot"]
    assert "the bucket is gone" in small.inbox.notices[1].body


def test_the_same_failure_is_told_once_and_another_one_again(tmp_path: Path) -> None:
    small = found(tmp_path)
    leave_trace(small.workspace, "run_2", 2)
    for words in ("out of memory", "out of memory", "no such device"):

        class Broken:
            tool = small.learner.tool

            def fit(self, plan, out, words=words):  # type: ignore[no-untyped-def]
                raise ToolError(words)

        with pytest.raises(ToolError):
            live(small._replace(ports=small.ports._replace(trainer=Broken())))

    first, second = small.inbox.notices
    assert first.title == f"ct-retrain {NIGHT}: broken in train, ToolError"
    assert "Stage: train" in first.body
    assert f"Traceback: archive/{NIGHT}/failure-1.txt" in first.body
    assert "no such device" in second.body


def test_a_published_night_says_what_a_reader_wants_to_know(tmp_path: Path) -> None:
    small = found(tmp_path)
    for width in range(2, 8):
        leave_trace(small.workspace, f"run_{width}", width)
    (small.workspace.runs / "run_2/trace.jsonl").open("a").write("not json\n")
    live(small)

    (notice,) = small.inbox.notices
    lines = notice.body.splitlines()
    assert notice.title == f"ct-retrain {NIGHT}: published, 75.0% functional (+75.0 points against mainline)"
    assert lines[0] == "Promoted."
    assert lines[1].startswith("Against mainline: +75.0 points (95% interval +")
    assert lines[2].startswith("  6 problems won (flip_2, ")
    assert lines[3] == "  0 lost"
    assert lines[4].startswith("It would have been held with ")
    assert lines[5].startswith("Functional: candidate 75.0%; mainline 0.0% (+75.0, 95% interval +")
    assert lines[6].startswith("Data: 6 passing simulations collected, 1 refused (1 ")
    assert "Serving: nightly_2026-01-01" in lines
    assert any(
        line.startswith("fails flip_8: work/continuous_retrain/2026-01-01/benchmark/samples/candidate-")
        and line.endswith(f"log and diff: ct-retrain show {NIGHT} --problem flip_8")
        for line in lines
    )
    assert "Next: nothing to do; to serve the previous release: ct-retrain rollback" in lines


SECRETS = {
    "CT_RETRAIN_NOTICES__URLS": "json://{address}/urltoken7711?key=querytoken7722 slack://badtoken7733",
    "CT_RETRAIN_NOTICES__HEARTBEAT": "{url}/beattoken7744",
    "CT_RETRAIN_ENDPOINT__API_KEY": "keytoken7755",
}
TOKENS = ("urltoken7711", "querytoken7722", "badtoken7733", "beattoken7744", "keytoken7755")


def test_no_secret_is_written_or_said_by_a_night_that_ends_one_that_breaks_and_whoever_looks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = found(tmp_path / "town")
    for width in range(2, 7):
        leave_trace(small.workspace, f"run_{width}", width)
    root = small.workspace.root
    with webhook(503) as hook:
        for name, value in SECRETS.items():
            monkeypatch.setenv(name, value.format(address=hook.address, url=hook.url))
        loaded = load_settings(root).settings
        settings = small.settings.model_copy(update={"notices": loaded.notices, "endpoint": loaded.endpoint})
        ports = small.ports._replace(
            notifier=AppriseNotifier(settings.notices, root),
            heartbeat=heartbeat_of(settings.notices, root),
            provenance=lambda: gather((small.ports.simulator.tool,), settings),
        )
        small = SmallWorkspace(small.workspace, settings, ports, small.inbox, small.learner)
        configure(json_lines=True, nights=small.workspace.work)
        live(small)
        live(small)
        dumping = f"{sys.executable} -c \"import os; print(dict(os.environ)); raise SystemExit('lost')\""
        leave_trace(small.workspace, "run_7", 7)
        broken = small._replace(ports=ports._replace(trainer=CommandTrainer(dumping)))
        with pytest.raises(CtRetrainError, match="lost"):
            live(broken, "2026-01-02")
        for command in (["doctor"], ["config"], ["status", "--json"], ["notices", "test"], ["show"]):
            call(["-C", str(root), *command])
        call(["-C", str(root), "--set", "notices.urls=json://argvtoken", "status"])

    assert [path.rpartition("/")[2] for path in hook.paths if "beat" in path] == [
        "start", "start", "beattoken7744", "start", "fail",
    ]  # fmt: skip
    told = [json.loads(post.body)["title"] for post in hook.posts if "beat" not in post.path]
    assert [title.partition(": ")[2].partition(",")[0] for title in told] == [
        "published", "broken in train", "a test of the notices",
    ]  # fmt: skip
    out, err = capfd.readouterr()
    assert "notice not delivered" in err
    said = {"standard output": out, "standard error": err}
    files = {
        str(path): path.read_bytes().decode("utf-8", "replace") for path in root.rglob("*") if path.is_file()
    }
    for token in (*TOKENS, "argvtoken"):
        assert [place for place, text in {**said, **files}.items() if token in text] == []
    assert any("PATH" in text for place, text in files.items() if place.endswith("trainer.log"))


def test_a_dead_switch_and_a_dead_team_change_nothing(tmp_path: Path) -> None:
    small = with_notices(found(tmp_path), heartbeat=SecretStr("http://127.0.0.1:1/x"), min_free_gb=0)
    ports = small.ports._replace(
        notifier=Inbox(dead=True), heartbeat=heartbeat_of(small.settings.notices, tmp_path)
    )
    live(small._replace(ports=ports))
    assert small.workspace.record(NIGHT).exists()
    with webhook() as hook:
        small = with_notices(small, heartbeat=SecretStr(hook.url), min_free_gb=0)
        ports = small.ports._replace(heartbeat=heartbeat_of(small.settings.notices, tmp_path))
        live(small._replace(ports=ports))
        live(small._replace(ports=ports))
    assert hook.paths == ["/"]
    assert len(small.inbox.notices) == 1


def test_addresses_that_cannot_be_read_are_no_reason_to_lose_a_night(tmp_path: Path) -> None:
    small = with_notices(found(tmp_path), urls_file="nowhere", min_free_gb=0)
    ports = small.ports._replace(notifier=AppriseNotifier(small.settings.notices, tmp_path))
    live(small._replace(ports=ports))
    assert small.workspace.record(NIGHT).exists()


def test_notices_test_says_whom_it_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(["-C", str(tmp_path), "notices", "test"]) == 2
    assert "no channel is set" in capsys.readouterr().err
    with webhook() as hook:
        monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", f"json://{hook.address}/")
        assert call(["-C", str(tmp_path), "notices", "test", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == [
            {"channel": "address 1, json", "ok": True, "reason": ""}
        ]
        monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", f"json://{hook.address}/ json://127.0.0.1:1/")
        assert call(["-C", str(tmp_path), "-s", "notices.timeout=1", "notices", "test"]) == 4
    assert "FAILED   address 2, json" in capsys.readouterr().out
    assert [json.loads(post.body)["title"] for post in hook.posts] == [
        "ct-retrain: a test of the notices"
    ] * 2


@pytest.mark.parametrize("setting", ["notices.urls", "notices.heartbeat", "endpoint.api_key"])
def test_a_secret_is_no_option(tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str) -> None:
    assert call(["-C", str(tmp_path), "--set", f"{setting}=hushhush", "status"]) == 2
    said = capsys.readouterr().err
    assert f"CT_RETRAIN_{setting.upper().replace('.', '__')}" in said
    assert "hushhush" not in said


def test_a_secret_of_the_wrong_kind_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct-retrain.toml").write_text('[notices]\nurls = ["slack://hushhush"]\n')
    assert call(["-C", str(tmp_path), "status"]) == 2
    assert "hushhush" not in capsys.readouterr().err


def test_doctor_names_addresses_that_are_none_and_files_that_others_may_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "addresses").write_text("hushhush\n")
    (tmp_path / "addresses").chmod(0o644)
    call(["-C", str(tmp_path), "-s", "notices.urls_file=addresses", "doctor", "--json"])
    told = {one["what"]: one for one in json.loads(capsys.readouterr().out)}

    assert (told["notices"]["found"], told["notices"]["fine"]) == ("address 1, of no known kind", False)
    assert told["notices.urls_file"]["remedy"] == f"chmod 600 {tmp_path / 'addresses'}"
    assert "hushhush" not in json.dumps(told)


def test_what_cannot_be_noted_is_still_sent(tmp_path: Path) -> None:
    small = found(tmp_path)
    small.workspace.work.mkdir(parents=True)
    small.workspace.outbox.write_text("in the way")
    live(small)
    live(small)

    assert small.workspace.record(NIGHT).exists()
    assert len(small.inbox.notices) == 2


def test_a_demonstration_tells_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CT_RETRAIN_NOTICES__URLS", "json://127.0.0.1:1/")
    monkeypatch.setenv("CT_RETRAIN_NOTICES__HEARTBEAT", "http://127.0.0.1:1/")
    app = build(tmp_path)
    assert len(app.ports.notifier.channels) == 1
    assert app.ports.heartbeat is not None
    assert without_side_effects(app).ports.notifier.channels == {}
    assert without_side_effects(app).ports.heartbeat is None
