//! Following a script of a shell: its commands in order, with what it is given.

use super::inside::File;
use super::{MOST_COMMANDS, ROOM, Reach, Route, arms, inside, runs, waits};
use crate::container::workload::Engine;
use crate::need::evidence::{Claim, Evidence, Strength};
use crate::need::variables::{own_variables, variables};
use crate::syntax::dockerfile::fill;
use crate::syntax::shell::Script;
use crate::text::source::Span;

impl Reach<'_> {
    /// Follows a script of a shell; what it is given is run where it says `"$@"`.
    pub(super) fn shell(&mut self, script: &str, rest: &[String], route: Route<'_>) -> bool {
        let Some(file) = self.layout.find(&route.path(script)).filter(|file| self.affords(file)) else {
            return false;
        };
        let text = file.text().to_owned();
        let script = Script::read(&text, Default::default());
        let known = variables(&script, &self.workload.environment);
        let own = own_variables(&script);
        let functions: Vec<&str> =
            script.scopes.iter().filter_map(|scope| Some(script.slice(scope.function?))).collect();
        let chosen = arms::Chosen::new(&script, rest.first().map(String::as_str), &known);
        let keyword = arms::is_keyword(rest.first(), &text);
        let rest = rest.get(usize::from(keyword)..).unwrap_or_default();
        let mut folder = route.folder.to_owned();
        let fed = |(at, _): &(usize, _)| !script.is_fed(*at);
        for (at, command) in script.commands.iter().enumerate().filter(fed).take(MOST_COMMANDS) {
            let (Some(first), Some(last)) = (command.words.first(), command.words.last()) else { continue };
            let span = Span::new(first.span.start, last.span.end);
            let written = script.slice(span);
            // What a function does is read where it is written.
            let runs = chosen.runs(command.scope);
            if functions.contains(&script.slice(first.span)) || runs == Some(false) {
                continue;
            }
            // One of several that nobody chooses here proves nothing.
            let sure = if runs.is_none() { Strength::Later } else { route.strength };
            let mut via = route.via.to_vec();
            via.push(inside::place(&file, span));
            let route = Route {
                folder: &folder,
                via: &via,
                depth: route.depth + 1,
                own: &own,
                strength: sure.min(route.through(&file).strength),
            };
            let runs =
                ["exec", "eval"].iter().fold(written.trim(), |runs, word| runs.trim_start_matches(word));
            if runs.trim() == "\"$@\"" {
                if !keyword {
                    self.commands(rest, route);
                }
                let entered = self.workload.engine != Engine::Kubernetes && !rest.is_empty() && waits(rest);
                if entered {
                    self.push(Claim::Entered, inside::place(&file, span), route.via, route.strength);
                }
                continue;
            }
            let line = fill(&written.replace("\"$@\"", &rest.join(" ")), &known, &mut ROOM.clone());
            // `python - <<'EOF'`: the code that it is handed.
            let code = script.here_documents.iter().find(|document| document.command == at);
            let python = line.trim_end().trim_end_matches('-').trim_end();
            if let Some(code) = code.filter(|_| python.rsplit(['/', ' ']).next().is_some_and(runs::is_python))
            {
                let (start, before) = (file.part.map_or(0, |part| part.start), self.found.len());
                self.python(File { part: Some(code.body.shift(start)), ..file.clone() }, "", &[], route);
                // A few lines that load nothing tell nothing of what the script is for.
                let told = self.found.split_off(before);
                let loads = |one: &Evidence| one.claim != Claim::NoLoader { complete: true };
                self.found.extend(told.into_iter().filter(loads));
                continue;
            }
            let words = ["sh".to_owned(), "-c".to_owned(), line];
            folder = self.commands(&words, route);
        }
        true
    }
}
