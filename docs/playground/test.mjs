// The built site in Chromium, at the widths of a telephone and of a desktop: no page has an error, search finds a rule, and the
// playground reports and fixes the first example.
//
//   node docs/playground/test.mjs target/docs/site [SCREENSHOTS]       CHROMIUM names the browser (default: chromium)
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import puppeteer from "puppeteer-core";

const site = resolve(process.argv[2]);
const screens = process.argv[3];
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".json": "application/json", ".svg": "image/svg+xml" };

const server = createServer((request, response) => {
  const path = join(site, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
  if (!file.startsWith(site) || !existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" });
  createReadStream(file).pipe(response);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}/`;

const name = process.env.CHROMIUM ?? "chromium";
const executablePath = name.includes("/") ? name : execFileSync("which", [name], { encoding: "utf8" }).trim();
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
if (screens) mkdirSync(screens, { recursive: true });

async function open(path, width) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`${path}: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && wrong.push(`${path}: ${message.text()} ${message.location().url}`));
  page.on("request", (request) => request.url().startsWith(base) || /^(data|blob):/.test(request.url()) || wrong.push(`${path}: asks ${request.url()}`));
  await page.goto(new URL(path, base).href, { waitUntil: "networkidle0" });
  return { page, wrong };
}

let pages = 0;
for (const width of [400, 1280]) {
  for (const file of readdirSync(site, { recursive: true }).filter((file) => file.endsWith(".html"))) {
    const path = file.replace(/index\.html$/, "");
    if (path === "404.html") continue;
    const { page, wrong } = await open(path, width);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.deepEqual(wrong, [], `at ${width}`);
    assert.ok(wide <= 1, `${path} is ${wide} pixels too wide at ${width}`);
    if (screens) await page.screenshot({ path: join(screens, `${path.replaceAll("/", "_") || "home"}-${width}.png`) });
    await page.close();
    pages += 1;
  }
}
console.log(`${pages} pages without an error`);

{
  const { page } = await open("", 1280);
  await page.keyboard.press("/");
  await new Promise((done) => setTimeout(done, 500));
  await page.keyboard.type("shm-too-small", { delay: 20 });
  // The dialog of the search is a shadow tree.
  const finds = () => [...document.querySelectorAll("*")].some((box) => box.shadowRoot?.querySelector("a[href*='rules/shm-too-small']"));
  await page.waitForFunction(finds, { timeout: 10000 });
  console.log("search finds a rule");
  await page.close();
}

for (const width of [400, 1280]) {
  const { page, wrong } = await open("assets/playground/index.html", width);
  const says = (text) => page.waitForFunction((text) => document.querySelector("#playground")?.textContent.includes(text), { timeout: 30000 }, text);
  await says("missing-shm");
  assert.ok(await page.$(".cm-lintRange"), "the finding is marked");
  if (screens) await page.screenshot({ path: join(screens, `playground-found-${width}.png`) });
  await page.waitForFunction(() => [...document.querySelectorAll("button")].some((button) => button.textContent === "Apply fixes" && !button.disabled));
  await page.evaluate(() => [...document.querySelectorAll("button")].find((button) => button.textContent === "Apply fixes").click());
  await says("No findings.");
  const text = await page.$eval(".cm-content", (content) => content.innerText);
  assert.match(text, /shm_size:/);
  await page.evaluate(() => [...document.querySelectorAll("button")].find((button) => button.textContent === "Share").click());
  const link = await page.evaluate(() => location.href);
  const other = await open(new URL(link).pathname.slice(1) + new URL(link).hash, width);
  await other.page.waitForFunction(() => document.querySelector(".cm-content")?.innerText.includes("shm_size:"));
  assert.deepEqual(wrong, []);
  await page.close();
}
console.log("the playground finds, fixes and shares the first example");

{
  const { page } = await open("assets/playground/calculator.html", 1280);
  await page.waitForFunction(() => document.querySelector("#calculator")?.textContent.includes("shm"), { timeout: 30000 });
  console.log("the calculator counts");
}
await browser.close();
server.close();
