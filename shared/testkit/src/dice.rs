//! Chance that can be repeated.

/// Numbers that look random and are the same for the same seed (xorshift).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of that seed; any number will do.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds are to differ from the first roll on, and zero would roll nothing but zeros.
        let mut dice = Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        dice
    }

    /// A number below `sides`, which is at least 1.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % sides as u64).expect("below a usize")
    }

    /// Whether something of that many percent happens.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    /// One of them; `None`: there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.roll(items.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolls(seed: u64) -> Vec<usize> {
        let mut dice = Dice::new(seed);
        (0..600).map(|_| dice.roll(6)).collect()
    }

    #[test]
    fn the_same_seed_rolls_the_same_and_every_side() {
        for seed in [0, 1, u64::MAX] {
            let rolled = rolls(seed);
            assert_eq!(rolled, rolls(seed));
            assert!((0..6).all(|side| rolled.iter().filter(|roll| **roll == side).count() > 50), "{rolled:?}");
        }
        assert_ne!(rolls(1), rolls(2));
    }
}
