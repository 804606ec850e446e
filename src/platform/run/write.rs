//! Writing changes into command lines, in the style of their neighbours.

use super::row::Pen;
use super::workload::{dialect, whole};
use super::{Field, Invocation, OptionUse, Part, Spot};
use crate::container::finding::Change;
use crate::container::mount::before_option;
use crate::container::workload::{Effect, Says, Setting, Why, Workload};
use crate::platform::kind::Writer;
use crate::syntax::shell::Dialect;
use crate::text::edits::Edit;
use crate::text::source::Span;

/// How many of a container's GPU options are tried as places for a new option.
const MAX_PLACES: usize = 3;

/// Writes changes of the containers that one script starts.
pub struct CommandLines {
    invocations: Vec<Invocation>,
    dialect: Dialect,
}

impl CommandLines {
    /// A writer for the command lines of a script in `dialect`, in their order.
    pub fn new(invocations: Vec<Invocation>, dialect: Dialect) -> Self {
        Self { invocations, dialect }
    }
}

impl Writer for CommandLines {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Some(invocation) = self.invocations.get(index) else { return Vec::new() };
        let line = Line { invocation, workload, pen: Pen { dialect: self.dialect } };
        let one = |edit: Option<Edit>| edit.map(|edit| vec![edit]).into_iter().collect();
        match *change {
            Change::SetSize { bytes } => line.places(&line.size(bytes)),
            Change::ReplaceSize { setting, bytes } => one(line.replace_size(setting, bytes)),
            Change::Remove { setting } => one(line.option(setting).and_then(|option| line.removal(option))),
            Change::MoveFlag { setting } => line.move_flag(setting).unwrap_or_default(),
            Change::Limit { setting, bytes } => one(line.limit(setting, bytes)),
            Change::ReplaceBySize { setting, bytes } => one(line.replace_by_size(setting, bytes)),
            Change::MountVolume { .. } | Change::SetMedium { .. } => Vec::new(),
        }
    }
}

/// One command line with what is known of it.
struct Line<'w> {
    invocation: &'w Invocation,
    workload: &'w Workload,
    pen: Pen,
}

impl Line<'_> {
    /// A size as an option, in the spelling that most options of the line have.
    fn size(&self, bytes: u64) -> String {
        self.spelt("--shm-size", &dialect(self.invocation.engine).write(bytes))
    }

    fn spelt(&self, flag: &str, value: &str) -> String {
        // Nearly everybody writes `--gpus all`, whatever the other options look like.
        let telling = self.invocation.options.iter().filter(|option| {
            option.value.is_some() && option.name != "gpus" && option.flag.value.starts_with("--")
        });
        let (apart, joined): (Vec<_>, Vec<_>) = telling.partition(|option| option.apart);
        let between = if apart.len() > joined.len() { ' ' } else { '=' };
        format!("{flag}{between}{value}")
    }

    /// The ways to give the engine one more option: behind each option that asks for a GPU, before the image, behind `run`.
    fn places(&self, option: &str) -> Vec<Vec<Edit>> {
        let evidence = &self.workload.gpu.evidence;
        let asks = |option: &&OptionUse| {
            let place = whole(option).map(|spot| spot.layer.map(spot.span));
            evidence.iter().any(|evidence| Some(evidence.place.span) == place)
        };
        let mut asking: Vec<&OptionUse> = self.invocation.options.iter().filter(asks).collect();
        asking.sort_by_key(|option| option.name != "gpus");
        asking.truncate(MAX_PLACES);
        asking.retain(|asking| self.has_room(&asking.flag));
        let behind = asking.iter().filter_map(|asking| {
            let listed = asking.flag.via.is_some();
            Some(self.pen.behind(&extent(asking)?, option, listed))
        });
        // Where its value comes from elsewhere the end of the option is not known, its beginning is.
        let before = asking.iter().filter_map(|asking| Some(self.pen.ahead(&asking.flag.spot()?, option)));
        let words = [self.image(), self.first_argument()].into_iter().flatten();
        let ahead = words.map(|word| self.pen.ahead(&word, option));
        behind.chain(before).chain(ahead).map(|edit| vec![edit]).collect()
    }

    /// Whether an option can stand beside this one: not in a string that is handed on as one word. PowerShell and fish never
    /// split one.
    fn has_room(&self, flag: &Field) -> bool {
        let splits = !matches!(self.pen.dialect, Dialect::PowerShell | Dialect::Fish);
        flag.via.is_none() || flag.stands_alone() || (splits && flag.is_divided())
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
        let same = |option: &&OptionUse| whole(option).is_some_and(|spot| spot.layer.map(spot.span) == place);
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
        let written = match setting.says {
            // Of a mount's options the size is one.
            Says::MountSize(..) => {
                let at = value.value.rfind(&format!("size={}", setting.value))? + "size=".len();
                value.slice(Span::new(at, at + setting.value.len()))
            }
            _ => value.clone(),
        };
        replacement(&text_of(&written)?, &setting.spell(bytes)?)
    }

    fn limit(&self, index: usize, bytes: u64) -> Option<Edit> {
        let option = self.option(index)?;
        let value = option.value.as_ref()?;
        let size = dialect(self.invocation.engine).write(bytes);
        let text = match option.name.as_str() {
            "mount" => format!(",tmpfs-size={size}"),
            _ => format!("{}size={size}", before_option(&value.value)),
        };
        let written = text_of(value)?;
        replacement(&written, &format!("{}{text}", written.text()))
    }

    fn replace_by_size(&self, index: usize, bytes: u64) -> Option<Edit> {
        let mut spot = extent(self.option(index)?)?;
        // Quotes around it may be those of a list.
        let text = spot.text();
        let quoted = text.len() > 1
            && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
        if quoted {
            spot.span = Span::new(spot.span.start + 1, spot.span.end - 1);
        }
        replacement(&spot, &self.size(bytes))
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
        let powershell = self.pen.dialect == Dialect::PowerShell;
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

/// Takes the option out that swallows the flag behind it: `-e --ipc=host`, `-itv --shm-size=2g`.
fn without_swallower(option: &OptionUse) -> Option<Edit> {
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
fn fill_in(option: &OptionUse, value: &str) -> Option<Edit> {
    if option.apart {
        return replacement(&option.value.as_ref()?.written.clone()?, value);
    }
    let flag = option.flag.spot()?;
    let at = flag.span.start + flag.text().find('=')? + 1;
    Some(Edit::insertion(flag.layer.source(), flag.layer.map(Span::at(at)).start, value))
}

/// Puts `text` in place of what is written at a spot.
fn replacement(spot: &Spot, text: &str) -> Option<Edit> {
    let span = spot.layer.map(spot.span);
    (!span.is_empty()).then(|| Edit::replacement(spot.layer.source(), span, text))
}

/// Where an option stands, flag and value; nothing where they stand apart.
fn extent(option: &OptionUse) -> Option<Spot> {
    let flag = option.flag.spot()?;
    let Some(value) = option.value.as_ref().filter(|_| option.apart) else { return Some(flag) };
    let literal = option.flag.via.is_none();
    let value = if literal { value.written.clone() } else { value.spot() };
    let value = value.filter(|value| value.beside(&flag) && value.span.start >= flag.span.end)?;
    Some(Spot { span: flag.span.join(value.span), layer: flag.layer })
}

/// The text of a field without the quotes around it; nothing where it stands in several places.
fn text_of(field: &Field) -> Option<Spot> {
    let first: &Part = field.parts.first()?;
    let last = field.parts.last()?;
    let whole = Spot { span: first.spot.span.join(last.spot.span), layer: first.spot.layer.clone() };
    (first.spot.beside(&last.spot) && whole.span.len() == field.value.len()).then_some(whole)
}
