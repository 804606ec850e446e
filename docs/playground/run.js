// Runs the command line of shmlint, compiled for WASI, over files in memory. Nothing leaves the page.
import { ConsoleStdout, Directory, File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What `shmlint ARGS` answers: its exit status and what it prints. `files` is a Map of path to text. */
export async function run(module, args, files) {
  const output = { stdout: [], stderr: [] };
  const sink = (name) => new ConsoleStdout((bytes) => output[name].push(new Uint8Array(bytes)));
  const root = new Map();
  // The directory of a repository: nothing above it is asked for.
  root.set(".git", new Directory(new Map()));
  for (const [path, text] of files) place(root, path.split("/"), new File(encoder.encode(text)));
  const fds = [new OpenFile(new File([])), sink("stdout"), sink("stderr"), new PreopenDirectory(".", root)];
  const wasi = new WASI(["shmlint", ...args], ["NO_COLOR=1"], fds, { debug: false });
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
  const status = wasi.start(instance);
  return { status, stdout: text(output.stdout), stderr: text(output.stderr) };
}

function place(directory, [name, ...rest], file) {
  if (rest.length === 0) return directory.set(name, file);
  if (!directory.has(name)) directory.set(name, new Directory(new Map()));
  place(directory.get(name).contents, rest, file);
}

function text(chunks) {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return decoder.decode(whole);
}
