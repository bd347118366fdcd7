"""Everything that can be set: one section a stage, every value with a default and a meaning."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ct_retrain.core.configuration.section import GoldKeySettings, Section
from ct_retrain.core.records.certificate import DecontaminationSettings
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.training import Hyperparameters

FILE_NAME = "ct-retrain.toml"
PREFIX = "CT_RETRAIN_"

Share = Annotated[float, Field(ge=0, le=1)]
SandboxMode = Literal["require", "best-effort", "off"]
Count = Annotated[int, Field(ge=0)]


class PathSettings(Section):
    """Where things are, relative to the workspace."""

    runs: str = "data/runs"
    """The pipeline's runs; only read."""
    gold: str = "data/gold"
    """Gold sets: every `.jsonl`, `.jsonl.gz`, `.json` and `.parquet` file directly in it."""
    general: str = "data/general"
    """General instruction data, mixed in against forgetting; may be absent."""
    models: str = "models/qwen_coder_rtl"
    """Releases and `latest_nightly`."""
    work: str = "work/continuous_retrain"
    """One directory a night, and the lock."""
    run_db: str = "data/run_db/nightly"
    """NightRecords."""
    archive: str = "archive"
    """Rejected, held and broken nights."""
    reports: str = "reports"
    """One page a night, and the history page."""


class CollectSettings(Section):
    """What collect may read."""

    max_line_bytes: Count = 4 << 20
    """Longer trace lines are refused."""
    max_artefact_bytes: Count = 1 << 20
    """Larger RTL, testbench or spec files are refused; longer logs are cut to their end."""
    stale_seconds: Count = 3600
    """A half-written last line older than this was never going to be finished: it is refused."""
    seal_days: Count = 30
    """A trace that was read and that nobody has written to for so many days is sealed: a night looks at a hundredth of
    those, each in its turn, and takes the others by their names; 0 looks at every trace every night."""
    shared: tuple[str, ...] = ("specs", "data/specs")
    """Directories of the workspace, besides the run and `paths.runs`, that traces may name files in; `.` is all of it."""


class CurateSettings(Section):
    """What becomes an example."""

    max_warnings: Count = 10
    """Compiler warnings an example may have."""
    max_repairs: Count = 2
    """Failed attempts kept for one passing answer."""
    max_rtl_bytes: Count = 64 << 10
    """Larger designs are refused."""
    mutants: Count = 20
    """Nearly right designs that an example's testbench is tried on; 0 asks nothing of testbenches."""
    min_credibility: Share = 0.5
    """Share of the wrong ones that it must notice; what is below is quarantined as `weak_testbench`."""
    min_certain: Share = 0.25
    """The same when every one counts as wrong of which nobody can tell; what is below shows too little."""
    credibility_minutes: Annotated[float, Field(ge=0)] = 120.0
    """Minutes a night that trying testbenches may take; what is left then is kept as unknown, and counted; 0 is no limit."""


class JudgeSettings(Section):
    """Limits of one simulation; CPU time decides verdicts, wall time only guards the machine."""

    cpu_seconds: Annotated[int, Field(ge=1)] = 60
    """CPU time of one tool; more is a timeout."""
    memory_mb: Annotated[int, Field(ge=64)] = 1024
    """Address space of one tool, in MiB."""
    output_kb: Annotated[int, Field(ge=16)] = 1024
    """Output of one tool, in KiB; more is a resource limit."""
    workers: Count = 0
    """Simulations at once; 0 means one a processor."""
    log_chars: Annotated[int, Field(ge=200)] = 4000
    """How much of a log's end a verdict keeps."""
    second_opinion: bool = True
    """A pass must also hold for what yosys makes of the design, where yosys is installed."""
    unconfirmed: Literal["refuse", "accept"] = "refuse"
    """A pass of a design that yosys, where it is installed, cannot read: `unconfirmed`, which is no pass, or a pass."""
    simulator: Literal["auto", "icarus", "verilator"] = "auto"
    """`auto` is Icarus, with Verilator (where installed) for what Icarus cannot read or not finish."""
    proof_seconds: Annotated[int, Field(ge=1)] = 5
    """CPU time of one step of an equivalence proof; what takes longer is unknown."""
    cache_mb: Annotated[int, Field(ge=1)] = 256
    """Size of the file of known verdicts, above which the older half is forgotten."""


class ShareSettings(Section):
    """Wanted shares of a night's training rows; what a source cannot fill goes to the others."""

    delta: Share = 0.25
    """Verified examples harvested from the pipeline."""
    repair: Share = 0.10
    """Repair records: a failing attempt, its log, and the passing answer."""
    gold: Share = 0.60
    """The gold sets."""
    general: Share = 0.05
    """General instruction data."""
    max_upsample: Annotated[int, Field(ge=1)] = 3
    """How often one delta or repair row may appear in a night."""


class TrainSettings(Section):
    """How tonight's adapter is trained."""

    mainline: str = "Qwen/Qwen2.5-Coder-7B-Instruct"
    """Path or hub name of the model every night starts from."""
    command: str = ""
    """A trainer of your own: called with PLAN.json and OUT; empty means the built-in QLoRA."""
    min_new: Annotated[int, Field(ge=1)] = 1
    """Fewer new examples than this: nothing new tonight."""
    refresh_forgotten: bool = False
    """Examples of categories in which the last benchmark missed what an earlier release could do come first."""
    gold_keys: GoldKeySettings = GoldKeySettings()
    max_gold_refused: Share = 0.5
    """Largest share of the gold set's lines that may be refused; more, or a set with no usable line, holds the night back before training; 1 never does."""
    thoughts: Literal["strip", "keep"] = "strip"
    """Whether the reasoning in gold and general answers is left out or learned; `keep` needs `train.chat.thinking` on."""
    chat: ChatOptions = ChatOptions()
    shares: ShareSettings = ShareSettings()
    hyperparameters: Hyperparameters = Hyperparameters()


class BenchmarkSettings(Section):
    """Which problems, and how answers are drawn."""

    suite: str = "behavioural"
    """As `ct-retrain suite list` has them: a built-in name, or [patched:][KIND:]PATH."""
    second_simulator: bool = True
    """Verilator, where it is installed and `judge.simulator` allows it, must not contradict a golden's pass."""
    samples: Annotated[int, Field(ge=1)] = 10
    """Answers a problem (k)."""
    adaptive: bool = False
    """Instead of `samples`, 4 answers a problem, then 8, 16 and 32, until the decision is clear."""
    temperature: Annotated[float, Field(ge=0)] = 0.6
    """0 is greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Nucleus of the sampling."""
    max_new_tokens: Annotated[int, Field(ge=16)] = 2048
    """Longest answer, in tokens."""
    max_thinking_tokens: Count = 0
    """Tokens that a reasoning model may think in addition; 0 lets thoughts and answer share `max_new_tokens`."""
    seed: int = 0
    """Of the answers; every arm draws from the same streams."""
    fresh_seeds: bool = False
    """Draw from other streams every night: costs the answers of earlier nights, and brings evidence on mainline."""
    batch_size: Annotated[int, Field(ge=1)] = 16
    """Sequences generated together; it never changes an answer's random stream."""


class EndpointSettings(Section):
    """A server that speaks OpenAI's API and answers instead of this process: vLLM, llama.cpp, TGI."""

    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Base of it, such as http://127.0.0.1:8000/v1; empty means to generate in this process."""
    model: str = ""
    """Mainline as the server calls it."""
    adapters: Literal["none", "vllm", "path"] = "none"
    """How it takes an adapter: `vllm` by POST /load_lora_adapter, `path` as the name of a model."""
    revision: str = ""
    """Of the weights behind `model`: change it when they change, for samples are used again by it."""
    command: str = ""
    """Starts the server before the first question and ends it before training; empty uses a server that runs already."""
    start_timeout: Annotated[float, Field(gt=0)] = 900.0
    """Seconds that the server of `command` may take until it answers."""
    requests: Annotated[int, Field(ge=1)] = 64
    """In flight at once; fewer while the server says that it is busy."""
    timeout: Annotated[float, Field(gt=0)] = 600.0
    """Seconds that one answer may take."""
    patience: Annotated[float, Field(ge=0)] = 60.0
    """Seconds that a request which fails is tried again, before the server counts as failed."""
    api_key: SecretStr = SecretStr("")
    """Sent as bearer token; set it in the environment (CT_RETRAIN_ENDPOINT__API_KEY)."""


class GateSettings(Section):
    """When an adapter is better, and when nobody can tell."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals, and one minus the level of the test for "better"."""
    margin_champion: Share = 0.01
    """Promote only if surely not worse than last nightly by more than this."""
    margin_mainline: Share = 0.015
    """The same against mainline."""
    floors: dict[str, Share] = Field(default={"fsm": 0.75})
    """Category (or `functional`) → lowest pass@1 that may be published; `suite/category` is of that suite alone."""
    floor_rule: Literal["absolute", "ratcheted"] = "absolute"
    """`ratcheted` asks for what champion and mainline reach tonight instead; suites of others always do."""
    ratchet_margin: Share = 0.05
    """How far below the better of champion and mainline a ratcheted floor lies."""
    min_compile_rate: Share = 0.5
    """Guard: lowest share of answers that compile."""
    min_finished_rate: Share = 0.9
    """Share of answers that the model ended itself."""
    mainline_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance, over all nights together, that a release that is no better may replace mainline."""
    bootstrap: Annotated[int, Field(ge=200)] = 4000
    """Resamples behind an interval."""
    seed: int = 0
    """Of the resamples."""


class PublishSettings(Section):
    """What happens around `latest_nightly`."""

    auto_rollback: bool = True
    """Serve an earlier release, or mainline, when tonight finds the served one surely worse than mainline."""


class NoticeSettings(Section):
    """Whom a night tells; addresses are secrets and come from the environment or a file, never from an option."""

    urls: SecretStr = SecretStr("")
    """Where notices go, as apprise writes addresses (slack://…, mailtos://…, jsons://…), divided by spaces."""
    urls_file: str = ""
    """A file with more of them, one a line."""
    heartbeat: SecretStr = SecretStr("")
    """URL of a dead-man's switch: pinged at its `/start`, itself when a night ends, at its `/fail` when it breaks."""
    heartbeat_file: str = ""
    """A file that holds that URL."""
    min_free_gb: Annotated[float, Field(ge=0)] = 5.0
    """Less free disk than this at the start of a night is told."""
    timeout: Annotated[float, Field(gt=0)] = 20.0
    """Seconds that telling may take."""


class SnapshotSettings(Section):
    """The off-site copy of every night."""

    target: str = ""
    """Where it goes: a directory, or s3://BUCKET/PREFIX; empty means nowhere, and then nothing is ever purged."""
    endpoint: str = ""
    """URL of an S3-compatible server; empty means AWS. Credentials come from AWS's own variables and files."""
    region: str = ""
    """Region of the bucket."""


class TrackingSettings(Section):
    """Nights in MLflow, beside the NightRecords, which stay the truth."""

    store: str = "auto"
    """`auto` is an SQLite file beside the NightRecords where MLflow is installed; `off`; or a tracking URI without password."""
    experiment: str = "ct-retrain"
    """Name of the experiment."""
    model: str = "qwen_coder_rtl"
    """Name of the registered model, whose aliases follow `latest_nightly` and mainline."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds that telling the store of a night may take; the first time makes its tables."""


class Settings(BaseSettings):
    """Everything that can be set; `ct-retrain config` prints it with where each value came from."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        use_attribute_docstrings=True,
        toml_file=None,
    )

    max_records: Count = 0
    """Largest dataset; 0 keeps everything. What is kept first: see `stages.curate`."""
    min_delta_score: Share = 0.01
    """How much better than last nightly, in pass@1, an adapter must be."""
    sandbox: SandboxMode = "best-effort"
    """`require` refuses to judge where files, network and system calls cannot be closed off."""
    retention_days: Count = 30
    """Raw copies of nights older than this are purged, if their off-site snapshot verifies at that moment; 0 keeps all."""
    timezone: str = ""
    """Zone that names the nights (IANA name); empty means the machine's."""
    paths: PathSettings = PathSettings()
    collect: CollectSettings = CollectSettings()
    curate: CurateSettings = CurateSettings()
    decontamination: DecontaminationSettings = DecontaminationSettings()
    judge: JudgeSettings = JudgeSettings()
    train: TrainSettings = TrainSettings()
    benchmark: BenchmarkSettings = BenchmarkSettings()
    endpoint: EndpointSettings = EndpointSettings()
    gate: GateSettings = GateSettings()
    publish: PublishSettings = PublishSettings()
    notices: NoticeSettings = NoticeSettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    tracking: TrackingSettings = TrackingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options over environment; the file is merged below them by `load`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
