"""Reads gold sets and general data, in the common file formats, into rows of the mixture; refused lines get a reason."""

from ct_retrain.stages.gold.account import held, remark, without
from ct_retrain.stages.gold.files import fingerprints
from ct_retrain.stages.gold.reader import GoldReading, read_set

__all__ = ["GoldReading", "fingerprints", "held", "read_set", "remark", "without"]
