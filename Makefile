# Everything a developer or a CI runner types. Needs nothing but make, sh and Python >= 3.11; setup.sh does the rest.
.DEFAULT_GOAL := help
.PHONY: help setup demo gpu test slow exhaustive check docs reference format coverage lock changelog clean

BIN := .venv/bin
SIDE_BY_SIDE := -n auto --dist worksteal

# The default base model is in the package: nothing here may ask a model hub for anything.
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
# Containers set it, and every one of the hundreds of processes that tests start would compile all it imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: ## make .venv and find the simulator
	@./setup.sh

demo: ## several nights of the flywheel on the embedded model
	@./setup.sh --require-simulator
	$(BIN)/ct-retrain demo

gpu: ## measure the defaults on a GPU with a random 7B model, eight minutes
	@./setup.sh
	$(BIN)/python benchmarks/gpu.py

test: ## the tests
	@./setup.sh --require-simulator
	$(BIN)/pytest -q $(SIDE_BY_SIDE)

slow: ## the tests that take minutes
	@./setup.sh --require-simulator --all-tools
	$(BIN)/pytest -q -n auto --dist loadfile -m "slow and not gpu"

exhaustive: ## every attack in every way; an hour
	@./setup.sh --require-simulator --all-tools
	$(BIN)/pytest -q $(SIDE_BY_SIDE) -m "exhaustive and not gpu"

check: ## format, lint, types, import contracts, changelog fragments
	@./setup.sh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/towncrier build --draft --version next >/dev/null
	$(MAKE) --no-print-directory docs

docs: ## the documentation as a site, in site/
	@./setup.sh
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

reference: ## write the pages of the documentation that are made from the code
	@./setup.sh
	$(BIN)/ct-retrain reference docs/reference >/dev/null

format: ## apply the formatter and the safe fixes
	@./setup.sh
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: ## the tests with branch coverage
	@./setup.sh --require-simulator
	$(BIN)/pytest -q --cov --cov-report=term

# One resolution for Linux and macOS, Python 3.11 and up, without torch (setup.sh chooses its build),
# from releases at least a week old. The second lock is the first without the training libraries.
UV := $(shell command -v uv || echo $(BIN)/uv)
LOCK := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --group dev --no-config --no-sources --default-index https://pypi.org/simple \
	--excludes .lock-excludes --custom-compile-command 'make lock'

lock: ## resolve the dependencies anew
	@./setup.sh --no-train
	@printf 'torch\n' >.lock-excludes
	$(LOCK) --upgrade --exclude-newer "$$($(BIN)/python -c 'from datetime import *; print(datetime.now(UTC).date() - timedelta(7))')" \
		--extra cluster --extra train --extra s3 --extra track --output-file requirements.lock
	$(LOCK) --extra cluster --extra s3 --extra track --constraints requirements.lock --output-file requirements-no-train.lock
	@rm .lock-excludes

changelog: ## show what the next release will say
	$(BIN)/towncrier build --draft --version next

clean: ## remove what can be made again, .venv included; data, work, models and archive stay
	rm -rf .venv .venv-vllm .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov dist
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
