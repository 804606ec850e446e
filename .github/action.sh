#!/usr/bin/env bash
# The two steps of action.yml. They read INPUT_*, and GITHUB_*/RUNNER_TEMP as the runner sets them.
#
#   install   puts shmlint into $RUNNER_TEMP: the wheel where one can be had, else built from the action's own checkout
#   check     runs it
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=$RUNNER_TEMP/shmlint

# The lines of an input, without blank ones.
lines() { tr -d '\r' <<<"$1" | sed '/^[[:space:]]*$/d'; }

# The binary, where Python or cargo put it.
binary() {
  local path
  for path in "$prefix/bin/shmlint" "$prefix/Scripts/shmlint.exe" "$prefix/bin/shmlint.exe"; do
    [ -x "$path" ] && printf '%s' "$path" && return
  done
  return 1
}

# A wheel or nothing: pip must not begin to compile.
from_wheel() {
  local python
  python=$(command -v python3 || command -v python) || return 1
  "$python" -m venv "$prefix" &&
    "$prefix"/[bS]*/python -m pip install --quiet --disable-pip-version-check --only-binary :all: "$1" && binary >/dev/null
}

from_checkout() {
  command -v cargo >/dev/null && cargo install --quiet --locked --path "$here" --root "$prefix" && binary >/dev/null
}

install() {
  local own wanted requirement
  own=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/Cargo.toml" | head -n 1)
  wanted=${INPUT_VERSION:-$own}
  requirement=shmlint==$wanted
  if [ "$wanted" = latest ]; then requirement=shmlint; fi
  if ! from_wheel "$requirement"; then
    rm -rf "$prefix"
    if [ "$wanted" != "$own" ] && [ "$wanted" != latest ]; then
      echo "::error title=shmlint::There is no wheel of shmlint $wanted for this runner, and the action holds $own"
      exit 2
    fi
    echo "There is no wheel of shmlint $wanted for this runner: building $own from the action's own checkout"
    if ! from_checkout; then
      echo "::error title=shmlint::shmlint $own could not be built; a Rust toolchain of the version in Cargo.toml is needed"
      exit 2
    fi
  fi
  "$(binary)" --version
  echo "version=$("$(binary)" --version | cut -d' ' -f2)" >>"$GITHUB_OUTPUT"
}

# The bash of macOS is 3.2: no mapfile, and empty arrays are unset.
check() {
  local shmlint line args=() paths=() report
  shmlint=$(binary)
  cd "${INPUT_WORKING_DIRECTORY:-.}"
  while IFS= read -r line; do args+=("$line"); done < <(lines "${INPUT_ARGS:-}")
  while IFS= read -r line; do paths+=("$line"); done < <(lines "${INPUT_PATHS:-}")
  if [ -n "${INPUT_FAIL_ON:-}" ]; then args+=(--fail-on "$INPUT_FAIL_ON"); fi
  if [ -n "${INPUT_SARIF_FILE:-}" ]; then
    report=$INPUT_SARIF_FILE
    case $report in /* | ?:*) ;; *) report=$PWD/$report ;; esac
    # Said before the run, whose status ends the step.
    echo "sarif-file=${report#"$GITHUB_WORKSPACE"/}" >>"$GITHUB_OUTPUT"
    args+=(--format github --format "sarif=$INPUT_SARIF_FILE")
  fi
  exec "$shmlint" check ${args[@]+"${args[@]}"} -- ${paths[@]+"${paths[@]}"}
}

case ${1:-} in
  install) install ;;
  check) check ;;
  *) echo "usage: action.sh install|check" >&2 && exit 2 ;;
esac
