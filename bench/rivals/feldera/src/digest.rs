//! The digest of an answer as `millrace bench nexmark --digest` describes it: of each row, as
//! text, the FNV-1a hash of 64 bits, mixed; times the row's weight, all added up.

use std::fmt::Write;

use dbsp::utils::{Tup2, Tup3, Tup4, Tup5, Tup7, Tup9, Tup10};

use crate::text::Text;

/// What can be written as a row of text: its fields, a separator before each.
pub trait Row {
    fn append(&self, line: &mut String);
}

impl Row for i64 {
    fn append(&self, line: &mut String) {
        write!(line, "\u{1f}{self}").expect("a string takes all");
    }
}

impl Row for Text {
    fn append(&self, line: &mut String) {
        line.push('\u{1f}');
        line.push_str(self.str());
    }
}

macro_rules! rows {
    ($($tuple:ident($($t:ident $i:tt),+))*) => {$(
        impl<$($t: Row),+> Row for $tuple<$($t),+> {
            fn append(&self, line: &mut String) {
                $(self.$i.append(line);)+
            }
        }
    )*};
}

rows! {
    Tup2(A 0, B 1)
    Tup3(A 0, B 1, C 2)
    Tup4(A 0, B 1, C 2, D 3)
    Tup5(A 0, B 1, C 2, D 3, E 4)
    Tup7(A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    Tup9(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    Tup10(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
}

/// The hash of one row.
pub fn hash(row: &impl Row) -> u64 {
    let mut line = String::new();
    row.append(&mut line);
    let mut h: u64 = 0xcbf29ce484222325;
    for byte in line.bytes().skip(1) {
        h = (h ^ u64::from(byte)).wrapping_mul(0x100000001b3);
    }
    h = (h ^ h >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 27).wrapping_mul(0x94d049bb133111eb);
    h ^ h >> 31
}
