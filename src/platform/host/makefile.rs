//! Makefiles and justfiles: the recipes are shell text, the variables stand outside of it.

use super::prose::{Line, lines};
use crate::platform::run::OuterVariable;
use crate::syntax::shell::ShellOptions;
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::source::Span;

/// How recipes are read: in a makefile `$(NAME)` is make's and `$$` the shell's `$`; in a justfile `{{name}}` is just's,
/// and every `$` the shell's.
pub(super) fn recipes(just: bool) -> ShellOptions {
    ShellOptions { make: !just, just, ..ShellOptions::default() }
}

/// Words that begin a line of a justfile that is neither a recipe nor a variable.
const JUST_SETTINGS: [&str; 6] = ["alias", "import", "import?", "mod", "mod?", "set"];

/// What a makefile holds.
#[derive(Default)]
pub(super) struct Makefile {
    pub(super) recipes: Vec<Recipe>,
    /// The variables, in order.
    pub(super) variables: Vec<OuterVariable>,
    /// The variables of single targets, with those.
    pub(super) own: Vec<(Vec<String>, OuterVariable)>,
    /// Targets and what they need.
    pub(super) targets: Vec<(Vec<String>, Vec<String>)>,
}

/// A recipe as one text, and the targets that it makes.
pub(super) struct Recipe {
    pub(super) layer: Layer,
    pub(super) targets: Vec<String>,
}

/// Reads a makefile, or a justfile, which has the same shape, but blanks for tabs and quotes around values.
pub(super) fn read(file: &Layer, just: bool) -> Makefile {
    let text = file.text();
    let mut reader = MakefileReader {
        file,
        just,
        made: Makefile::default(),
        recipe: None,
        goes_on: false,
        branches: 0,
        defined: None,
    };
    let mut continued: Option<Span> = None;
    for line in lines(text) {
        if reader.takes_as_recipe(line) {
            continue;
        }
        // Outside of recipes a line goes on behind a `\`.
        let span = continued.take().map_or(line.span, |before| before.join(line.span));
        if line.span.of(text).ends_with('\\') {
            continued = Some(span);
        } else {
            reader.line(span);
        }
    }
    if let Some(span) = continued {
        reader.line(span);
    }
    reader.close();
    reader.made
}

struct MakefileReader<'f> {
    file: &'f Layer,
    just: bool,
    made: Makefile,
    /// The recipe that is being read, and its targets.
    recipe: Option<(Embed, Vec<String>)>,
    /// Whether its last line ends with a `\`, so that the next belongs to it however it begins.
    goes_on: bool,
    /// How many `ifeq` are open.
    branches: usize,
    /// The name of the `define` that is open, and where its text begins and ends.
    defined: Option<(String, Option<Span>)>,
}

impl MakefileReader<'_> {
    /// Adds a line to the recipe where it belongs to one.
    fn takes_as_recipe(&mut self, line: Line) -> bool {
        if self.defined.is_some() {
            return false;
        }
        let Some((recipe, _)) = &mut self.recipe else { return false };
        let written = line.span.of(self.file.text());
        let indented = written.starts_with('\t') || (self.just && written.starts_with(' '));
        if written.trim().is_empty() || indented || self.goes_on {
            let blanks = written.len() - written.trim_start().len();
            let indent = if self.just { blanks } else { usize::from(indented) };
            let code = written.get(indent..).unwrap_or_default();
            // `@` hides the line, `-` lets it fail, `+` runs it always; only where a line begins.
            let marks = code.len() - code.trim_start_matches(['@', '-', '+']).len();
            let marks = if self.goes_on { 0 } else { marks };
            self.goes_on = written.ends_with('\\');
            recipe.copy(Span::new(line.span.start + indent + marks, line.next));
            return true;
        }
        // Conditions may stand inside of a recipe.
        let word = written.split_whitespace().next().unwrap_or_default();
        self.steers(word) || word == "else" || written.starts_with('#')
    }

    /// Counts the conditions that are open; false where a line's first word is none.
    fn steers(&mut self, word: &str) -> bool {
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => self.branches += 1,
            "endif" => self.branches = self.branches.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// A whole line outside of recipes.
    fn line(&mut self, span: Span) {
        let text = self.file.text();
        let written = span.of(text);
        if let Some((_, body)) = &mut self.defined {
            if written.trim_start().starts_with("endef") {
                self.close();
            } else {
                *body = Some(body.map_or(span, |body| body.join(span)));
            }
            return;
        }
        let trimmed = written.trim_start();
        let word = trimmed.split_whitespace().next().unwrap_or_default();
        match word {
            word if self.steers(word) => {}
            "define" => {
                let name = trimmed.split_whitespace().nth(1).unwrap_or_default();
                self.defined = Some((name.to_owned(), None));
            }
            _ if trimmed.starts_with('#') => {}
            _ if self.just => self.just_line(span),
            _ => self.assignment_or_target(span),
        }
    }

    fn assignment_or_target(&mut self, span: Span) {
        let text = self.file.text();
        let written = span.of(text);
        if let Some(command) = own_command(written) {
            self.target(written);
            if let Some((recipe, _)) = &mut self.recipe {
                recipe.copy(Span::new(span.start + command, span.end));
                recipe.replace(Span::at(span.end), "\n");
            }
            return;
        }
        let Some(at) = written.find('=') else {
            if written.contains(':') && !written.starts_with(char::is_whitespace) {
                self.target(written);
            }
            return;
        };
        let (before, value) = (written.get(..at).unwrap_or_default(), at + 1);
        let name = before.trim_end_matches([':', '?', '+', '!']);
        let operator = before.get(name.len()..).unwrap_or_default();
        // `target: NAME = value` gives the variable to one target.
        let target = name.rsplit_once(':').map(|(_, name)| name);
        let mut words = target.unwrap_or(name).split_whitespace();
        let name = words.rfind(|word| !matches!(*word, "export" | "override" | "private" | "unexport"));
        let Some(name) = name else { return };
        if !name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) {
            // A target whose line holds a `=` somewhere.
            return self.target(written);
        }
        self.close();
        let blanks = written.get(value..).map_or(0, |value| value.len() - value.trim_start().len());
        let mut embed = self.file.embed(Encoding::Verbatim);
        embed.copy(Span::new(span.start + value + blanks, span.end));
        let given = OuterVariable {
            name: name.to_owned(),
            value: embed.finish(),
            append: operator == "+",
            conditional: self.branches > 0,
        };
        match before.trim_end_matches([':', '?', '+', '!']).rsplit_once(':') {
            Some((targets, _)) => {
                let targets = targets.split_whitespace().map(str::to_owned).collect();
                self.made.own.push((targets, given));
            }
            None => self.made.variables.push(given),
        }
    }

    /// Begins the recipe of the targets in a line.
    fn target(&mut self, line: &str) {
        self.close();
        let (targets, needed) = line.split_once(':').unwrap_or((line, ""));
        let needed = needed.split(';').next().unwrap_or_default();
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let targets = words(targets);
        self.made.targets.push((targets.clone(), words(needed)));
        self.recipe = Some((self.file.embed(Encoding::Indented("\t".into())), targets));
    }

    /// `name := "value"`, or the head of a recipe, whose parameters may have defaults: `run gpu="all" *args:`.
    fn just_line(&mut self, span: Span) {
        let written = span.of(self.file.text());
        let first = written.split_whitespace().next().unwrap_or_default();
        if written.starts_with([' ', '\t', '[']) || JUST_SETTINGS.contains(&first) {
            return;
        }
        let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
        let assigned = written.split_once(":=").and_then(|(before, value)| {
            let name = before.trim();
            let name = name.strip_prefix("export ").unwrap_or(name).trim_start();
            is_name(name).then_some((name, value))
        });
        self.close();
        let Some((name, value)) = assigned else {
            if written.contains(':') {
                self.recipe = Some((self.file.embed(Encoding::Indented("    ".into())), Vec::new()));
            }
            return;
        };
        // What an expression gives is known only where it is nothing but a string.
        let Some((inside, encoding)) = literal(value) else { return };
        let start = span.end - value.len();
        let value = self.file.part(Span::new(start + inside.start, start + inside.end), encoding);
        self.made.variables.push(OuterVariable { name: name.to_owned(), value, ..OuterVariable::default() });
    }

    /// Ends the recipe or `define` that is open.
    fn close(&mut self) {
        let recipe = self.recipe.take().map(|(text, targets)| Recipe { layer: text.finish(), targets });
        self.made.recipes.extend(recipe);
        if let Some((name, Some(body))) = self.defined.take() {
            let mut embed = self.file.embed(Encoding::Verbatim);
            embed.copy(body);
            let conditional = self.branches > 0;
            let value = embed.finish();
            self.made.variables.push(OuterVariable { name, value, conditional, ..OuterVariable::default() });
        }
    }
}

/// Where the command begins that stands behind a target on its own line: `run: build ; docker run x`.
fn own_command(line: &str) -> Option<usize> {
    let (head, command) = line.split_once(';')?;
    let is_target =
        head.split_once(':').is_some_and(|(_, prerequisites)| !prerequisites.contains(['=', '$']));
    let blanks = command.len() - command.trim_start_matches([' ', '\t', '@', '-', '+']).len();
    (is_target && !line.starts_with(char::is_whitespace)).then_some(head.len() + 1 + blanks)
}

/// The inside of a value that is nothing but a string of just on one line, without escapes.
fn literal(value: &str) -> Option<(Span, Encoding)> {
    let open = value.find(|c: char| !c.is_whitespace())?;
    let (quote, encoding) = match value.get(open..)?.chars().next()? {
        '\'' => ('\'', Encoding::ShellSingle),
        '"' => ('"', Encoding::DoubleQuoted),
        _ => return None,
    };
    let (inside, behind) = value.get(open + 1..)?.split_once(quote)?;
    let behind = behind.trim_start();
    let whole = behind.is_empty() || behind.starts_with('#');
    let escapes = quote == '"' && inside.contains('\\');
    (whole && !escapes).then(|| (Span::new(open + 1, open + 1 + inside.len()), encoding))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn made(text: &str) -> Makefile {
        read(&Layer::file(Source::new("Makefile", text.as_bytes().to_vec())), false)
    }

    #[test]
    fn just_has_strings_for_values_and_parameters_with_defaults() {
        let text = "set shell := ['bash', '-c']\nalias r := run\nexport A := \"--gpus all\" # x\nB-1 := 'b'\nC := `id`\n            D := \"d\" + A\nE := \"\\n\"\n[private]\nrun name=\"x:=y\" *args=A: B\n  @docker run {{A}} $$\n\nls:\n    ls\n";
        let made = read(&Layer::file(Source::new("justfile", text.as_bytes().to_vec())), true);
        let found: Vec<_> = made.variables.iter().map(|v| (v.name.as_str(), v.value.text())).collect();
        assert_eq!(found, [("A", "--gpus all"), ("B-1", "b")]);
        let texts: Vec<&str> = made.recipes.iter().map(|recipe| recipe.layer.text()).collect();
        assert_eq!(texts, ["docker run {{A}} $$\n\n", "ls\n"]);
    }

    #[test]
    fn recipes_are_shell_text_without_tabs_and_marks() {
        let made = made("all: a b\n\t@docker run \\\n\t\t-v $$PWD:/a x\n\n\tls\n\nclean:\n\t-rm x\n");
        let texts: Vec<&str> = made.recipes.iter().map(|recipe| recipe.layer.text()).collect();
        assert_eq!(texts, ["docker run \\\n\t-v $$PWD:/a x\n\nls\n\n", "rm x\n"]);
    }

    #[test]
    fn a_command_may_stand_behind_its_target() {
        let made = made("a: b ; @docker run x\n\tls\nC := x; y\nd-%: ; docker run $*\n");
        let texts: Vec<&str> = made.recipes.iter().map(|recipe| recipe.layer.text()).collect();
        assert_eq!(texts, ["docker run x\nls\n", "docker run $*\n"]);
        assert_eq!(made.variables.len(), 1);
    }

    #[test]
    fn a_continued_line_belongs_to_the_recipe_however_it_begins() {
        let made = made("a:\n\t@ docker run \\\n    --rm \\\n    x\nB = 1\n");
        assert_eq!(made.recipes[0].layer.text(), " docker run \\\n    --rm \\\n    x\n");
        assert_eq!(made.variables.len(), 1);
    }

    #[test]
    fn variables_keep_their_order_and_conditions() {
        let made = made(
            "A = docker\nB ?= x \\\n y\nr:\n\tls\nifeq ($(G),1)\nA += --gpus all\nendif\nt: A := z\ndefine D\none\ntwo\nendef\n",
        );
        let found: Vec<(&str, &str, bool, bool)> = made
            .variables
            .iter()
            .map(|v| (v.name.as_str(), v.value.text(), v.append, v.conditional))
            .collect();
        assert_eq!(
            found,
            [
                ("A", "docker", false, false),
                ("B", "x \\\n y", false, false),
                ("A", "--gpus all", true, true),
                ("D", "one\ntwo", false, false)
            ]
        );
        let own: Vec<_> =
            made.own.iter().map(|(targets, given)| (targets.join(" "), given.value.text())).collect();
        assert_eq!(own, [("t".to_owned(), "z")]);
    }
}
