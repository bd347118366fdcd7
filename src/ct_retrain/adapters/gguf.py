"""Write a model as GGUF by llama.cpp's own converter, which alone knows each family's tensors and tokenizers."""

import shlex
import shutil
import sys
from pathlib import Path

from ct_retrain import disk
from ct_retrain.adapters import _child_programs
from ct_retrain.core.errors import ToolError, UsageError

CONVERTER = "convert_hf_to_gguf.py"


def find_converter(named: str) -> Path:
    """Return the converter *named*, or the one on PATH; raise UsageError if there is none."""
    found = named if Path(named).is_file() else shutil.which(CONVERTER)
    if found is None or (named and found != named):
        raise UsageError(
            f"llama.cpp's {CONVERTER} is not at {named or 'any directory of PATH'}: "
            "git clone https://github.com/ggml-org/llama.cpp, then --converter llama.cpp/convert_hf_to_gguf.py"
        )
    return Path(found).resolve()


def convert(model: Path, out: Path, converter: Path) -> None:
    """Write the model in *model*, a scratch directory beside *out*, to the file *out*.

    The converter runs in this Python, which has the libraries that it reads models with. Raise ToolError with its last
    words if it fails.
    """
    command = _child_programs.Command(
        f"{shlex.quote(sys.executable)} {shlex.quote(str(converter))}", "--converter"
    )
    made, log = model / "model.gguf", model / "converter.log"
    code = _child_programs.run_command(command, [str(model), "--outfile", str(made)], log)
    if code != 0 or not made.is_file():
        raise ToolError(
            f"{converter} ended with {_child_programs.ending(code)} and wrote no GGUF; {_child_programs.last_lines(log)}"
        )
    disk.replace_file(made, out)
