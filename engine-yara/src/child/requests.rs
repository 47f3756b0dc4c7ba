//! What a scanning child is asked, watched on its way in: a request that cannot even be read is still to be answered.

use std::io::{self, BufRead, Read};

use engine_core::scanner::child::protocol::RequestLine;

/// An input of requests for somebody else to read.
#[derive(Debug)]
pub(super) struct Requests<R> {
    input: R,
    heard: Heard,
}

#[derive(Debug, Default)]
struct Heard {
    /// What was read so far of a request's line.
    line: Vec<u8>,
    /// How many bytes of its artifact are to come.
    body: u64,
    latest: Option<Asked>,
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) id: u64,
    /// The artifact's size in bytes.
    pub(super) size: u64,
}

impl<R: BufRead> Requests<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, heard: Heard::default() }
    }

    /// The request that was read last, or is being read.
    pub(super) fn latest(&self) -> Option<Asked> {
        self.heard.latest
    }
}

impl Heard {
    /// Takes note of what was read: at most up to the end of a line, or of an artifact.
    fn follow(&mut self, read: &[u8]) {
        if self.body > 0 {
            self.body = self.body.saturating_sub(u64::try_from(read.len()).unwrap_or(u64::MAX));
            return;
        }
        self.line.extend(read);
        if self.line.ends_with(b"\n") {
            let request = serde_json::from_slice::<RequestLine>(&self.line).map(|line| line.scan);
            self.latest = request.ok().map(|scan| Asked { id: scan.id, size: scan.size });
            self.body = self.latest.map_or(0, |asked| asked.size);
            self.line.clear();
        }
    }
}

impl<R: BufRead> Read for Requests<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.heard.follow(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Requests<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed has been filled in before, so that this reads nothing.
        if let Ok(buffered) = self.input.fill_buf() {
            self.heard.follow(buffered.get(..amount).unwrap_or_default());
        }
        self.input.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_known_whatever_its_artifact_is_and_however_it_is_read() {
        let line = |id: u64, size: u64| {
            format!(
                "{{\"scan\":{{\"id\":{id},\"type\":\"file\",\"size\":{size},\"sha256\":\"\",\"deadline_ms\":1}}}}\n"
            )
        };
        let text = [line(7, 4), "\n{}\n".to_owned(), line(8, 0), line(9, 2), "ab".to_owned()].concat();
        for capacity in [1, 5, 1000] {
            let mut requests = Requests::new(io::BufReader::with_capacity(capacity, text.as_bytes()));
            assert_eq!(requests.latest(), None);
            for (id, size) in [(7, 4), (8, 0), (9, 2)] {
                requests.read_until(b'\n', &mut Vec::new()).unwrap();
                assert_eq!(requests.latest(), Some(Asked { id, size }));
                let mut body = Vec::new();
                (&mut requests).take(size).read_to_end(&mut body).unwrap();
                assert_eq!((body.len() as u64, requests.latest()), (size, Some(Asked { id, size })));
            }
        }
    }
}
