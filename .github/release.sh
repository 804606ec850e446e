#!/usr/bin/env bash
# The parts of a release; .github/workflows/release.yml calls them, and anybody can.
#
#   build TARGET [MATURIN OPTIONS]   a wheel and an archive for a target, into dist/
#   source                           the source distribution, into dist/
#   version                          the version of Cargo.toml
#   check TAG                        fails where the tag, Cargo.toml and CHANGELOG.md do not agree
#   pypi DIRECTORY                   leaves only what PyPI takes there: the wheels and the source distribution
#   smoke DIRECTORY                  installs the wheel of this machine from there, and runs it
#   checksums DIRECTORY              writes SHA256SUMS there
#   formula DIRECTORY                a Homebrew formula for the archives there, on stdout
#   npm DIRECTORY [ARCHIVES]         the npm packages, one for each platform with its binary, and the one that chooses
#   image ARCHIVES                   the static binaries for the container image, into target/image/
#   sbom DIRECTORY                   what the binary is made of, as CycloneDX, there
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
  # What runs here is tried before anybody gets it.
  if [ "$target" = "$(rustc -vV | sed -n 's/^host: //p')" ] && [ -x /bin/sh ]; then smoke dist; fi
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
    target/debug/shmlint man "$command" >"$1/man/shmlint-$command.1"
  done
}

source_distribution() {
  python3 -m pip install --quiet 'maturin>=1.9,<2'
  maturin sdist --out dist
}

# A release that does not know its own version is none.
check() {
  [ "$1" = "v$(version)" ] || { echo "the tag is $1, Cargo.toml says $(version)" >&2; return 1; }
  [ -n "$(notes | tr -d '[:space:]')" ] || { echo "CHANGELOG.md says nothing of $(version)" >&2; return 1; }
}

pypi() {
  find "$1" -type f ! -name '*.whl' ! -name "shmlint-$(version).tar.gz" -delete
}

smoke() {
  local work out
  work=$(mktemp -d)
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$1" shmlint
  [ "$("$work/venv/bin/shmlint" --version)" = "shmlint $(version)" ]
  out=$(printf 'docker run --gpus all example/train\n' | "$work/venv/bin/shmlint" --format plain - || true)
  [[ $out == *missing-shm* ]]
  rm -rf "$work"
}

checksums() {
  (cd "$1" && find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs -r sha256sum >SHA256SUMS)
}

sum_of() { awk -v file="$2" '$2 == file { print $1 }' "$1/SHA256SUMS"; }

formula() {
  local base=https://github.com/shmlint/shmlint/releases/download/v$(version) system target file
  cat <<RUBY
class Shmlint < Formula
  desc "Finds GPU containers that get the 64 MiB default /dev/shm"
  homepage "https://github.com/shmlint/shmlint"
  version "$(version)"
  license any_of: ["MIT", "Apache-2.0"]

RUBY
  for system in macos:aarch64-apple-darwin:arm macos:x86_64-apple-darwin:intel linux:aarch64-unknown-linux-musl:arm linux:x86_64-unknown-linux-musl:intel; do
    target=${system#*:} && target=${target%:*}
    file=shmlint-$(version)-$target.tar.gz
    printf '  on_%s do\n    on_%s do\n      url "%s/%s"\n      sha256 "%s"\n    end\n  end\n' \
      "${system%%:*}" "${system##*:}" "$base" "$file" "$(sum_of "$1" "$file")"
  done
  cat <<'RUBY'

  def install
    bin.install "shmlint"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/shmlint.bash" => "shmlint"
    zsh_completion.install "completions/shmlint.zsh" => "_shmlint"
    fish_completion.install "completions/shmlint.fish"
  end

  test do
    (testpath/"run.sh").write "docker run --gpus all example/train\n"
    assert_match "missing-shm", shell_output("#{bin}/shmlint --format plain run.sh", 1)
  end
end
RUBY
}

# The binary of a target, out of its archive in a directory.
binary() {
  local archives=$1 target=$2 to=$3 name=shmlint-$(version)-$2
  mkdir -p "$to"
  case $target in
    *windows*) unzip -q -j -o "$archives/$name.zip" "$name/shmlint.exe" -d "$to" ;;
    *) tar -xzf "$archives/$name.tar.gz" -C "$to" --strip-components=1 "$name/shmlint" ;;
  esac
}

image() {
  binary "$1" x86_64-unknown-linux-musl target/image/amd64
  binary "$1" aarch64-unknown-linux-musl target/image/arm64
}

sbom() {
  cargo install --quiet --locked cargo-cyclonedx
  cargo cyclonedx --quiet --format json --override-filename "shmlint-$(version).cdx"
  mv "shmlint-$(version).cdx.json" "$1/"
}

# The package that is installed picks the one of its platform, which npm fetches alone (`os`, `cpu`).
npm() {
  local row os cpu name target list=
  for row in linux:x64:x86_64-unknown-linux-musl linux:arm64:aarch64-unknown-linux-musl darwin:x64:x86_64-apple-darwin \
    darwin:arm64:aarch64-apple-darwin win32:x64:x86_64-pc-windows-msvc win32:arm64:aarch64-pc-windows-msvc; do
    IFS=: read -r os cpu target <<<"$row"
    name=shmlint-$os-$cpu
    if [ -n "${2:-}" ]; then binary "$2" "$target" "$1/$name/bin"; fi
    mkdir -p "$1/$name/bin"
    printf '{"name":"@shmlint/%s-%s","version":"%s","license":"MIT OR Apache-2.0","os":["%s"],"cpu":["%s"],"files":["bin"]}\n' \
      "$os" "$cpu" "$(version)" "$os" "$cpu" >"$1/$name/package.json"
    list+="\"@shmlint/$os-$cpu\":\"$(version)\","
  done
  mkdir -p "$1/shmlint"
  printf '{"name":"shmlint","version":"%s","description":"Finds GPU containers that get the 64 MiB default /dev/shm","license":"MIT OR Apache-2.0","repository":"github:shmlint/shmlint","bin":{"shmlint":"shmlint.js"},"files":["shmlint.js"],"optionalDependencies":{%s}}\n' \
    "$(version)" "${list%,}" >"$1/shmlint/package.json"
  cat >"$1/shmlint/shmlint.js" <<'JS'
#!/usr/bin/env node
const { spawnSync } = require("node:child_process");
const name = process.platform === "win32" ? "shmlint.exe" : "shmlint";
const path = require.resolve(`@shmlint/${process.platform}-${process.arch}/bin/${name}`);
const ran = spawnSync(path, process.argv.slice(2), { stdio: "inherit" });
process.exit(ran.status ?? 2);
JS
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
  version) version ;;
  check | pypi | smoke | checksums | formula | image | sbom) "$1" "$2" ;;
  npm) npm "$2" "${3:-}" ;;
  mirror) mirror "$2" ;;
  *) sed -n '2,18s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
