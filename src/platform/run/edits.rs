//! Edits of the words of one command line, and where they stand.

use super::command_line::OptionUse;
use super::fields::{Field, FieldPart, Spot};
use super::workload::whole;
use crate::text::edits::Edit;
use crate::text::source::Span;

/// Where an option stands in the file.
pub(super) fn placed(option: &OptionUse) -> Span {
    whole(option).map_or(Span::default(), |spot| spot.layer.map(spot.span))
}

/// Whether an option stands at a place of the file.
pub(super) fn is_at(option: &OptionUse, place: Span) -> bool {
    whole(option).is_some_and(|spot| spot.layer.map(spot.span) == place)
}

/// Takes the option out that swallows the flag behind it: `-e --ipc=host`, `-itv --shm-size=2g`.
pub(super) fn without_swallower(option: &OptionUse) -> Option<Edit> {
    let flag = option.flag.spot()?;
    let value = option.value.as_ref()?.spot().filter(|value| value.beside(&flag))?;
    let written = flag.text().to_owned();
    if !written.starts_with("--") && written.len() > 2 {
        let mut letters = written.chars();
        letters.next_back();
        return replacement(&flag, letters.as_str());
    }
    let span = Span::new(flag.span.start, value.span.start);
    Some(Edit::deletion(flag.layer.source(), flag.layer.map(span)))
}

/// Writes a value where an option has an empty one: `--shm-size=`, `--shm-size ''`.
pub(super) fn fill_in(option: &OptionUse, value: &str) -> Option<Edit> {
    if option.apart {
        return replacement(&option.value.as_ref()?.written.clone()?, value);
    }
    let flag = option.flag.spot()?;
    let at = flag.span.start + flag.text().find('=')? + 1;
    Some(Edit::insertion(flag.layer.source(), flag.layer.map(Span::at(at)).start, value))
}

/// Puts `text` in place of what is written at a spot.
pub(super) fn replacement(spot: &Spot, text: &str) -> Option<Edit> {
    let span = spot.layer.map(spot.span);
    (!span.is_empty()).then(|| Edit::replacement(spot.layer.source(), span, text))
}

/// Where an option stands, flag and value; nothing where they stand apart.
pub(super) fn extent(option: &OptionUse) -> Option<Spot> {
    let flag = option.flag.spot()?;
    let Some(value) = option.value.as_ref().filter(|_| option.apart) else { return Some(flag) };
    let literal = !option.flag.is_through();
    let value = if literal { value.written.clone() } else { value.spot() };
    let value = value.filter(|value| value.beside(&flag) && value.span.start >= flag.span.end)?;
    Some(Spot { span: flag.span.join(value.span), layer: flag.layer })
}

/// The text of a field without the quotes around it; nothing where it stands in several places.
pub(super) fn text_of(field: &Field) -> Option<Spot> {
    let first: &FieldPart = field.parts.first()?;
    let last = field.parts.last()?;
    let whole = Spot { span: first.spot.span.join(last.spot.span), layer: first.spot.layer.clone() };
    (first.spot.beside(&last.spot) && whole.span.len() == field.value.len()).then_some(whole)
}
