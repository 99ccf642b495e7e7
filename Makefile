# Everything Psiscope's people do, in one word each. `make` lists them.
#   PIP_ARGS  more arguments for pip: a CPU-only index of torch, a mirror
#   PYTHON    the Python (3.11 or newer) to make .venv with

PIP_ARGS ?=
PYTHON ?= python3
PYTEST_ARGS ?=

# One torch thread beside a live window beats two, and a waiting OpenMP thread must not spin.
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE
export PIP_ARGS PYTHON

BIN := .venv/bin
CODE := app core tests main.py
OFFSCREEN := runs/first-light
PICTURE := $(BIN)/python main.py gui hopper --offscreen --at-step 40

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all check mutants screenshots tutorial doctor clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the tests and checks need
	@sh .ci/setup.sh test

run: ## set up, then open the window on the default checkpoint
	@sh .ci/setup.sh run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then \
		$(BIN)/python main.py; \
	else \
		echo "there is no display here: the same session runs offscreen and leaves a picture and a film in $(OFFSCREEN)"; \
		$(BIN)/python main.py gui --offscreen --output $(OFFSCREEN); \
	fi

test: setup check ## set up, check, and run the tests
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-all: setup check ## the same with the slow tests: training, soak, real kills
	@$(BIN)/python -m pytest -m "" --timeout 3600 $(PYTEST_ARGS)

check: setup ## lint, format, types and import contracts
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

mutants: setup ## apply each patch of tests/mutants and see that the tests notice
	@$(BIN)/python tests/mutants/run.py

screenshots: setup ## make the pictures of docs/images
	@for theme in light dark; do \
		$(PICTURE) --theme $$theme --size 1600x1000 --screenshot docs/images/window-$$theme.png && \
		$(PICTURE) --theme $$theme --size 1280x720 --screenshot docs/images/window-$$theme-1280x720.png || exit 1; \
	done

	@for task in walker2d halfcheetah antmaze-umaze antmaze-medium-play antmaze-large-play; do \
		$(BIN)/python main.py gui $$task --offscreen --at-step 40 --theme light --size 1600x1000 \
			--screenshot docs/images/task-$$task.png || exit 1; \
	done
	@for workspace in present minimal; do \
		$(PICTURE) --workspace $$workspace --theme light --size 1280x720 \
			--screenshot docs/images/workspace-$$workspace.png || exit 1; \
	done

tutorial: setup ## go through docs/tutorial.md as a user does, and take its pictures
	@PSISCOPE_PICTURES=docs/images/tutorial $(BIN)/python -m pytest tests/app/test_user_session.py

doctor: ## say what is missing or slow on this machine, and what mends it
	@sh .ci/setup.sh run
	@$(BIN)/python main.py doctor

clean: ## remove the virtual environment and all caches; runs/ and data/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find app core tests -name __pycache__ -type d -prune -exec rm -rf {} +
