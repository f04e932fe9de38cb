//! The Python of the tests that compare with PyTorch.

use std::io::Write;
use std::path::PathBuf;

/// The Python that has PyTorch, transformers and PEFT; where there is none it is said aloud, as libtest would keep what `println!` says
/// to itself.
pub fn python(test: &str) -> Option<PathBuf> {
    let found = std::env::var_os("MEDREG_TORCH_PYTHON").filter(|path| !path.is_empty());
    if found.is_none() {
        let said = format!(
            "\nSKIPPED {test}: MEDREG_TORCH_PYTHON names no Python with torch, transformers and peft\n"
        );
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    found.map(PathBuf::from)
}
