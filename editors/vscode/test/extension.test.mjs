// The extension against the real server, with a stub in place of `vscode`: SHMLINT names the binary.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";

async function load() {
  const out = join(mkdtempSync(join(tmpdir(), "shmlint-")), "binary.mjs");
  await build({ entryPoints: [new URL("../src/binary.ts", import.meta.url).pathname], bundle: true, platform: "node", format: "esm", outfile: out });
  return import(out);
}

test("a binary in a workspace that is not trusted is never started", async () => {
  const { binary } = await load();
  const at = { configured: "/work/space/evil", trusted: false, folders: ["/work/space"], platform: "linux", exists: () => true };
  assert.equal(binary(at), "shmlint");
  assert.equal(binary({ ...at, configured: "" }), "shmlint");
  assert.equal(binary({ ...at, configured: "/opt/shmlint" }), "/opt/shmlint");
  assert.equal(binary({ ...at, configured: "", trusted: true }), "/work/space/.venv/bin/shmlint");
});

test("the server tells what the extension asks for", { skip: !process.env.SHMLINT && "SHMLINT names no binary" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "shmlint-"));
  mkdirSync(join(folder, ".git"));
  const text = "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun --nproc_per_node=2 train.py\n    gpus: all\n";
  writeFileSync(join(folder, "compose.yaml"), text);
  const server = spawn(process.env.SHMLINT, ["server"], { stdio: ["pipe", "pipe", "inherit"] });
  const send = (message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const uri = `file://${folder}/compose.yaml`;
  send({ id: 1, method: "initialize", params: { rootUri: `file://${folder}`, capabilities: {}, initializationOptions: { inlayHints: true } } });
  send({ method: "initialized", params: {} });
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "dockercompose", version: 1, text } } });
  send({ id: 2, method: "textDocument/inlayHint", params: { textDocument: { uri }, range: { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } } } });
  send({ id: 3, method: "shutdown" });
  send({ method: "exit" });
  let output = "";
  for await (const chunk of server.stdout) output += chunk;
  assert.match(output, /missing-shm/);
  assert.match(output, /\/dev\/shm 64 MiB \(default\)/);
});
