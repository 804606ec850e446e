// What the playground makes of the edits in a report is what `shmlint --fix` writes, to the byte, over the examples and the fixtures.
//
//   node docs/playground/edits.test.mjs SHMLINT
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { edited } from "./edits.js";
import { examples } from "./examples.js";

const binary = resolve(process.argv[2]);
const fixtures = join(import.meta.dirname, "../../fixtures");
const scratch = mkdtempSync(join(tmpdir(), "edits-"));

/** Checks one directory; gives the number of files that were fixed. */
function compare(title, directory) {
  execFileSync("git", ["init", "--quiet"], { cwd: directory });
  const shmlint = (...args) => spawnSync(binary, ["--isolated", "--no-gitignore", ...args, "."], { cwd: directory, encoding: "utf8" });
  const names = readdirSync(directory, { recursive: true }).filter((name) => !name.startsWith(".git/") && statSync(join(directory, name)).isFile());
  const files = new Map(names.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
  const write = (texts) => texts.forEach((text, name) => writeFileSync(join(directory, name), text));
  const fix = (texts) => edited(texts, JSON.parse(shmlint("--pedantic", "--format", "json").stdout).findings);
  const made = fix(files) ?? files;
  write(made);
  // Where a fix made room for another, --fix goes on, and the playground asks again.
  if (fix(made)) return 0;
  write(files);
  shmlint("--pedantic", "--fix", "--exit-zero");
  for (const name of names) {
    const wanted = readFileSync(join(directory, name), "utf8");
    if (made.get(name) === wanted) continue;
    const own = join(scratch, "edited");
    writeFileSync(own, made.get(name));
    assert.fail(`${title}: ${name}: the playground and --fix differ:\n${spawnSync("diff", [own, join(directory, name)], { encoding: "utf8" }).stdout}`);
  }
  return names.filter((name) => made.get(name) !== files.get(name)).length;
}

let fixed = 0;
for (const { title, files } of examples) {
  const directory = join(scratch, title.replaceAll(/\W/g, "-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  fixed += compare(title, directory);
}
for (const platform of readdirSync(fixtures)) {
  for (const name of readdirSync(join(fixtures, platform))) {
    const directory = join(scratch, platform, name);
    cpSync(join(fixtures, platform, name), directory, { recursive: true, filter: (path) => !/(expected\.txt|\.fixed)$/.test(path) });
    fixed += compare(`${platform}/${name}`, directory);
  }
}
rmSync(scratch, { recursive: true });
assert.ok(fixed >= 100, `${fixed} files`);
console.log(`${fixed} files fixed as --fix writes them`);
