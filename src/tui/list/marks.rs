//! The marks of rows, on which actions for several identities work.

use uuid::Uuid;

use super::IdentityList;

impl IdentityList {
    /// The marks on visible rows; actions apply only to these.
    pub fn marked_in_sight(&self) -> Vec<Uuid> {
        self.shown_rows()
            .map(|row| row.identity)
            .filter(|id| self.marks.contains(id))
            .collect()
    }

    pub fn hidden_marks(&self) -> usize {
        self.marks.len() - self.marked_in_sight().len()
    }

    pub fn toggle_mark(&mut self, id: Uuid) {
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
    }

    /// Marks all rows from the start of the range to the selection.
    pub fn mark_range(&mut self, from: Uuid) {
        let ids = self.shown_ids();
        let at = |id: Option<Uuid>| ids.iter().position(|known| Some(*known) == id);
        if let (Some(a), Some(b)) = (at(Some(from)), at(self.selected)) {
            self.marks.extend(&ids[a.min(b)..=a.max(b)]);
        }
    }

    pub fn toggle_all(&mut self) {
        let ids = self.shown_ids();
        if ids.iter().all(|id| self.marks.contains(id)) {
            self.marks.retain(|id| !ids.contains(id));
        } else {
            self.marks.extend(ids);
        }
    }
}
