"""Everything that can be set: one section a stage, every value with a default and a meaning."""

from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.configuration.section import GoldKeySettings, Section
from ct_retrain.core.records.arm import RecipeName
from ct_retrain.core.records.certificate import DecontaminationSettings
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.training import Hyperparameters

FILE_NAME = "ct-retrain.toml"
PREFIX = "CT_RETRAIN_"

Share = Annotated[float, Field(ge=0, le=1)]
SandboxMode = Literal["require", "best-effort", "off"]
Count = Annotated[int, Field(ge=0)]


def _specifier(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise ValueError(f'{text!r} is no range of versions: write ">=12,<14" or "==12.*"') from error


VersionRange = Annotated[str, AfterValidator(_specifier)]
"""Versions as Python packages name them: `>=12,<14`, `==0.40.*`."""


def _from_home(text: str) -> str:
    return str(Path(text).expanduser()) if text.startswith("~") else text


PathText = Annotated[str, AfterValidator(_from_home)]
"""A path, relative to the workspace; `~` is the home directory."""


class PathSettings(Section):
    """Locations, relative to the workspace; `~` is the home directory."""

    runs: PathText = "data/runs"
    """Directory of the pipeline's runs; it is only read."""
    gold: PathText = "data/gold"
    """Directory of gold sets; every `.jsonl`, `.jsonl.gz`, `.json` and `.parquet` file directly in it is
    read.
    """
    general: PathText = "data/general"
    """Directory of general instruction data, mixed in against forgetting; it may be absent."""
    models: PathText = "models/qwen_coder_rtl"
    """Directory of releases and `latest_nightly`."""
    work: PathText = "work/continuous_retrain"
    """Directory of the nights' working files and the lock."""
    run_db: PathText = "data/run_db/nightly"
    """Directory of NightRecords."""
    archive: PathText = "archive"
    """Directory of rejected, held and broken nights."""
    reports: PathText = "reports"
    """Directory of HTML reports: one page for each night, and a history page."""
    experiments: PathText = "experiments"
    """Directory of experiments: the question in NAME.toml, the results in NAME/."""
    verdicts: PathText = ""
    """File of the verdict cache, which workspaces of one machine may share; empty is `.verdicts` in `paths.work`."""
    gpu_lock: PathText = ""
    """File that a night holds from its training to its end; workspaces of one machine that name the same file take turns."""


class CollectSettings(Section):
    """Limits on what collect reads."""

    max_line_bytes: Count = 4 << 20
    """Maximum bytes of a trace line; longer lines are refused."""
    max_artefact_bytes: Count = 1 << 20
    """Maximum bytes of an RTL, testbench or spec file; larger ones are refused, longer logs are truncated."""
    stale_seconds: Count = 3600
    """Seconds after which an incomplete last line of a trace is refused; a younger one waits."""
    seal_days: Count = 30
    """Days without a change after which a trace that was read is sealed: a night looks at a hundredth of the sealed ones,
    each in its turn; 0 looks at every trace every night."""
    shared: tuple[str, ...] = ("specs", "data/specs")
    """Workspace directories, besides the run and `paths.runs`, that traces may name files in; `.` is all."""


class CurateSettings(Section):
    """Conditions for an example."""

    max_warnings: Count = 10
    """Maximum compiler warnings of an example."""
    max_repairs: Count = 2
    """Maximum failed attempts kept for one passing answer."""
    preferences: Count = 0
    """Wrong answers kept beside each new passing one, for trainers that learn from both: failed attempts
    first, then mutants that its testbench notices; 0 keeps none.
    """
    max_rtl_bytes: Count = 64 << 10
    """Maximum bytes of a design; larger ones are refused."""
    mutants: Count = 20
    """Number of mutants on which an example's testbench is tried; 0 turns the check of testbenches off."""
    min_credibility: Share = 0.5
    """Minimum share of wrong designs that a testbench must detect; below it: quarantined as `weak_testbench`.
    """
    min_certain: Share = 0.25
    """The same minimum with every undecided mutant counted as wrong; below it too little has been shown."""
    credibility_minutes: Annotated[float, Field(ge=0)] = 120.0
    """Minutes a night for trying testbenches; those left over are kept as unknown and counted; 0 is no limit.
    """
    formal_seconds: Annotated[float, Field(ge=0)] = 60.0
    """Processor seconds a night for proofs about new examples, those least shown by simulation first; 0 turns proofs off."""


class AcceptedVersions(Section):
    """Versions that the judge's tools must have, such as `>=12,<14`; empty accepts all, and needs no tool."""

    iverilog: VersionRange = ""
    """Accepted versions of Icarus Verilog; with another one nothing is judged."""
    verilator: VersionRange = ""
    """Accepted versions of Verilator."""
    yosys: VersionRange = ""
    """Accepted versions of yosys."""


class JudgeSettings(Section):
    """Limits of one simulation. CPU time decides verdicts; wall-clock time only protects the machine."""

    cpu_seconds: Annotated[int, Field(ge=1)] = 60
    """CPU seconds of one tool; more is the verdict `timeout`."""
    memory_mb: Annotated[int, Field(ge=64)] = 1024
    """MiB of address space of one tool."""
    output_kb: Annotated[int, Field(ge=16)] = 1024
    """KiB of output of one tool; more is the verdict `resource_limit`."""
    workers: Count = 0
    """Number of parallel simulations; 0 is one per processor, or as many as keep the cluster busy."""
    log_chars: Annotated[int, Field(ge=200)] = 4000
    """Characters of the end of a log that a verdict keeps."""
    second_opinion: bool = True
    """Whether a pass must be confirmed on the design as yosys synthesises it, if yosys is installed."""
    unconfirmed: Literal["refuse", "accept"] = "refuse"
    """Verdict on a passing design that yosys, if installed, cannot read: `unconfirmed` (no pass) or `pass`.
    """
    simulator: Literal["auto", "icarus", "verilator"] = "auto"
    """`auto` is Icarus, and Verilator, if installed, for designs that Icarus cannot read or finish."""
    proof_seconds: Annotated[int, Field(ge=1)] = 5
    """CPU seconds of one step of an equivalence proof; a longer step leaves the answer unknown."""
    cache_mb: Annotated[int, Field(ge=1)] = 256
    """Maximum MiB of the verdict cache, and of that of comparisons with suites; above it the older half is deleted."""
    require: AcceptedVersions = AcceptedVersions()


class ShareSettings(Section):
    """Wanted shares of a night's training rows; what a source cannot fill goes to the others."""

    delta: Share = 0.25
    """Share of verified examples harvested from the pipeline."""
    repair: Share = 0.10
    """Share of repair records: a failing attempt, its log, and the passing answer."""
    gold: Share = 0.60
    """Share of the gold sets."""
    general: Share = 0.05
    """Share of general instruction data."""
    max_upsample: Annotated[int, Field(ge=1)] = 3
    """Maximum repetitions of one delta or repair row in a night."""


class TrainSettings(Section):
    """Training of the night's adapter."""

    mainline: PathText = "Qwen/Qwen2.5-Coder-7B-Instruct"
    """Path or Hugging Face name of the model that every night starts from."""
    command: str = ""
    """A trainer of your own: called with PLAN.json and OUT; empty means the built-in QLoRA."""
    devices: Annotated[int, Field(ge=1)] = 1
    """GPUs of this machine that the built-in trainer uses together, each with a copy of the base; processes on the
    CPU where there is no GPU.
    """
    new_settings: bool = False
    """Train when nothing is new but the settings below `train`, compared with those of the last night that trained."""
    min_new: Annotated[int, Field(ge=1)] = 1
    """Minimum number of new examples; with fewer the night ends as "nothing new"."""
    refresh_forgotten: bool = False
    """Prefer examples of categories in which the candidate last failed what an earlier release solved."""
    proven_weight: Annotated[float, Field(ge=1)] = 1.0
    """Weight of a proven example when some are repeated once more than others; 1 makes no difference."""
    credible_weight: Annotated[float, Field(ge=1)] = 1.0
    """The same of an example whose testbench notices every mutant; that of others falls to 1 with their credibility."""
    gold_keys: GoldKeySettings = GoldKeySettings()
    max_gold_refused: Share = 0.5
    """Maximum share of gold lines refused; above it, or with no usable line, nothing is trained; 1 is no
    limit.
    """
    preferences: bool = False
    """Train on the pairs of verified and wrong answers that `curate.preferences` keeps, after the mixture; a
    trainer of `train.command` gets them as a file.
    """
    thoughts: Literal["strip", "keep"] = "strip"
    """Whether reasoning in gold and general answers is dropped or trained on (`keep` needs
    `train.chat.thinking`).
    """
    challengers: dict[RecipeName, dict[str, Any]] = Field(default={})
    """Recipes that are trained and measured on the same night as this one: name → keys of `[train]` that differ."""
    challenger_minutes: Annotated[float, Field(ge=0)] = 120.0
    """Minutes a night for training challengers, those that waited longest first; 0 is no limit."""
    challenger_tokens: Count = 0
    """Tokens a night that challengers read in training, besides `challenger_minutes`; 0 is no limit."""
    chat: ChatOptions = ChatOptions()
    shares: ShareSettings = ShareSettings()
    hyperparameters: Hyperparameters = Hyperparameters()


class BenchmarkSettings(Section):
    """Benchmark problems, and how answers are sampled."""

    suite: str = "behavioural"
    """Suite as `ct-retrain suite list` shows it: a built-in name, or [patched:][KIND:]PATH."""
    second_simulator: bool = True
    """Quarantine a problem if Verilator, where installed and allowed, contradicts its golden's pass."""
    samples: Annotated[int, Field(ge=1)] = 10
    """Answers per problem (k)."""
    adaptive: bool = False
    """Draw 4 answers per problem, then 8, 16 and 32, until the decision is clear, instead of `samples`."""
    temperature: Annotated[float, Field(ge=0)] = 0.6
    """Sampling temperature; 0 is greedy."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Nucleus sampling probability."""
    max_new_tokens: Annotated[int, Field(ge=16)] = 2048
    """Maximum tokens of an answer."""
    max_thinking_tokens: Count = 0
    """Maximum tokens of reasoning before the answer; with 0, reasoning and answer share `max_new_tokens`."""
    seed: int = 0
    """Seed of the answers; every arm draws from the same random streams."""
    fresh_seeds: bool = False
    """Draw from new random streams every night: no answers are reused; nights add up as evidence on mainline.
    """
    batch_size: Annotated[int, Field(ge=1)] = 16
    """Sequences generated together; it does not change an answer's random stream."""


class EndpointSettings(Section):
    """An OpenAI-compatible server that generates the answers instead of this process: vLLM, llama.cpp, TGI."""

    url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Base URL, such as http://127.0.0.1:8000/v1; empty generates in this process."""
    urls: tuple[Annotated[str, Field(pattern=r"^https?://\S+$")], ...] = ()
    """Base URLs of more servers that serve the same: requests are spread over all, one that fails is left out."""
    model: str = ""
    """Mainline's name on the server."""
    adapters: Literal["none", "vllm", "path"] = "none"
    """How an adapter is loaded: `vllm` by POST /load_lora_adapter, `path` by using its path as the model
    name.
    """
    revision: str = ""
    """Revision of the weights behind `model`; change it with them, because stored answers are reused by it.
    """
    command: str = ""
    """Command that starts the server before the first question; it is stopped before training; empty starts
    none.
    """
    start_timeout: Annotated[float, Field(gt=0)] = 900.0
    """Seconds that the server of `command` may take to start."""
    batch_invariant: bool = False
    """Whether answers do not depend on others in their batch (`VLLM_BATCH_INVARIANT=1`, which `command` then gets);
    it is recorded with them."""
    requests: Annotated[int, Field(ge=1)] = 64
    """Maximum parallel requests to one server; fewer while it reports that it is busy."""
    timeout: Annotated[float, Field(gt=0)] = 600.0
    """Seconds that one answer may take."""
    patience: Annotated[float, Field(ge=0)] = 60.0
    """Seconds for which a failing request is retried before the server counts as failed."""
    api_key: SecretStr = SecretStr("")
    """Bearer token; set it in the environment (CT_RETRAIN_ENDPOINT__API_KEY)."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The base URLs of all servers, each once, `url` first."""
        return tuple(dict.fromkeys(url.rstrip("/") for url in (self.url, *self.urls)))


class GateSettings(Section):
    """When a candidate is better, and when the evidence is not enough."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence of the intervals; one minus it is the level of the test for "better"."""
    margin_champion: Share = 0.01
    """Non-inferiority margin against the last nightly, in pass@1."""
    margin_mainline: Share = 0.015
    """Non-inferiority margin against mainline, in pass@1."""
    floors: dict[str, Share] = Field(default={"fsm": 0.75})
    """Lowest pass@1 to publish, by category or `functional`; `suite/category` applies to that suite alone."""
    floor_rule: Literal["absolute", "ratcheted"] = "absolute"
    """`ratcheted` uses tonight's champion and mainline as floors; suites other than the built-in always do.
    """
    ratchet_margin: Share = 0.05
    """How far a ratcheted floor lies below the better of champion and mainline, in pass@1."""
    min_compile_rate: Share = 0.5
    """Lowest share of answers that compile (a guard)."""
    min_finished_rate: Share = 0.9
    """Lowest share of answers that the model ended itself, before the token limit (a guard)."""
    mainline_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Probability, over all nights together, that a release that is no better may replace mainline."""
    recipe_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Probability, over all nights and challengers together, that a recipe that is no better is told to have won."""
    bootstrap: Annotated[int, Field(ge=200)] = 4000
    """Bootstrap resamples for each interval."""
    seed: int = 0
    """Seed of the resamples."""


class PublishSettings(Section):
    """What a night does with `latest_nightly`."""

    auto_rollback: bool = True
    """Go back to an earlier release, or mainline, when the served release is surely worse than mainline."""


class NoticeSettings(Section):
    """Recipients of notices; addresses are secrets: set them in the environment or a file, not as options."""

    urls: SecretStr = SecretStr("")
    """Addresses of notices in apprise's syntax (slack://…, mailtos://…, jsons://…), separated by spaces."""
    urls_file: PathText = ""
    """File with more addresses, one per line."""
    heartbeat: SecretStr = SecretStr("")
    """URL of a dead-man's switch, pinged at the end of a night; `/start` at its start, `/fail` if it breaks.
    """
    heartbeat_file: PathText = ""
    """File that holds the heartbeat URL."""
    min_free_gb: Annotated[float, Field(ge=0)] = 5.0
    """Free disk space in GB below which a night sends a warning at its start."""
    timeout: Annotated[float, Field(gt=0)] = 20.0
    """Seconds that sending notices may take."""


class SnapshotSettings(Section):
    """Off-site copies of nights."""

    target: PathText = ""
    """Target: a directory, or s3://BUCKET/PREFIX; empty makes no copies, and then nothing is ever purged."""
    endpoint: str = ""
    """URL of an S3-compatible server; empty is AWS. Credentials come from AWS's own variables and files."""
    region: str = ""
    """Region of the bucket."""


class TrackingSettings(Section):
    """Tracking of nights in MLflow; the NightRecords remain the source of truth."""

    store: str = "auto"
    """`auto` (SQLite beside the NightRecords, if MLflow is installed), `off`, or a URI without password."""
    experiment: str = "ct-retrain"
    """Name of the experiment."""
    model: str = "qwen_coder_rtl"
    """Name of the registered model; its aliases follow `latest_nightly` and mainline."""
    timeout: Annotated[float, Field(gt=0)] = 60.0
    """Seconds that tracking a night may take; the first time includes creating the tables."""
    textfile: PathText = ""
    """File for the last night's figures in Prometheus' text format, in node_exporter's textfile directory; ends in `.prom`."""


class ReportSettings(Section):
    """What the pages show."""

    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name → categories or tags of the suite that a page counts together, such as those that the harvest is to teach."""


class Settings(BaseSettings):
    """All settings; `ct-retrain config` prints each with its value's origin."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        use_attribute_docstrings=True,
        toml_file=None,
    )

    max_records: Count = 0
    """Maximum examples in the dataset; 0 keeps all. `stages.curate` says which are kept first."""
    min_delta_score: Share = 0.01
    """Minimum gain over the last nightly, in pass@1, for publishing an adapter."""
    sandbox: SandboxMode = "best-effort"
    """`require` refuses to judge on a machine that cannot block files, network and system calls."""
    retention_days: Count = 30
    """Days after which a night's raw copies are purged, if its off-site snapshot verifies then; 0 keeps all.
    """
    timezone: str = ""
    """Time zone that dates the nights (IANA name); empty is the machine's."""
    paths: PathSettings = PathSettings()
    collect: CollectSettings = CollectSettings()
    curate: CurateSettings = CurateSettings()
    decontamination: DecontaminationSettings = DecontaminationSettings()
    judge: JudgeSettings = JudgeSettings()
    cluster: ClusterSettings = ClusterSettings()
    train: TrainSettings = TrainSettings()
    benchmark: BenchmarkSettings = BenchmarkSettings()
    endpoint: EndpointSettings = EndpointSettings()
    gate: GateSettings = GateSettings()
    publish: PublishSettings = PublishSettings()
    notices: NoticeSettings = NoticeSettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    tracking: TrackingSettings = TrackingSettings()
    report: ReportSettings = ReportSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let options override the environment; the file is merged below both by `load`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
