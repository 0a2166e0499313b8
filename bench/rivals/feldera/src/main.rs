//! Runs one Nexmark query on DBSP, Feldera's engine, and prints one line of figures.

mod digest;
mod events;
mod queries;
mod text;

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use dbsp::circuit::CircuitConfig;
use dbsp::mimalloc::MiMalloc;
use dbsp::utils::Tup2;
use dbsp::{DBSPHandle, Runtime, ZSetHandle};

use events::{Auction, Bid, Event, Person};
use queries::{Output, Query, Tables};

#[global_allocator]
static ALLOC: MiMalloc = MiMalloc;

const USAGE: &str = "feldera-nexmark --query Q --file EVENTS --events N [--batch 40000] [--answer digest]";

fn arguments() -> HashMap<String, String> {
    let mut list = std::env::args().skip(1);
    let mut arguments = HashMap::new();
    while let Some(name) = list.next() {
        match (name.strip_prefix("--"), list.next()) {
            (Some(name), Some(value)) => arguments.insert(name.to_string(), value),
            _ => panic!("{USAGE}"),
        };
    }
    arguments
}

/// The events of one transaction, by table.
#[derive(Default)]
struct Batch {
    person: Vec<Tup2<Person, i64>>,
    auction: Vec<Tup2<Auction, i64>>,
    bid: Vec<Tup2<Bid, i64>>,
}

struct Inputs {
    person: ZSetHandle<Person>,
    auction: ZSetHandle<Auction>,
    bid: ZSetHandle<Bid>,
}

impl Inputs {
    fn append(&self, mut batch: Batch) {
        if !batch.person.is_empty() {
            self.person.append(&mut batch.person);
        }
        if !batch.auction.is_empty() {
            self.auction.append(&mut batch.auction);
        }
        if !batch.bid.is_empty() {
            self.bid.append(&mut batch.bid);
        }
    }
}

/// All events that the query reads, made before the clock starts; each transaction has those of
/// `size` events of the file.
fn batches(file: &str, count: usize, size: usize, reads: [bool; 3]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = (0..count.div_ceil(size)).map(|_| Batch::default()).collect();
    events::read(file, count, reads, |number, event| {
        let batch = &mut batches[number / size];
        match event {
            Event::Person(p) => batch.person.push(Tup2(p, 1)),
            Event::Auction(a) => batch.auction.push(Tup2(a, 1)),
            Event::Bid(b) => batch.bid.push(Tup2(b, 1)),
        }
    });
    batches
}

fn start(query: Query, out: &'static Output) -> (DBSPHandle, Inputs) {
    Runtime::init_circuit(CircuitConfig::with_workers(1), move |circuit| {
        let (person, person_in) = circuit.add_input_zset::<Person>();
        let (auction, auction_in) = circuit.add_input_zset::<Auction>();
        let (bid, bid_in) = circuit.add_input_zset::<Bid>();
        (query.build)(&Tables { person, auction, bid }, out);
        Ok(Inputs { person: person_in, auction: auction_in, bid: bid_in })
    })
    .expect("the circuit is built")
}

unsafe extern "C" {
    /// C's: CPU time of the process, all threads, in microseconds on every POSIX system.
    fn clock() -> std::ffi::c_long;
}

fn cpu_seconds() -> f64 {
    unsafe { clock() as f64 / 1e6 }
}

/// The greatest amount of memory that was resident, in MiB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kb = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}

fn main() {
    let arguments = arguments();
    let given = |name: &str| arguments.get(name).expect(USAGE).as_str();
    let query = queries::named(given("query")).expect("a query that there is a circuit of");
    let count: usize = given("events").parse().expect(USAGE);
    let size = arguments.get("batch").map_or(40_000, |n| n.parse().expect(USAGE));
    let digests = arguments.contains_key("answer");

    let batches = batches(given("file"), count, size, query.reads);
    let out: &'static Output = Box::leak(Box::new(Output { digests, ..Output::default() }));
    let (mut circuit, inputs) = start(query, out);
    let (cpu, begin) = (cpu_seconds(), Instant::now());
    for batch in batches {
        inputs.append(batch);
        circuit.transaction().expect("a transaction");
    }
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let (rows, changes) = (out.rows.load(Relaxed), out.changes.load(Relaxed));
    if digests {
        println!("feldera events={count} rows={rows} digest={:016x}", out.digest.load(Relaxed));
    } else {
        let peak = peak_mb();
        println!(
            "feldera events={count} seconds={seconds:.3} cpu_seconds={cpu:.3} rss_mb={peak} changes={changes} rows={rows}"
        );
    }
    let _ = circuit.kill();
}
