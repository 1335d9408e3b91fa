//! A table of things named by the caller's numbers, reached on the packet path by a dense slot.
use rustc_hash::FxHashMap;

/// Where a thing lies in its table. Valid until the thing is removed; slots are used again afterwards.
pub type Slot = usize;

/// Things with a number each (unique while in use) and a slot each.
#[derive(Debug)]
pub struct Numbered<T> {
    slots: Vec<Option<T>>,
    free: Vec<Slot>,
    by_number: FxHashMap<u32, Slot>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered {
            slots: Vec::new(),
            free: Vec::new(),
            by_number: FxHashMap::default(),
        }
    }
}

impl<T> Numbered<T> {
    /// Stores `value` under `number`; None (and nothing stored) if the number is in use.
    pub fn insert(&mut self, number: u32, value: T) -> Option<Slot> {
        if self.by_number.contains_key(&number) {
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(value);
        self.by_number.insert(number, slot);
        Some(slot)
    }

    /// Takes out what is stored under `number`, with the slot it had.
    pub fn remove(&mut self, number: u32) -> Option<(Slot, T)> {
        let slot = self.by_number.remove(&number)?;
        let value = self.slots[slot].take()?;
        self.free.push(slot);
        Some((slot, value))
    }

    /// The slot of `number`.
    pub fn slot_of(&self, number: u32) -> Option<Slot> {
        self.by_number.get(&number).copied()
    }

    /// What lies at `slot`.
    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&T> {
        self.slots.get(slot)?.as_ref()
    }

    /// What lies at `slot`, to be changed.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// What is stored under `number`, to be changed.
    pub fn by_number_mut(&mut self, number: u32) -> Option<&mut T> {
        let slot = self.slot_of(number)?;
        self.get_mut(slot)
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// True if there is nothing.
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// All things with their slots, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(slot, value)| Some((slot, value.as_ref()?)))
    }

    /// All things with their slots, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut T)> {
        self.slots
            .iter_mut()
            .enumerate()
            .filter_map(|(slot, value)| Some((slot, value.as_mut()?)))
    }

    /// One past the highest slot ever used.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_use_is_refused_and_changes_nothing() {
        let mut table = Numbered::default();
        let slot = table.insert(7, "first").unwrap();
        assert_eq!(table.insert(7, "second"), None);
        assert_eq!(table.get(slot), Some(&"first"));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_removed_slot_is_used_again_under_another_number() {
        let mut table = Numbered::default();
        let slot = table.insert(7, 'a').unwrap();
        assert_eq!(table.remove(7), Some((slot, 'a')));
        assert_eq!(table.remove(7), None);
        assert_eq!(table.get(slot), None);
        assert_eq!(table.insert(8, 'b'), Some(slot));
        assert_eq!(table.slot_of(7), None);
        assert_eq!(table.by_number_mut(8), Some(&mut 'b'));
        assert_eq!(
            table
                .iter()
                .map(|(slot, value)| (slot, *value))
                .collect::<Vec<_>>(),
            [(slot, 'b')]
        );
    }
}
