//! Nexmark events from a file: a line each, the number of the kind and the fields separated by
//! the byte 0x1f, in order of emission.
//!
//! Rows are the tuples that DBSP stores; strings are reference counted as Feldera's own, each
//! freshly allocated as by a parser. Times are milliseconds since 1970.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::str::{FromStr, Split};

use dbsp::utils::{Tup7, Tup8, Tup10};

use crate::text::Text;

/// id, name, email_address, credit_card, city, state, date_time, extra
pub type Person = Tup8<i64, Text, Text, Text, Text, Text, i64, Text>;
/// id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra
pub type Auction = Tup10<i64, Text, Text, i64, i64, i64, i64, i64, i64, Text>;
/// auction, bidder, price, channel, url, date_time, extra
pub type Bid = Tup7<i64, i64, i64, Text, Text, i64, Text>;

pub enum Event {
    Person(Person),
    Auction(Auction),
    Bid(Bid),
}

/// The first `count` events of a file; those of kinds that are not wanted are left out. An
/// event comes with its number.
pub fn read(file: &str, count: usize, wanted: [bool; 3], mut take: impl FnMut(usize, Event)) {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file).expect(file));
    let mut line = String::new();
    for number in 0..count {
        line.clear();
        let length = lines.read_line(&mut line).expect(file);
        assert!(length > 0, "{file} has only {number} events");
        if wanted[usize::from(line.as_bytes()[0] - b'0')] {
            take(number, parse(line.trim_end_matches('\n')));
        }
    }
}

struct Fields<'a>(Split<'a, char>);

impl<'a> Fields<'a> {
    fn next(&mut self) -> &'a str {
        self.0.next().expect("a field too few")
    }

    fn text(&mut self) -> Text {
        Text::from(self.next())
    }

    fn number(&mut self) -> i64 {
        number(self.next())
    }

    fn time(&mut self) -> i64 {
        time(self.next())
    }
}

pub fn parse(line: &str) -> Event {
    let mut f = Fields(line.split('\u{1f}'));
    match f.next() {
        "0" => Event::Person(Tup8(
            f.number(), f.text(), f.text(), f.text(), f.text(), f.text(), f.time(), f.text(),
        )),
        "1" => Event::Auction(Tup10(
            f.number(), f.text(), f.text(), f.number(), f.number(), f.time(), f.time(), f.number(), f.number(), f.text(),
        )),
        "2" => Event::Bid(Tup7(
            f.number(), f.number(), f.number(), f.text(), f.text(), f.time(), f.text(),
        )),
        kind => panic!("an event of kind {kind}"),
    }
}

fn number<N: FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// Milliseconds since 1970 of a time of the form 2015-07-15 00:00:00.000, by the days of the
/// proleptic Gregorian calendar counted from the 1st of March.
pub fn time(text: &str) -> i64 {
    let part = |from: usize, to: usize| number::<i64>(&text[from..to]);
    let (month, day) = (part(5, 7), part(8, 10));
    let year = part(0, 4) - i64::from(month <= 2);
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 719_469;
    let seconds = days * 86_400 + part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19);
    seconds * 1000 + part(20, 23)
}
