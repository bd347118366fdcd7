"""Pages for people: a night as one self-contained file, and the history of all nights."""

from ct_retrain.report.inspection import Answers, Inspection, drawn, inspected
from ct_retrain.report.pages import INDEX, is_written, page, write
from ct_retrain.report.report_inputs import ReportInputs

__all__ = [
    "INDEX",
    "Answers",
    "Inspection",
    "ReportInputs",
    "drawn",
    "inspected",
    "is_written",
    "page",
    "write",
]
