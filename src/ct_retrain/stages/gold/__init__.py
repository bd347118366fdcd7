"""Gold sets and general data: files in the shapes people have, to rows of the mixture, with a reason for the rest."""

from ct_retrain.stages.gold.account import held, remark, without
from ct_retrain.stages.gold.files import fingerprints
from ct_retrain.stages.gold.reader import GoldReading, read_set

__all__ = ["GoldReading", "fingerprints", "held", "read_set", "remark", "without"]
