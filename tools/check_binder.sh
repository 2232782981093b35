#!/usr/bin/env bash
# What Binder would do, without an image: a new environment from binder/ alone, postBuild, then
# JupyterLab with its MyST extension is there, and every notebook (or the named ones) runs.
#
#   tools/check_binder.sh [chapters/04-scores.ipynb ...]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
wanted=$(sed 's/^python-//' binder/runtime.txt)
has=$("$python" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
[ "$has" = "$wanted" ] || echo "Binder will use Python $wanted; this check uses $has."

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
repo=$place/repo
mkdir "$repo"
# What a clone would hold: the files git knows, and new ones it does not ignore.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -e "$file" ] || cp -p --parents "$file" "$repo"
done

"$python" -m venv "$place/env"
export PATH="$place/env/bin:$PATH" PIP_DISABLE_PIP_VERSION_CHECK=1
export JUPYTER_CONFIG_DIR=$place/config JUPYTER_DATA_DIR=$place/data JUPYTER_RUNTIME_DIR=$place/run
export IPYTHONDIR=$place/ipython MPLCONFIGDIR=$place/matplotlib JUPYTER_PLATFORM_DIRS=1
cd "$repo"
python -m pip install --quiet --no-compile -r binder/requirements.txt
[ -x binder/postBuild ] || { echo "binder/postBuild is not executable"; exit 1; }
./binder/postBuild > "$place/log" 2>&1 || { cat "$place/log"; exit 1; }

jupyter labextension list > "$place/log" 2>&1
grep -E 'jupyterlab-myst .*enabled.*OK' "$place/log" ||
  { cat "$place/log"; echo "jupyterlab-myst does not load in this JupyterLab"; exit 1; }
[ $# -gt 0 ] || set -- index.ipynb chapters/*.ipynb
for notebook in "$@"; do
  [ -e "$notebook" ] || { echo "there is no $notebook"; exit 1; }
  (cd "$(dirname "$notebook")" && jupyter execute "$(basename "$notebook")" > "$place/log" 2>&1) ||
    { cat "$place/log"; exit 1; }
  echo "$notebook runs"
done
