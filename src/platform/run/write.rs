//! Writing changes into command lines, in the style of their neighbours.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::budget::Shared;
use super::command_line::OptionUse;
use super::edits::{extent, fill_in, is_at, placed, replacement, text_of, without_swallower};
use super::fields::{Field, Spot};
use super::invocation::Invocation;
use super::readers::{Edited, Readers};
use super::row::Pen;
use crate::container::finding::Change;
use crate::container::mount::before_option;
use crate::container::workload::{Effect, Says, Setting, Why, Workload};
use crate::platform::kind::Writer;
use crate::size::Dialect as SizeDialect;
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::text::edits::Edit;
use crate::text::source::Span;

/// How many of a container's GPU options are tried as places for a new option.
const MAX_PLACES: usize = 3;

/// Writes changes of the containers that one script starts.
pub struct CommandLines {
    invocations: Vec<Invocation>,
    options: ShellOptions,
    readers: Rc<RefCell<Readers>>,
    /// Whether the value of the first size of them all is a word of its own.
    size_apart: OnceCell<Option<bool>>,
}

impl CommandLines {
    /// A writer for the command lines of a script that is read with `options`, in their order.
    pub fn new(invocations: Vec<Invocation>, options: ShellOptions, shared: &Shared) -> Self {
        Self { invocations, options, readers: shared.readers(), size_apart: OnceCell::new() }
    }

    fn size_apart(&self) -> Option<bool> {
        *self.size_apart.get_or_init(|| {
            let all =
                self.invocations.iter().flat_map(|other| &other.options).filter(|option| is_long(option));
            all.into_iter().find(|option| option.name == "shm-size").map(|option| option.apart)
        })
    }
}

impl Writer for CommandLines {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Some(invocation) = self.invocations.get(index) else { return Vec::new() };
        let line =
            LineWriter { invocation, workload, pen: Pen { dialect: self.options.dialect }, lines: self };
        let one = |edit: Option<Edit>| edit.map(|edit| vec![edit]).into_iter().collect();
        let edited = Edited { grows: false, shown: true };
        let mut ways: Vec<Vec<Edit>> = match *change {
            Change::SetSize { bytes, ref spelling } => {
                return line.places(&line.size(bytes, spelling.as_deref()));
            }
            Change::ReplaceSize { setting, bytes } => one(line.replace_size(setting, bytes)),
            Change::Remove { setting } => one(line.option(setting).and_then(|option| line.removal(option))),
            Change::MoveFlag { setting } => line.move_flag(setting).unwrap_or_default(),
            Change::Limit { setting, bytes } => one(line.limit(setting, bytes)),
            Change::AskForGpus => one(line.ask_for_gpus()),
            Change::ReplaceBySize { setting, bytes } => one(line.replace_by_size(setting, bytes)),
            Change::MountVolume { .. } | Change::SetMedium { .. } => Vec::new(),
        };
        ways.retain(|edits| edits.iter().all(|edit| line.may_make(edit, edited)));
        ways
    }

    fn write_all(&self, wanted: &mut [(usize, &Workload, Change)]) -> Vec<Vec<Vec<Edit>>> {
        let mut written: Vec<Vec<Vec<Edit>>> =
            wanted.iter().map(|(index, workload, change)| self.write(*index, workload, change)).collect();
        // Containers that share a variable get the largest size that one of them wants.
        let place = |ways: &[Vec<Edit>]| ways.first()?.first().map(|edit| edit.span);
        let mut largest: HashMap<Span, u64> = HashMap::new();
        for ((.., change), ways) in wanted.iter().zip(&written) {
            if let (Change::SetSize { bytes, .. }, Some(place)) = (change, place(ways)) {
                let most = largest.entry(place).or_default();
                *most = (*most).max(*bytes);
            }
        }
        for ((index, workload, change), ways) in wanted.iter_mut().zip(&mut written) {
            if let Change::SetSize { bytes, .. } = change
                && let Some(most) = place(ways).and_then(|place| largest.get(&place))
                && *bytes < *most
            {
                *bytes = *most;
                *ways = self.write(*index, workload, change);
            }
        }
        written
    }
}

/// Whether an option is a long one with a value.
fn is_long(option: &OptionUse) -> bool {
    option.value.is_some() && option.flag.value.starts_with("--")
}

/// One command line with what is known of it.
struct LineWriter<'w> {
    invocation: &'w Invocation,
    workload: &'w Workload,
    pen: Pen,
    lines: &'w CommandLines,
}

impl LineWriter<'_> {
    /// A size as an option, in the spelling that the options of the line have.
    fn size(&self, bytes: u64, spelling: Option<&str>) -> String {
        self.spelt("--shm-size", &self.invocation.engine.starter().size.spell(bytes, spelling))
    }

    /// As the option that asks for a GPU is spelt, else as the file spells sizes elsewhere, else as most options of the line.
    fn spelt(&self, flag: &str, value: &str) -> String {
        let evidence = &self.workload.gpu.evidence;
        let own = self.invocation.options.iter().filter(|option| is_long(option));
        // Nearly everybody writes `--gpus all`, whatever the other options look like: only `--gpus=all` tells.
        let telling = || own.clone().filter(|option| option.name != "gpus" || !option.apart);
        let asking = telling().find(|option| evidence.iter().any(|found| found.place.span == placed(option)));
        let (apart, joined): (Vec<_>, Vec<_>) = telling().partition(|option| option.apart);
        let asks = asking.map(|option| option.apart).or_else(|| self.lines.size_apart());
        let is_apart = asks.unwrap_or(apart.len() > joined.len());
        format!("{flag}{}{value}", if is_apart { ' ' } else { '=' })
    }

    /// Whether an edit touches nothing but text of the command itself, or of variables whose readers are all known and fine.
    fn may_make(&self, edit: &Edit, edited: Edited) -> bool {
        let source = self.invocation.word.layer.source();
        if !Arc::ptr_eq(&edit.source, source) {
            return false;
        }
        let mut readers = self.lines.readers.borrow_mut();
        self.invocation.own.contains(edit.span)
            || readers.allow(edit.span, source.text(), self.lines.options, edited)
    }

    /// The ways to give the engine one more option: behind each option that asks for a GPU, where others read that too behind
    /// the word that brings it in, before the image, behind `run`.
    fn places(&self, option: &str) -> Vec<Vec<Edit>> {
        let evidence = &self.workload.gpu.evidence;
        let asks =
            |option: &&OptionUse| evidence.iter().any(|evidence| evidence.place.span == placed(option));
        let mut asking: Vec<&OptionUse> = self.invocation.options.iter().filter(asks).collect();
        asking.sort_by_key(|option| option.name != "gpus");
        asking.dedup_by_key(|option| std::ptr::from_ref(self.last_of_its_kind(option)));
        asking.truncate(MAX_PLACES);
        for option in &mut asking {
            *option = self.last_of_its_kind(option);
        }
        // What others read has one spelling, whoever asks first.
        let plain = option.replacen(' ', "=", 1);
        let is_shared = |asking: &OptionUse| {
            let is_own = |spot: Spot| self.invocation.own.contains(spot.layer.map(spot.span));
            asking.flag.is_through() || !asking.flag.spot().is_some_and(is_own)
        };
        let spelt = |asking: &OptionUse| if is_shared(asking) { plain.as_str() } else { option };
        let roomy = || asking.iter().filter(|asking| self.has_room(&asking.flag));
        let behind = roomy().filter_map(|asking| {
            let listed = asking.flag.is_through();
            Some(self.pen.behind(&extent(asking)?, spelt(asking), listed))
        });
        // Where its value comes from elsewhere the end of the option is not known, its beginning is.
        let before = roomy().filter_map(|asking| Some(self.pen.ahead(&asking.flag.spot()?, spelt(asking))));
        let at_option: Vec<Edit> = behind.chain(before).collect();
        let bringing = asking.iter().filter(|asking| asking.flag.is_through()).filter_map(|asking| {
            let last = asking.value.as_ref().filter(|_| asking.apart).unwrap_or(&asking.flag);
            Some(self.pen.behind(last.written.as_ref()?, option, false))
        });
        let words = [self.image(), self.first_argument()].into_iter().flatten();
        let words = words.map(|word| self.pen.ahead(&word, option));
        // The whole command is a string: its image stands there.
        let image =
            self.invocation.image.as_ref().filter(|image| image.written.is_none() && self.has_room(image));
        let image = image.and_then(Field::spot).map(|image| self.pen.ahead(&image, &plain));
        let in_command: Vec<Edit> = bringing.chain(words).chain(image).collect();
        let edited = Edited { grows: true, shown: false };
        let (fine, shared): (Vec<Edit>, Vec<Edit>) =
            at_option.into_iter().partition(|edit| self.may_make(edit, edited));
        let edited = Edited { shown: true, ..edited };
        let others = in_command.into_iter().chain(shared).filter(|edit| self.may_make(edit, edited));
        fine.into_iter().chain(others).map(|edit| vec![edit]).collect()
    }

    /// The last of several options of one name in a row: nobody writes another between `--device` and `--device`.
    fn last_of_its_kind<'o>(&'o self, option: &'o OptionUse) -> &'o OptionUse {
        let mut behind = self.invocation.options.iter().skip_while(|other| !std::ptr::eq(*other, option));
        let first = behind.next();
        let like = |other: &&OptionUse| {
            other.name == option.name && other.flag.is_through() == option.flag.is_through()
        };
        behind.take_while(like).last().or(first).unwrap_or(option)
    }

    /// Whether an option can stand beside this one: not in a string that is handed on as one word.
    fn has_room(&self, flag: &Field) -> bool {
        !flag.is_through() || flag.word.is_some() || flag.divided
    }

    /// The word of the command that holds the image.
    fn image(&self) -> Option<Spot> {
        let word = self.invocation.image.as_ref()?.written.clone()?;
        // Where the host names the image elsewhere there is no word in the file.
        (!word.layer.map(word.span).is_empty()).then_some(word)
    }

    /// The first word behind `run`.
    fn first_argument(&self) -> Option<Spot> {
        let Invocation { options, unread, image, .. } = self.invocation;
        let fields = options.iter().map(|option| &option.flag);
        let fields = fields.chain(unread.iter().map(|unread| &unread.field)).chain(image);
        let words = fields.filter_map(|field| field.written.clone());
        words.filter(|word| !word.layer.map(word.span).is_empty()).min_by_key(|word| word.span.start)
    }

    fn setting(&self, index: usize) -> Option<&Setting> {
        self.workload.settings.get(index)
    }

    /// The option that a setting was read from.
    fn option(&self, setting: usize) -> Option<&OptionUse> {
        let place = self.setting(setting)?.place.span;
        let same = |option: &&OptionUse| is_at(option, place);
        // In `-itv /dev/shm:/dev/shm` the last letter has the value.
        self.invocation.options.iter().rfind(same)
    }

    fn removal(&self, option: &OptionUse) -> Option<Edit> {
        Some(self.pen.removal(&extent(option)?))
    }

    fn replace_size(&self, index: usize, bytes: u64) -> Option<Edit> {
        let setting = self.setting(index)?;
        let option = self.option(index)?;
        let value = option.value.as_ref()?;
        if value.value.is_empty() {
            return fill_in(option, &setting.spell(bytes)?);
        }
        let spelt = setting.spell(bytes)?;
        let Says::MountSize(dialect, _) = setting.says else {
            return replacement(&text_of(value)?, &spelt);
        };
        // Of a mount's options the size is one, and its key may be what is wrong.
        let key = if dialect == SizeDialect::TmpfsSize { "tmpfs-size=" } else { "size=" };
        let end = value.value.rfind(&format!("={}", setting.value))? + 1;
        let (before, end_of_value) = (value.value.get(..end)?, end + setting.value.len());
        if before.ends_with(key) {
            return replacement(&text_of(&value.slice(Span::new(end, end_of_value)))?, &spelt);
        }
        let start = before.rfind([',', ':']).map_or(0, |at| at + 1);
        replacement(&text_of(&value.slice(Span::new(start, end_of_value)))?, &format!("{key}{spelt}"))
    }

    fn limit(&self, index: usize, bytes: u64) -> Option<Edit> {
        let option = self.option(index)?;
        let value = option.value.as_ref()?;
        let size = self.invocation.engine.starter().size.write(bytes);
        let text = match option.name.as_str() {
            "mount" => format!(",tmpfs-size={size}"),
            _ => format!("{}size={size}", before_option(&value.value)),
        };
        let written = text_of(value)?;
        replacement(&written, &format!("{}{text}", written.text()))
    }

    fn replace_by_size(&self, index: usize, bytes: u64) -> Option<Edit> {
        let option = self.option(index)?;
        // A size that stands there already takes effect without it.
        if self.invocation.options.iter().any(|other| other.known && other.name == "shm-size") {
            return self.removal(option);
        }
        let mut spot = extent(option)?;
        // Quotes around it may be those of a list.
        let text = spot.text();
        let quoted = text.len() > 1
            && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
        if quoted {
            spot.span = Span::new(spot.span.start + 1, spot.span.end - 1);
        }
        replacement(&spot, &self.size(bytes, None))
    }

    /// `all` in place of what is refused, behind an option that has no value, or an option without the quotes around it.
    fn ask_for_gpus(&self) -> Option<Edit> {
        let place = self.workload.gpu.refused.as_ref()?.evidence.place.span;
        let same = |option: &&OptionUse| is_at(option, place);
        let option = self.invocation.options.iter().rfind(same)?;
        if option.together {
            let word = option.flag.written.clone().filter(|_| !option.flag.is_through())?;
            let inner = word.text().trim_matches(['"', '\'']).to_owned();
            return replacement(&word, &inner);
        }
        let Some(value) = &option.value else {
            let flag = option.flag.spot()?;
            let at = flag.layer.map(Span::at(flag.span.end)).start;
            return Some(Edit::insertion(flag.layer.source(), at, " all"));
        };
        if value.value.is_empty() { fill_in(option, "all") } else { replacement(&text_of(value)?, "all") }
    }

    /// Puts a flag where the engine reads it.
    fn move_flag(&self, index: usize) -> Option<Vec<Vec<Edit>>> {
        let setting = self.setting(index)?;
        let (Says::Flag { meant }, Effect::None(why)) = (&setting.says, &setting.effect) else { return None };
        match why {
            Why::Misspelt => {
                let option = self.option(index)?;
                let name = option.flag.value.find('=').unwrap_or(option.flag.value.len());
                let written = text_of(&option.flag.slice(Span::new(0, name)))?;
                let right = meant.split('=').next().unwrap_or(meant);
                Some(vec![vec![replacement(&written, right)?]])
            }
            Why::SwallowedBy(_) => Some(vec![vec![without_swallower(self.option(index)?)?]]),
            Why::BehindImage => {
                let words = self.behind_image(setting, meant)?;
                let removal = self.pen.removal(&words);
                let with_removal = |mut edits: Vec<Edit>| {
                    edits.push(removal.clone());
                    edits
                };
                let spellings = self.spellings(words.text(), meant);
                let places = spellings.into_iter().flat_map(|option| self.places(&option));
                Some(places.map(with_removal).collect())
            }
            _ => None,
        }
    }

    /// The ways to write a flag elsewhere: quoted as it is, and without quotes where it needs none. A host such as JSON, and
    /// a list of PowerShell, have quotes of their own.
    fn spellings(&self, text: &str, meant: &str) -> Vec<String> {
        let name = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
        let (name, value) = text.split_at_checked(name).unwrap_or((text, ""));
        let as_written = format!("{}{value}", name.replace('_', "-"));
        let powershell = self.pen.dialect == ShellDialect::PowerShell;
        let as_written = Some(as_written).filter(|option| !powershell && !option.contains('\n'));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-=._:/".contains(&byte);
        let bare = Some(meant.to_owned()).filter(|option| powershell || option.bytes().all(plain));
        as_written.into_iter().chain(bare).collect()
    }

    /// The words of a flag that stands behind the image.
    fn behind_image(&self, setting: &Setting, meant: &str) -> Option<Spot> {
        let words = &self.invocation.command;
        let at = words.iter().position(|word| {
            word.spot().is_some_and(|spot| spot.layer.map(spot.span) == setting.place.span)
        })?;
        let flag = words.get(at)?;
        let spot = flag.spot()?;
        if flag.value.contains('=') || !meant.contains('=') {
            return Some(spot);
        }
        let value = words.get(at + 1)?.spot().filter(|value| value.beside(&spot))?;
        Some(Spot { span: spot.span.join(value.span), layer: spot.layer })
    }
}
