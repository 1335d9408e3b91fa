//! Feeds bent messages to the parsers of what strangers and peers send: each reads or refuses them, quickly.
//!
//!     cargo run --release --no-default-features --example fuzz -- --seconds 60 [--seed 1] [--target rtcp]
//!
//! It begins with tests/fuzz/corpus/<target>. An input whose outcome (what was read, how it was refused) was not met
//! before is bent further: that leads into a parser without instrumenting it, so it runs on any stable compiler.
//! Seconds are of processor time. What breaks a parser is written to tests/fuzz/found and ends the run.
use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[path = "../../../media_server/core/crates/wire/src/fuzzing.rs"]
#[allow(dead_code)]
mod fuzzing;
mod targets;

use fuzzing::Random;
use targets::{TARGETS, Target};

/// Inputs between two looks at the clock.
const BATCH: usize = 256;

/// A batch may take so long: 0.1 ms an input, a hundred times what any of them takes.
const MAX_BATCH: Duration = Duration::from_millis(26);

/// Inputs kept to be bent further.
const MAX_POOL: usize = 20_000;

/// Longest input: what a datagram holds.
const MAX_BYTES: usize = 1_500;

thread_local! {
    /// What the parser is given, for the hook that tells of a panic.
    static CURRENT: RefCell<(&'static str, Vec<u8>)> = const { RefCell::new(("", Vec::new())) };
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let number = |name: &str, usual: u64| {
        option(name).map_or(usual, |text| {
            text.parse()
                .unwrap_or_else(|_| panic!("{name} is a number"))
        })
    };
    let limit = Duration::from_secs(number("--seconds", 60));
    let seed = number("--seed", 1);
    let wanted = option("--target");
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        CURRENT.with_borrow(|(target, input)| keep(target, input));
        hook(panic);
    }));
    let chosen = || {
        TARGETS
            .iter()
            .filter(|(name, _)| wanted.as_deref().is_none_or(|wanted| wanted == *name))
    };
    assert!(chosen().next().is_some(), "there is no target {wanted:?}");
    for &(name, target) in chosen() {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "tests/fuzz/corpus/{name} is empty");
        println!("{name}: {}", search(name, target, seeds, limit, seed));
    }
}

fn search(
    name: &'static str,
    target: Target,
    seeds: Vec<Vec<u8>>,
    limit: Duration,
    seed: u64,
) -> String {
    let mut random = Random::new(seed);
    let mut pool = seeds;
    let mut outcomes: HashSet<u64> = pool.iter().map(|input| run(name, target, input)).collect();
    let (began, known, mut inputs) = (cpu_time(), pool.len(), 0u64);
    let mut before = began;
    loop {
        let batch: Vec<Vec<u8>> = (0..BATCH).map(|_| bend(&pool, &mut random)).collect();
        for input in &batch {
            if outcomes.insert(run(name, target, input)) && pool.len() < MAX_POOL {
                pool.push(input.clone());
            }
        }
        inputs += BATCH as u64;
        let now = cpu_time();
        if now - before > MAX_BATCH {
            refuse_slow(name, target, &batch);
        }
        before = cpu_time();
        if now - began >= limit {
            let found = pool.len() - known;
            return format!(
                "{inputs} inputs, {} outcomes, {found} kept beside {known}",
                outcomes.len()
            );
        }
    }
}

/// One of the pool, or two joined, bent.
fn bend(pool: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut pick = || pool[random.below(pool.len() as u32) as usize].clone();
    let mut input = pick();
    let other = pick();
    if random.below(8) == 0 {
        let at = random.below(input.len() as u32 + 1) as usize;
        input.truncate(at);
        input.extend(other);
    }
    let mut input = random.mutate(&input);
    input.truncate(MAX_BYTES);
    input
}

fn run(name: &'static str, target: Target, input: &[u8]) -> u64 {
    CURRENT.with_borrow_mut(|(current, bytes)| {
        *current = name;
        bytes.clear();
        bytes.extend_from_slice(input);
    });
    let mut outcome = DefaultHasher::new();
    target(input).hash(&mut outcome);
    outcome.finish()
}

/// A busy machine makes one batch slow, a costly input every one.
fn refuse_slow(name: &'static str, target: Target, batch: &[Vec<u8>]) {
    for input in batch {
        let least = (0..5)
            .map(|_| {
                let began = cpu_time();
                run(name, target, input);
                cpu_time() - began
            })
            .min();
        assert!(least < Some(MAX_BATCH / 8), "an input takes {least:?}");
    }
}

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fuzz")
        .join(of)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder("corpus").join(name)) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .collect()
}

fn keep(target: &str, input: &[u8]) {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = folder("found").join(format!("{target}-{:016x}", hasher.finish()));
    let kept = std::fs::create_dir_all(folder("found")).and_then(|()| std::fs::write(&path, input));
    eprintln!(
        "{target}: {input:02x?}\nwritten to {}: {kept:?}",
        path.display()
    );
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
