//! Opening files and reading streams: what may have become a pipe is not waited for, and what is no text is refused.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Everything that a pipe gives whose name was written where a file may stand: `<(helm template .)`. Nothing where it is no
/// pipe. One that nobody writes to is at its end at once.
pub fn read_pipe(path: &str, limit: u64) -> Option<std::io::Result<Vec<u8>>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;

        use crate::text::paths::to_os;
        std::fs::metadata(&*to_os(path)).ok().filter(|metadata| metadata.file_type().is_fifo())?;
        let read = || {
            let file = open(&to_os(path), false)?;
            // It was opened without waiting for a writer, but what the writer says is waited for.
            #[cfg(target_os = "linux")]
            rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty())?;
            read_text(file, limit)
        };
        Some(read())
    }
    #[cfg(not(unix))]
    {
        let _ = (path, limit);
        None
    }
}

/// All of a stream. More than `limit` bytes are an error, for half a text must not be fixed, and so is what is no text.
pub fn read_text(stream: impl Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = stream.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > limit) {
        return Err(std::io::Error::other(format!("more than {limit} bytes (--max-file-size)")));
    }
    let is_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if bytes.contains(&0) && !is_utf16 {
        return Err(std::io::Error::other("binary data, not text"));
    }
    Ok(bytes)
}

/// Opens a file for reading, and where that is asked for so that only who may write it can. What was a regular file may
/// have become a FIFO meanwhile, which is not waited for.
pub fn open(path: &Path, write: bool) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(write);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}
