//! Which assignments reach a place: those on the way to it, those of functions that were called before, not those in another arm
//! of the same choice.

use std::collections::HashSet;

use super::calls::AssignedWhen;
use super::environment::{MAX_CLIMB, MAX_VALUES, ScopedScript, Vantage};
use crate::syntax::shell::{Assigning, Assignment, ScopeKind, Visibility};

impl ScopedScript<'_> {
    /// The scope of a place and those around it.
    pub(super) fn around(&self, scope: usize) -> HashSet<usize> {
        let mut around = HashSet::from([scope]);
        let mut scope = scope;
        for _ in 0..MAX_CLIMB {
            let Some(found) = self.script.scopes.get(scope) else { break };
            scope = found.parent;
            if !around.insert(scope) {
                break;
            }
        }
        around
    }

    /// The choice of which an assignment gives a value in one arm, where some arm surely ran before a place in the scopes
    /// `around`.
    pub(super) fn choice(&self, assignment: &Assignment, around: &HashSet<usize>) -> Option<usize> {
        let arm = self.script.scopes.get(assignment.scope)?;
        let choice = self.script.choices.get(arm.choice)?;
        let sure = choice.complete
            && assignment.store == Assigning::Set
            && !assignment.guarded
            && around.contains(&arm.parent)
            && choice.arms.contains(&assignment.scope)
            && self.own_place(assignment).is_none();
        sure.then_some(arm.choice)
    }

    /// When what is assigned came to be, where it may still be there at a place, and whether it surely did.
    pub(super) fn reaches(&self, assignment: &Assignment, at: Vantage) -> Option<(AssignedWhen, bool)> {
        if assignment.reach == Visibility::Command {
            return None;
        }
        let scope = self.script.scopes.get(assignment.scope)?;
        let here = self.script.scopes.get(at.scope)?.function;
        let Some(there) = scope.function.filter(|there| here != Some(*there)) else {
            if scope.function != here {
                // A function is called when the script has come to its end, as likely as not.
                return Some((AssignedWhen::Before, !assignment.conditional));
            }
            let before = assignment.span.end <= at.pos;
            let certain = before.then(|| self.certain(assignment.scope, assignment.guarded, at))??;
            return Some((AssignedWhen::At(assignment.span.end), certain));
        };
        if assignment.reach == Visibility::Function {
            // What is local to a function is seen by those that it calls.
            let calls_here = here.is_some_and(|here| {
                self.calls.to(self.script.slice(here)).iter().any(|site| site.caller == Some(there))
            });
            return calls_here.then_some((AssignedWhen::Within, false));
        }
        let sites = self.calls.to(self.script.slice(there));
        let near = sites.iter().rev().filter(|site| site.caller == here && site.pos < at.pos);
        let always = scope.kind == ScopeKind::Function && !assignment.guarded;
        let near = near.take(MAX_VALUES).find_map(|site| {
            let certain = self.certain(site.scope, !site.sure, at)?;
            Some((AssignedWhen::At(site.pos), certain && always))
        });
        match here {
            _ if near.is_some() => near,
            Some(_) => Some((AssignedWhen::Within, false)),
            // Nobody sees who calls it: a library, a trap.
            None => (sites.is_empty() && assignment.span.start < at.pos)
                .then_some((AssignedWhen::Sometime, false)),
        }
    }

    /// The scope around the `{ … }` in which a scope stands that nothing decides about: what they set is set behind them.
    fn out_of_groups(&self, mut scope: usize) -> usize {
        for _ in 0..MAX_CLIMB {
            let Some(found) = self.script.scopes.get(scope) else { break };
            let outer = self.script.scopes.get(found.parent).map(|outer| outer.conditional);
            if found.kind != ScopeKind::Group || Some(found.conditional) != outer || found.parent == scope {
                break;
            }
            scope = found.parent;
        }
        scope
    }

    /// Whether what ran in the scope `from` before a place, under a condition or not, ran on every way to it; nothing where
    /// it is on no way to it, because it stands in another arm of the same choice.
    pub(super) fn certain(&self, from: usize, guarded: bool, at: Vantage) -> Option<bool> {
        let from = self.out_of_groups(from);
        let mut arms: Vec<(usize, usize)> = Vec::new();
        let mut around = false;
        let mut scope = at.scope;
        for _ in 0..MAX_CLIMB {
            around |= scope == from;
            let found = self.script.scopes.get(scope)?;
            if found.kind == ScopeKind::Branch {
                arms.push((found.choice, scope));
            }
            if found.parent == scope {
                break;
            }
            scope = found.parent;
        }
        let mut scope = from;
        for _ in 0..MAX_CLIMB {
            let found = self.script.scopes.get(scope)?;
            let excluded = arms.iter().any(|(choice, arm)| *choice == found.choice && *arm != scope);
            if found.kind == ScopeKind::Branch && excluded {
                return None;
            }
            if found.parent == scope {
                break;
            }
            scope = found.parent;
        }
        Some(around && !guarded)
    }
}
