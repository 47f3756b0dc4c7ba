//! What tests of engines need: the suite that every scanner passes, and a scanner that does as it is told.
//!
//! ```no_run
//! use engine_core::{Scanner, testing::Contract};
//! # async fn test(my_scanner: impl Scanner) {
//! Contract::new(my_scanner).assert().await;
//! # }
//! ```

pub mod contract;
mod scripted;

pub use self::{
    contract::{Broken, Contract},
    scripted::{Script, Scripted},
};

/// The EICAR test file, 68 bytes, put together at run time: lying in a program or repository, virus scanners would find it.
pub fn eicar() -> Vec<u8> {
    let backwards = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X";
    std::hint::black_box(backwards).iter().rev().copied().collect()
}
