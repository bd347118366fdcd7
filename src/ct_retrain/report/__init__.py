"""HTML reports: a self-contained page per night or experiment, and a history page."""

from ct_retrain.report.broken import BROKEN, broken_nights
from ct_retrain.report.experiment_page import write_experiment
from ct_retrain.report.inspection import Answers, Inspection, drawn, inspected
from ct_retrain.report.pages import INDEX, is_written, live_page, page, write
from ct_retrain.report.report_inputs import ReportInputs

__all__ = [
    "BROKEN",
    "INDEX",
    "Answers",
    "Inspection",
    "ReportInputs",
    "broken_nights",
    "drawn",
    "inspected",
    "is_written",
    "live_page",
    "page",
    "write",
    "write_experiment",
]
