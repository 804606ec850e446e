#!/usr/bin/env python3
"""Builds the site into a directory: hand-written pages, and those made of what the repository knows already.

    docs/build.py OUT [--bin SHMLINT] [--wasm shmlint.wasm] [--base URL]

OUT/src gets the pages in Markdown, OUT/site the site. Made from their one source: the rules (rules/*.md, with the report
of each tested example as SHMLINT prints it), the tables of images and accelerators (rules/*.yaml), the configuration
(schemas/shmlint.json), sections of README.md (`{{readme: Heading}}` in a page), and llms.txt. With --wasm the playground is
bundled, too (npm). Every link between pages is checked. Needs Python 3 with zensical and PyYAML; SHMLINT is a built
binary (default: target/release/shmlint).
"""
import argparse, html, json, pathlib, re, shutil, subprocess, sys, tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\S+) ((?:and-)?file|fixed)=(\S+)([^\n]*)\n(.*?)^```\n", re.M | re.S)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def section(text, heading):
    """What stands under a heading of a page, without the heading."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", text, re.M | re.S)
    if not found:
        sys.exit(f"build.py: README.md has no heading '{heading}'")
    return found[2].strip() + "\n"


def included(page):
    """A page with the sections of the README that it names. Links to files of the repository lead there."""
    readme = read("README.md")
    text = re.sub(r"\{\{readme: (.+?)\}\}", lambda m: section(readme, m[1]), page)
    text = re.sub(r"\]\(rules/([\w-]+)\.md\)", r"](rules/\1.md)", text)
    return re.sub(r"\]\(((?:docs|rules|schemas|fixtures|packaging|editors)[^)\s]*)\)", to_repository, text)


def to_repository(match):
    path = match[1]
    if re.fullmatch(r"rules/[\w-]+\.md", path):
        return match[0]
    return f"](https://github.com/shmlint/shmlint/blob/main/{path})"


def report(binary, files):
    """What shmlint says of an example."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run = subprocess.run([binary, "--pedantic", "--isolated", "--color", "never", "--no-programs"], cwd=folder, capture_output=True, text=True)
        if run.returncode not in (0, 1):
            run = subprocess.run([binary, "--pedantic", "--isolated", "--color", "never"], cwd=folder, capture_output=True, text=True)
    if run.returncode not in (0, 1) or run.stdout.startswith("No GPU"):
        sys.exit(f"build.py: an example of a rule gives no report: {run.stdout}{run.stderr}")
    return run.stdout


def rule_page(path, binary):
    """A rule's page: front matter as a table, each tested example followed by its report."""
    text = path.read_text(encoding="utf-8")
    front, body = re.match(r"---\n(.*?)\n---\n(.*)", text, re.S).groups()
    facts = yaml.safe_load(front)
    fences = list(FENCE.finditer(body))
    out, at = [], 0
    for index, fence in enumerate(fences):
        language, kind, name, rest, code = fence.groups()
        out.append(body[at:fence.start()])
        title = name if kind != "fixed" else f"{name}, fixed"
        out.append(f'``` {{ .{language} title="{title}" }}\n{code}```\n')
        at = fence.end()
        following = fences[index + 1] if index + 1 < len(fences) else None
        if kind == "fixed" or "reports=" not in rest or (following and following[2] == "and-file"):
            continue
        out.append(f'\n??? note "What shmlint says"\n\n' + indented(f"``` text\n{report(binary, {name: code})}```\n") + "\n")
    out.append(body[at:])
    table = f"| code | severity | fix |\n| --- | --- | --- |\n| {facts['code']} | {facts['severity']} | {facts['fix']} |\n"
    body = "".join(out).lstrip().split("\n", 1)
    return facts, f"---\ntitle: {facts['name']} ({facts['code']})\ndescription: {json.dumps(facts['summary'])}\n---\n{body[0]}\n\n{table}{body[1]}"


def indented(text):
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def cell(value):
    return html.escape(str(value)).replace("|", "\\|")


def source_link(entry):
    source = entry.get("source", "")
    return f'<a href="{html.escape(source)}">source</a>' if source.startswith("http") else ""


def images():
    """The table of images and programs, with the box that filters it."""
    rows = []
    for group, entries in yaml.safe_load(read("rules/images.yaml")).items():
        for entry in entries or []:
            known = [*(entry.get("images") or {}), *(entry.get("commands") or {})]
            names = ", ".join(f"<code>{cell(name)}</code>" for name in known[:8])
            rows.append([cell(entry["name"]), cell(group), names, cell({True: "yes", False: "no"}.get(entry["need"], entry["need"])), cell(entry.get("size", "")), cell(entry.get("why", "")), source_link(entry)])
    return table(["name", "group", "images and commands", "needs it", "size", "why", ""], rows)


def accelerators():
    if not (ROOT / "rules/accelerators.yaml").exists():
        return ""
    data = yaml.safe_load(read("rules/accelerators.yaml"))
    rows = []
    for entry in data["accelerators"]:
        names = [str(name) for key in ("runtimes", "drivers", "devices", "variables", "resources", "shares", "classes") for name in entry.get(key) or []]
        shown = ", ".join(f"<code>{cell(name)}</code>" for name in names)
        rows.append([cell(entry["name"]), cell(data["kinds"].get(entry["kind"], entry["kind"])), shown, source_link(entry)])
    return table(["maker or mechanism", "called", "names", ""], rows)


def table(heads, rows):
    head = "".join(f"<th>{head}</th>" for head in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{value}</td>" for value in row) + "</tr>" for row in rows)
    return f'<div class="filtered" markdown="0"><input type="search" placeholder="Filter" aria-label="Filter the table">\n<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>\n'


def configuration():
    """The reference of the configuration, from its schema."""
    schema = json.loads(read("schemas/shmlint.json"))
    out = []
    for name, value in schema["properties"].items():
        kind = value.get("type", "")
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        choices = value.get("enum") or (value.get("items") or {}).get("enum") or []
        out.append(f"### `{name}`\n\n{value.get('description', '')}\n\n*{kind}*" + (f": one of {', '.join(f'`{c}`' for c in choices)}" if 0 < len(choices) <= 6 else "") + "\n")
    return "\n".join(out) + f"\n## All of it, as an example\n\n``` toml\n{read('docs/shmlint.toml')}```\n"


def links_are_true(site):
    """Every link of a page to another leads somewhere."""
    wrong = []
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#?]+)', text):
            if re.match(r"[a-z]+:|//|data:", link) or link.startswith("/"):
                continue
            target = (page.parent / html.unescape(link)).resolve()
            if not (target.exists() or (target / "index.html").exists()):
                wrong.append(f"{page.relative_to(site)}: {link}")
    return sorted(set(wrong))


def llms(site, pages, rules):
    """llms.txt, with a line for each rule, and the skill file. Every page must be named in docs/llms.txt."""
    text, base = read("docs/llms.txt"), re.search(r'site_url = "(.+)"', read("docs/zensical.toml"))[1]
    told = {name.rstrip("/") for name in re.findall(rf"\]\({re.escape(base)}([^)]*)\)", text)} - {"SKILL.md"}
    there = {page.stem for page in pages.glob("*.md")} - {"index"} | {"rules"}
    if told != there:
        sys.exit(f"build.py: docs/llms.txt and the pages differ in {', '.join(sorted(told ^ there))}")
    lines = [f"- [{code} {facts['name']}]({base}rules/{facts['name']}/): {facts['summary']}" for code, facts in rules]
    (site / "llms.txt").write_text(text + "\n## Rules\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "docs/skill/SKILL.md", site / "SKILL.md")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--bin", default=str(ROOT / "target/release/shmlint"))
    parser.add_argument("--wasm", type=pathlib.Path)
    args = parser.parse_args()
    binary, out = str(pathlib.Path(args.bin).resolve()), args.out.resolve()
    source, site = out / "src", out / "site"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(ROOT / "docs/pages", source / "docs")
    shutil.copytree(ROOT / "docs/assets", source / "docs/assets")
    pages = source / "docs"
    rules = []
    (pages / "rules").mkdir(exist_ok=True)
    for path in sorted((ROOT / "rules").glob("*.md")):
        facts, text = rule_page(path, binary)
        (pages / "rules" / path.name).write_text(text, encoding="utf-8")
        rules.append((facts["code"], facts))
    rules.sort(key=lambda rule: rule[0])
    rows = [f"| {code} | [{facts['name']}]({facts['name']}.md) | {facts['severity']} | {facts['fix']} | {facts['summary']} |" for code, facts in rules]
    skill = read("docs/skill/SKILL.md").split("\n---\n", 1)[1].split("\n", 2)[2].strip() + "\n"
    made = {"{{skill}}": skill, "{{rules}}": "| code | name | severity | fix | finds |\n| --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n", "{{images}}": images(), "{{accelerators}}": accelerators(), "{{configuration}}": configuration()}
    for path in pages.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name, value in made.items():
            text = text.replace(name, value)
        path.write_text(included(text), encoding="utf-8")
    config = read("docs/zensical.toml")
    nav = ",\n    ".join(f'{{ "{facts["name"]}" = "rules/{facts["name"]}.md" }}' for _, facts in rules)
    (source / "zensical.toml").write_text(config.replace("# {{rules}}", nav), encoding="utf-8")
    if args.wasm:
        bundle(args.wasm, pages / "assets/playground")
    subprocess.run([str(pathlib.Path(sys.executable).with_name("zensical")), "build", "--clean"], cwd=source, check=True)
    shutil.move(source / "site", site)
    llms(site, pages, rules)
    wrong = links_are_true(site)
    if not args.wasm:
        # Without the binary there is no playground to lead to.
        wrong = [link for link in wrong if "assets/playground/" not in link]
    print(f"{len(list(site.rglob('*.html')))} pages in {site}")
    if wrong:
        sys.exit("build.py: links that lead nowhere:\n" + "\n".join(wrong[:40]))


def bundle(wasm, to):
    """The playground: its scripts in one file each, and the binary beside them."""
    here = ROOT / "docs/playground"
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=here, check=True)
    subprocess.run(["npx", "--no-install", "esbuild", "editor.js", "worker.js", "--bundle", "--minify", "--format=esm", f"--outdir={to}"], cwd=here, check=True)
    for name in ("index.html", "page.css"):
        shutil.copy(here / name, to / name)
    calculator = read("docs/playground/index.html").replace("shmlint playground", "shmlint sizes")
    (to / "calculator.html").write_text(calculator.replace('id="playground" class="playground"', 'id="calculator"'), encoding="utf-8")
    # The compiler leaves a twentieth of the size to Binaryen, whose passes find more where types may be grouped (`gc`; browsers of 2024).
    features = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "reference-types", "multivalue", "gc"]
    shrink = ["npx", "--no-install", "wasm-opt", "-Oz", "--strip-debug", "--strip-producers", *(f"--enable-{name}" for name in features)]
    subprocess.run([*shrink, str(wasm.resolve()), "-o", str(to / "shmlint.wasm")], cwd=here, check=True)


if __name__ == "__main__":
    main()
