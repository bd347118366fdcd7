"""The decontamination certificate of a night, recomputed from the mixture."""

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.audit import Claim
from ct_retrain.core.records.certificate import Certificate, Neighbour
from ct_retrain.core.records.night import Manifest, TrainFacts
from ct_retrain.core.records.training import Row
from ct_retrain.decontamination.rules import RULES_VERSION, Rule
from ct_retrain.manifests import trained_by, training_of
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.run import stages
from ct_retrain.stages._decontamination import CERTIFICATE, again
from ct_retrain.stages.train import MIXTURE

CERTIFICATE_CLAIM = (
    "certificate: the mixture holds no problem of a protected suite, and its nearest rows are named"
)


def certified(night: Night, trained: Manifest, arm: ArmId) -> Claim | None:
    """Compare the mixture of *arm* with every protected suite again; None for a night without a certificate.

    A problem that was outside that night's limits and is found by proof now does not deny the claim, because the
    certificate names what was left out.
    """
    if not isinstance(trained.facts, TrainFacts):
        return None
    directory = training_of(night.directory / "train", arm)
    told = trained_by(night.directory / "train", trained.facts, arm).certificate
    if told is None:
        return None
    if disk.read_record(directory / CERTIFICATE, Certificate) != told:
        return _claim("denied", f"{CERTIFICATE} and the manifest say different things")
    try:
        protection = stages.protected(night)._replace(open_cache=None)  # an audit reads every text anew
        made = again(list(disk.read_lines(directory / MIXTURE, Row)), protection)
    except (CorruptStateError, UsageError) as error:
        return _claim("unknown", str(error))
    return _compared(told, made)


def _compared(told: Certificate, made: Certificate) -> Claim:
    """Compare the recomputed certificate *made* with the night's own, *told*."""
    found = ", ".join(f"{sum(rows.values())} by {rule}" for rule, rows in made.refused.items())
    others = _others(told, made)
    if others:
        return _claim("unknown", f"{others}; compared with today's, {found or 'none'} would be refused")
    if set(made.refused) - {Rule.EQUIVALENT_RTL.value}:
        return _claim("denied", f"rows of the mixture are benchmark problems: {found}")
    if made.refused:
        return _claim("unknown", f"beyond that night's limits, or with other tools: {found}")
    if _named(told) != _named(made):
        return _claim("denied", "its nearest rows are not those that it names")
    rows, suites = sum(told.rows.values()), len(told.suites)
    return _claim("confirmed", f"{rows} rows against {suites} suites, {told.total_refused} were refused")


def _others(told: Certificate, made: Certificate) -> str:
    """Return which inputs of the comparison have changed since that night; "" if none."""
    if told.rules != made.rules:
        return f"the rules' version was {told.rules} and is now {RULES_VERSION}"
    then, now = ({suite.digest: suite.name for suite in one.suites} for one in (told, made))
    changed = sorted({then.get(one) or now[one] for one in then.keys() ^ now.keys()})
    return f"the protected suites have changed: {', '.join(changed)}" if changed else ""


def _named(one: Certificate) -> tuple[Neighbour, ...]:
    return tuple(near for near in one.nearest if near.kind != "behaviour")


def _claim(finding: str, why: str) -> Claim:
    return Claim.model_validate({"claim": CERTIFICATE_CLAIM, "finding": finding, "why": why})
