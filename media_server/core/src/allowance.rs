//! A right that grows with time: what one peer may cause, at once and in the long run.

/// Nanoseconds of one unit that has not grown yet are kept, so that slow allowances grow exactly.
const NS_PER_S: u64 = 1_000_000_000;

/// How an allowance grows.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// What may be taken at once after a rest.
    pub at_once: u32,
    /// The time in which one more may be taken.
    pub one_each_ns: u64,
}

impl Terms {
    /// So many in a second in the long run.
    pub const fn per_s(at_once: u32, per_s: u64) -> Terms {
        Terms {
            at_once,
            one_each_ns: NS_PER_S / per_s,
        }
    }
}

/// What is left of it.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    terms: Terms,
    left: u32,
    grown_ns: u64,
}

impl Allowance {
    /// A whole one.
    pub const fn new(terms: Terms) -> Allowance {
        Allowance {
            terms,
            left: terms.at_once,
            grown_ns: 0,
        }
    }

    /// Takes one; false where none is left.
    pub fn take(&mut self, now_ns: u64) -> bool {
        self.grow(now_ns);
        let has_one = self.left > 0;
        self.left -= u32::from(has_one);
        has_one
    }

    fn grow(&mut self, now_ns: u64) {
        let Terms {
            at_once,
            one_each_ns,
        } = self.terms;
        let grown = now_ns.saturating_sub(self.grown_ns) / one_each_ns;
        if grown >= u64::from(at_once - self.left) {
            (self.left, self.grown_ns) = (at_once, now_ns);
        } else {
            self.left += grown as u32;
            self.grown_ns += grown * one_each_ns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn so_many_at_once_and_then_one_by_one() {
        let mut allowance = Allowance::new(Terms {
            at_once: 3,
            one_each_ns: 2000 * MS,
        });
        let taken: Vec<u64> = (0..100)
            .map(|tick| 5_000_000 * MS + tick * 100 * MS)
            .filter(|&now_ns| allowance.take(now_ns))
            .map(|now_ns| now_ns / MS - 5_000_000)
            .collect();
        assert_eq!(taken, [0, 100, 200, 2000, 4000, 6000, 8000]);
    }

    #[test]
    fn a_rest_brings_no_more_than_may_be_taken_at_once() {
        let mut allowance = Allowance::new(Terms::per_s(2, 1000));
        assert!(allowance.take(0) && allowance.take(0) && !allowance.take(0));
        assert!(allowance.take(1000 * MS) && allowance.take(1000 * MS));
        assert!(!allowance.take(1000 * MS) && allowance.take(1001 * MS));
    }
}
