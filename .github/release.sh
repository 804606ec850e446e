#!/usr/bin/env bash
# The parts of a release; .github/workflows/release.yml calls them, and anybody can.
#
#   build TARGET [MATURIN OPTIONS]   a wheel and an archive for a target, into dist/
#   source                           the source distribution, into dist/
#   notes                            what CHANGELOG.md says of the version, on stdout
#   mirror FOLDER                    the repository that gives pre-commit the wheel of this version
set -euo pipefail
cd "$(dirname "$0")/.."

version() { sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1; }

build() {
  local target=$1 name work
  shift
  name=shmlint-$(version)-$target
  rustup target add "$target" 2>/dev/null || true
  python -m pip install --quiet 'maturin[zig]>=1.9,<2'
  mkdir -p dist
  maturin build --release --locked --target "$target" --out dist "$@"
  work=$(mktemp -d)
  mkdir "$work/$name"
  cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$work/$name/"
  cp "target/$target/release/shmlint"* "$work/$name/" 2>/dev/null || true
  rm -f "$work/$name"/*.d "$work/$name"/*.pdb
  # Completions and the man page are the same for every target: the one that runs here prints them.
  extras "$work/$name"
  case $target in
    *windows*) (cd "$work" && python -m zipfile -c "$OLDPWD/dist/$name.zip" "$name") ;;
    *) tar -C "$work" -czf "dist/$name.tar.gz" "$name" ;;
  esac
  rm -rf "$work"
}

# Completions and man pages, printed by the program itself.
extras() {
  local shell command
  cargo build --quiet --locked
  mkdir -p "$1/completions" "$1/man"
  for shell in bash zsh fish powershell elvish; do
    target/debug/shmlint completions "$shell" >"$1/completions/shmlint.$shell"
  done
  target/debug/shmlint man >"$1/man/shmlint.1"
  for command in check list rule size; do
    if target/debug/shmlint man "$command" >"$1/man/shmlint-$command.1" 2>/dev/null; then continue; fi
    rm -f "$1/man/shmlint-$command.1"
  done
}

source_distribution() {
  python3 -m pip install --quiet 'maturin>=1.9,<2'
  maturin sdist --out dist
}

notes() {
  awk -v heading="## $(version)" '
    $0 == "## Unreleased" || index($0, "## ") == 1 { shown = (index($0, heading) == 1) ; next }
    shown
  ' CHANGELOG.md
}

mirror() {
  local folder=$1
  mkdir -p "$folder"
  cat >"$folder/pyproject.toml" <<TOML
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "shmlint-pre-commit"
version = "$(version)"
requires-python = ">=3.8"
dependencies = ["shmlint==$(version)"]

[tool.setuptools]
py-modules = []
TOML
  sed -e '/^# Hooks for/,/^$/d' .pre-commit-hooks.yaml >"$folder/.pre-commit-hooks.yaml"
  cat >"$folder/README.md" <<MD
# shmlint for pre-commit

The hooks of [shmlint](https://github.com/shmlint/shmlint) over its wheels, for machines without a compiler:

    - repo: https://github.com/shmlint/shmlint-pre-commit
      rev: v$(version)
      hooks:
        - id: shmlint-fix

Written by shmlint's release workflow; changes belong there.
MD
}

case ${1:-} in
  build) shift && build "$@" ;;
  source) source_distribution ;;
  notes) notes ;;
  mirror) mirror "$2" ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
