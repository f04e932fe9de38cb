//! NVIDIA's NCCL, loaded by the ranks that need it.
//!
//! candle has CUDA's libraries linked (`cudarc/dynamic-linking`), and with its feature `nccl` a program would not start where NCCL is not.
//! So the few functions of `nccl.h` (2.14 or newer) that ranks call are looked up here when several of them have GPUs.
#![allow(unsafe_code)] // A library in C: the types below are those of its header.

use libloading::Library;
use std::cell::Cell;
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

/// `NCCL_UNIQUE_ID_BYTES`.
pub const ID_BYTES: usize = 128;

/// `ncclUniqueId`.
#[repr(C)]
#[derive(Clone, Copy)]
struct UniqueId([u8; ID_BYTES]);

/// `ncclComm_t`; null after it was given up.
type Handle = *mut c_void;

/// `ncclDataType_t`.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `ncclUint8`.
    Byte = 1,
    /// `ncclFloat32`.
    Single = 7,
    /// `ncclFloat64`.
    Double = 8,
}

/// `ncclSum`.
const SUM: c_int = 0;
/// `ncclSuccess`.
const SUCCESS: c_int = 0;
/// `ncclInProgress`.
const IN_PROGRESS: c_int = 7;

/// The names that the library may have.
const NAMES: [&str; 2] = ["libnccl.so.2", "libnccl.so"];

macro_rules! functions {
    ($($field:ident = $name:literal: fn($($argument:ty),*) -> $result:ty;)*) => {
        struct Functions {
            $($field: unsafe extern "C" fn($($argument),*) -> $result,)*
        }

        impl Functions {
            fn of(library: &Library) -> Result<Self, libloading::Error> {
                Ok(Self { $($field: *unsafe { library.get($name) }?,)* })
            }
        }
    };
}

functions! {
    get_unique_id = "ncclGetUniqueId": fn(*mut UniqueId) -> c_int;
    init_rank = "ncclCommInitRank": fn(*mut Handle, c_int, UniqueId, c_int) -> c_int;
    all_reduce = "ncclAllReduce": fn(*const c_void, *mut c_void, usize, c_int, c_int, Handle, *mut c_void) -> c_int;
    broadcast = "ncclBroadcast": fn(*const c_void, *mut c_void, usize, c_int, c_int, Handle, *mut c_void) -> c_int;
    group_start = "ncclGroupStart": fn() -> c_int;
    group_end = "ncclGroupEnd": fn() -> c_int;
    async_error = "ncclCommGetAsyncError": fn(Handle, *mut c_int) -> c_int;
    abort = "ncclCommAbort": fn(Handle) -> c_int;
    destroy = "ncclCommDestroy": fn(Handle) -> c_int;
    error_string = "ncclGetErrorString": fn(c_int) -> *const c_char;
    last_error = "ncclGetLastError": fn(Handle) -> *const c_char;
}

/// The library.
pub struct Nccl {
    functions: Functions,
    /// It has threads of its own and cannot be unloaded.
    _library: ManuallyDrop<Library>,
}

impl Nccl {
    /// Loads it, or says what the loader said.
    pub fn load() -> Result<Self, String> {
        let mut reason = None;
        for name in NAMES {
            match unsafe { Library::new(name) } {
                Ok(library) => return Self::of(library).map_err(told),
                // The first name is the one that it ought to have.
                Err(error) => reason = reason.or(Some(told(error))),
            }
        }
        Err(reason.unwrap_or_default())
    }

    fn of(library: Library) -> Result<Self, libloading::Error> {
        Ok(Self {
            functions: Functions::of(&library)?,
            _library: ManuallyDrop::new(library),
        })
    }

    /// By what ranks that are told of it recognise each other.
    pub fn new_id(&self) -> Result<[u8; ID_BYTES], String> {
        let mut id = UniqueId([0; ID_BYTES]);
        let code = unsafe { (self.functions.get_unique_id)(&mut id) };
        self.outcome(code, null_mut()).map(|()| id.0)
    }

    /// Connects the current GPU of this thread to those of the other ranks, and waits for them.
    pub fn connect(
        self,
        id: [u8; ID_BYTES],
        rank: usize,
        size: usize,
    ) -> Result<Communicator, String> {
        let mut handle = null_mut();
        let (rank, size) = (rank as c_int, size as c_int);
        let code = unsafe { (self.functions.init_rank)(&mut handle, size, UniqueId(id), rank) };
        self.outcome(code, null_mut())?;
        Ok(Communicator {
            nccl: self,
            handle: Cell::new(handle),
        })
    }

    /// What a code means, with what the library last complained of.
    fn outcome(&self, code: c_int, handle: Handle) -> Result<(), String> {
        if code == SUCCESS || code == IN_PROGRESS {
            return Ok(());
        }
        let (meaning, last) = unsafe {
            let functions = &self.functions;
            (
                text((functions.error_string)(code)),
                text((functions.last_error)(handle)),
            )
        };
        Err(match last.is_empty() {
            true => format!("NCCL says: {meaning}"),
            false => format!("NCCL says: {meaning}: {last}"),
        })
    }
}

/// What the loader says; the error by itself names the function of it that failed.
fn told(error: libloading::Error) -> String {
    match error.source() {
        Some(reason) => reason.to_string(),
        None => error.to_string(),
    }
}

/// What C has as a text; null is an empty one.
///
/// # Safety
/// `text` is null or ends with a zero.
unsafe fn text(text: *const c_char) -> String {
    match text.is_null() {
        true => String::new(),
        false => unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .trim()
            .to_owned(),
    }
}

/// A GPU's connection to those of the other ranks. Used by one thread.
pub struct Communicator {
    nccl: Nccl,
    handle: Cell<Handle>,
}

impl Communicator {
    /// Begins to sum `count` numbers over the ranks, in their place.
    ///
    /// # Safety
    /// They are at `at` in this GPU's memory, and stay there until `stream`, one of its own, is done.
    pub unsafe fn sum(
        &self,
        at: *mut c_void,
        count: usize,
        kind: Kind,
        stream: *mut c_void,
    ) -> Result<(), String> {
        let (call, handle) = (self.nccl.functions.all_reduce, self.handle()?);
        let code = unsafe { call(at, at, count, kind as c_int, SUM, handle, stream) };
        self.nccl.outcome(code, handle)
    }

    /// Begins to put the first rank's bytes in the place of the others'.
    ///
    /// # Safety
    /// As for a sum.
    pub unsafe fn broadcast(
        &self,
        at: *mut c_void,
        count: usize,
        stream: *mut c_void,
    ) -> Result<(), String> {
        let (call, handle) = (self.nccl.functions.broadcast, self.handle()?);
        let code = unsafe { call(at, at, count, Kind::Byte as c_int, 0, handle, stream) };
        self.nccl.outcome(code, handle)
    }

    /// Makes one of all that `begin` begins.
    pub fn together<T>(&self, begin: impl FnOnce() -> T) -> Result<T, String> {
        let functions = &self.nccl.functions;
        self.nccl
            .outcome(unsafe { (functions.group_start)() }, null_mut())?;
        let begun = begin();
        self.nccl
            .outcome(unsafe { (functions.group_end)() }, null_mut())?;
        Ok(begun)
    }

    /// Fails where the connection is broken: what was begun is then never done.
    pub fn check(&self) -> Result<(), String> {
        let (handle, mut state) = (self.handle()?, SUCCESS);
        let code = unsafe { (self.nccl.functions.async_error)(handle, &mut state) };
        self.nccl.outcome(code, handle)?;
        self.nccl.outcome(state, handle)
    }

    /// Ends what still runs. Nothing can be begun any more.
    pub fn abort(&self) {
        let handle = self.handle.replace(null_mut());
        if !handle.is_null() {
            // It is given up, whatever comes of it.
            unsafe { (self.nccl.functions.abort)(handle) };
        }
    }

    /// Ends the connection in good order; all ranks do so.
    pub fn close(&self) {
        let handle = self.handle.replace(null_mut());
        if !handle.is_null() {
            // Whatever comes of it: all work is done.
            unsafe { (self.nccl.functions.destroy)(handle) };
        }
    }

    fn handle(&self) -> Result<Handle, String> {
        match self.handle.get() {
            handle if handle.is_null() => Err("the connection was given up earlier".to_owned()),
            handle => Ok(handle),
        }
    }
}

impl Drop for Communicator {
    fn drop(&mut self) {
        self.abort();
    }
}
