//! Where compiled rules may be loaded from. libyara trusts them like code: whoever can write them can take over the process.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Whether only this user and root can have written a file: it and its folder belong to one of them and are closed to the writing
/// of others, and nobody else can put another folder in the place of one that leads there. Why not, and what to do, otherwise.
///
/// Only the path that is returned was checked: a link in the one that was given can lead elsewhere a moment later.
pub(crate) fn check_file(path: &Path) -> Result<PathBuf, String> {
    let path = fs::canonicalize(path).map_err(|error| error.to_string())?;
    // First the way there: once that is closed to others, what is at its end stays.
    if let Some(folder) = path.parent() {
        check_way(folder)?;
    }
    let metadata = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".into());
    }
    check_writers(&path, &metadata, false)?;
    Ok(path)
}

/// The same of a folder.
pub(crate) fn check_folder(path: &Path) -> Result<PathBuf, String> {
    let path = fs::canonicalize(path).map_err(|error| error.to_string())?;
    check_way(&path)?;
    Ok(path)
}

/// A canonical folder and all above it, from the top. A link that has come into it since is no folder.
fn check_way(path: &Path) -> Result<(), String> {
    let folders: Vec<_> = path.ancestors().enumerate().collect();
    for (above, folder) in folders.into_iter().rev() {
        let metadata =
            fs::symlink_metadata(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if !metadata.is_dir() {
            return Err(format!("{} is no folder", folder.display()));
        }
        check_writers(folder, &metadata, above > 0)?;
    }
    Ok(())
}

/// Whether nobody but this user and root can write here. In a folder with the sticky bit (`/tmp`) others can add, but not take away
/// or rename what is ours.
#[cfg(unix)]
fn check_writers(path: &Path, metadata: &fs::Metadata, sticky_will_do: bool) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let (owner, me) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != 0 && owner != me {
        return Err(format!(
            "{} belongs to another user, and libyara trusts compiled rules like code: give the rules they were made from",
            path.display()
        ));
    }
    let is_sticky = metadata.mode() & 0o1000 != 0;
    if metadata.mode() & 0o022 != 0 && !(sticky_will_do && is_sticky) {
        // `/tmp` is to be open: closing it would be worse than what this is about.
        let is_meant = metadata.is_dir() && (is_sticky || owner != me);
        let remedy = if is_meant {
            "move to a folder of your own that others cannot write to, such as one made by `mkdir -m 700`"
                .to_owned()
        } else {
            format!("chmod go-w {}, if what is there is yours", path.display())
        };
        return Err(format!(
            "others can write to {}, and libyara trusts compiled rules like code: {remedy}",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_writers(_path: &Path, _metadata: &fs::Metadata, _sticky_will_do: bool) -> Result<(), String> {
    Err("compiled rules are not loaded on this system, where we cannot see who may write them".into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_others_can_write_is_refused_wherever_on_the_way() {
        let folder = tempfile::TempDir::new().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("set");
        fs::write(&file, "").unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for path in [&file, &inner, folder.path()] {
            mode(path, if path == file { 0o644 } else { 0o755 });
        }
        assert!(check_file(&file).is_ok());
        for (path, bad, good) in
            [(file.as_path(), 0o664, 0o600), (&inner, 0o757, 0o755), (folder.path(), 0o775, 0o1777)]
        {
            mode(path, bad);
            let error = check_file(&file).unwrap_err();
            assert!(
                error.contains(&format!("chmod go-w {}", path.canonicalize().unwrap().display())),
                "{error}"
            );
            mode(path, good);
            assert!(check_file(&file).is_ok());
        }
        // Right beside the file, others must not even add. Such a folder is nobody's to close.
        mode(&inner, 0o1777);
        for error in [check_file(&file).unwrap_err(), check_folder(&inner).unwrap_err()] {
            assert!(error.contains("a folder of your own") && !error.contains("chmod"), "{error}");
        }
        mode(folder.path(), 0o755);
        assert_eq!(check_file(&inner), Err("is no regular file".into()));
    }

    #[test]
    fn what_was_checked_is_told_without_links() {
        let folder = tempfile::TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let [inner, link] = ["inner", "link"].map(|name| root.join(name));
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(inner.join("set"), "").unwrap();
        fs::set_permissions(inner.join("set"), fs::Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&inner, &link).unwrap();
        assert_eq!(check_file(&link.join("set")), Ok(inner.join("set")));
        assert_eq!(check_folder(&link), Ok(inner));
        // As if it had come between the look for links and the look at the owners.
        assert!(check_way(&link).is_err_and(|error| error.ends_with("link is no folder")));
    }
}
