//! The depot's disk, asked through libc.

use std::{ffi::CString, io, mem::MaybeUninit, os::unix::ffi::OsStrExt, path::Path};

/// Whether this process may write to the folder.
pub fn is_writable(folder: &Path) -> io::Result<bool> {
    let folder = CString::new(folder.as_os_str().as_bytes())?;
    // SAFETY: `folder` is a C string that lives to the end of this function.
    Ok(unsafe { libc::access(folder.as_ptr(), libc::W_OK) } == 0)
}

/// Bytes free for this process on the spool's disk, or on the root's without a spool.
pub fn bytes_free(spool: Option<&Path>) -> io::Result<u64> {
    let path = match spool {
        Some(spool) => {
            let spool = CString::new(spool.as_os_str().as_bytes())?;
            spool.as_ptr()
        }
        None => c"/".as_ptr(),
    };
    let mut disk = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `path` is a C string, and `disk` has room for the answer.
    if unsafe { libc::statvfs(path, disk.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: filled by the call that succeeded.
    let disk = unsafe { disk.assume_init() };
    Ok(disk.f_bavail * disk.f_frsize)
}
