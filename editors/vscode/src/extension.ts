// Starts `shmlint server` and hands it the files that start containers.
import * as fs from "node:fs";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";
import { binary } from "./binary";

let client: LanguageClient | undefined;

const LANGUAGES = ["yaml", "dockercompose", "shellscript", "makefile", "markdown", "json", "jsonc", "dockerfile", "powershell", "bat"];

function settings() {
  const all = vscode.workspace.getConfiguration("shmlint");
  const config = all.get<string>("config", "");
  return { pedantic: all.get("pedantic", false), inlayHints: all.get("inlayHints", false), config: config || undefined };
}

function command(): string {
  return binary({
    configured: vscode.workspace.getConfiguration("shmlint").get("path", ""),
    trusted: vscode.workspace.isTrusted,
    folders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
    platform: process.platform,
    exists: fs.existsSync,
  });
}

async function start(): Promise<void> {
  const run = { command: command(), args: ["server"] };
  const server: ServerOptions = { run, debug: run };
  const options: LanguageClientOptions = {
    documentSelector: LANGUAGES.map((language) => ({ scheme: "file", language })),
    initializationOptions: settings(),
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.yaml,*.yml,.env,*.toml,*.sh,Dockerfile*,.shmlint-baseline.json}") },
  };
  client = new LanguageClient("shmlint", "shmlint", server, options);
  try {
    await client.start();
  } catch {
    client = undefined;
    const choice = await vscode.window.showErrorMessage(`shmlint: '${run.command}' cannot be started. Install it (uv tool install shmlint) or set shmlint.path.`, "Open settings");
    if (choice) await vscode.commands.executeCommand("workbench.action.openSettings", "shmlint.path");
  }
}

async function restart(): Promise<void> {
  await client?.stop();
  await start();
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.commands.registerCommand("shmlint.restart", restart),
    vscode.commands.registerCommand("shmlint.fixAll", () => vscode.commands.executeCommand("editor.action.sourceAction", { kind: "source.fixAll.shmlint", apply: "first" })),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("shmlint.path")) await restart();
      else if (event.affectsConfiguration("shmlint")) await client?.sendNotification("workspace/didChangeConfiguration", { settings: { shmlint: settings() } });
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
