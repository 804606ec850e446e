// The packaged extension in code-server, driven by a headless Chromium: the squiggle is there, and the quick fix writes what
// `shmlint --fix` writes.
//
//   npm run package && node test/code-server.mjs CODE_SERVER SHMLINT [SCREENSHOTS]
//
// CODE_SERVER is its entry (npm install code-server; out/node/entry.js), run by this Node; CHROMIUM names the browser.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import puppeteer from "puppeteer-core";

const [server, shmlint] = process.argv.slice(2, 4).map((path) => resolve(path));
const screens = process.argv[4];
const vsix = new URL("../shmlint.vsix", import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), "shmlint-code-"));
const folder = join(work, "project");
const port = 20000 + (process.pid % 20000);
mkdirSync(join(folder, ".git"), { recursive: true });
writeFileSync(join(folder, "compose.yaml"), "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun --nproc_per_node=2 train.py\n    gpus: all\n");
cpSync(folder, join(work, "fixed"), { recursive: true });
execFileSync(shmlint, ["--isolated", "--fix", "-q", "compose.yaml"], { cwd: join(work, "fixed") });

const own = ["--user-data-dir", join(work, "data"), "--extensions-dir", join(work, "extensions")];
// The extension host takes the PATH of a login shell; this binary need not be there.
mkdirSync(join(work, "data/Machine"), { recursive: true });
writeFileSync(join(work, "data/Machine/settings.json"), JSON.stringify({ "shmlint.path": shmlint }));
execFileSync(process.execPath, [server, ...own, "--install-extension", vsix], { stdio: "ignore" });
const code = spawn(process.execPath, [server, ...own, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"], { stdio: "ignore" });
const name = process.env.CHROMIUM ?? "chromium";
const executablePath = name.includes("/") ? name : execFileSync("which", [name], { encoding: "utf8" }).trim();
let browser;
try {
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.ok, () => false);
    if (up) break;
    assert.ok(tries < 120, "code-server does not start");
    await pause(500);
  }
  browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const file = encodeURIComponent(JSON.stringify([["openFile", `vscode-remote://127.0.0.1:${port}${folder}/compose.yaml`]]));
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}&payload=${file}`);
  const shot = (name) => screens && (mkdirSync(screens, { recursive: true }), page.screenshot({ path: join(screens, `code-${name}.png`) }));
  try {
    await page.waitForSelector(".squiggly-error, .squiggly-warning", { timeout: 120000 });
  } finally {
    await shot("squiggle");
  }
  console.log("the squiggle is there");
  await page.click(".view-lines");
  await page.keyboard.press("F8");
  await pause(1000);
  await page.keyboard.press("Escape");
  await page.keyboard.down("Control");
  await page.keyboard.press("Period");
  await page.keyboard.up("Control");
  await page.waitForFunction(() => document.querySelector(".action-widget, .monaco-menu, .context-view")?.textContent.includes("/dev/shm"), { timeout: 30000 }).finally(() => shot("actions"));
  await page.keyboard.press("Enter");
  await pause(1500);
  await page.keyboard.down("Control");
  await page.keyboard.press("s");
  await page.keyboard.up("Control");
  const read = (of) => readFileSync(join(work, of, "compose.yaml"), "utf8");
  for (let tries = 0; tries < 40 && read("project") !== read("fixed"); tries += 1) await pause(250);
  await shot("fixed");
  assert.equal(read("project"), read("fixed"));
  console.log("the quick fix writes what --fix writes");
} finally {
  await browser?.close();
  code.kill();
  await pause(1000);
  rmSync(work, { recursive: true, force: true });
}
