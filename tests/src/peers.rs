//! Real programs on loopback that tests talk to: found, started, waited for, stopped.

pub mod clamd;
pub mod reference;

/// Where distributions put daemons; `PATH` of an ordinary user may lack it.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The path of an installed program, looked for in `PATH` and where daemons are.
fn installed(name: &str) -> Option<std::path::PathBuf> {
    let path =
        std::env::vars_os().find_map(|(key, value)| (key == "PATH").then_some(value)).unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(SBIN.map(Into::into));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// A loopback port that nobody listens on now.
///
/// # Errors
///
/// When there is none.
pub fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
