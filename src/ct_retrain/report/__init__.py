"""HTML reports: a self-contained page per night or experiment, and a history page."""

from ct_retrain.report.experiment_page import write_experiment
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
    "write_experiment",
]
