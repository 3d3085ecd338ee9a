//! Parcels and their scans, in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

/// A parcel was seen at a place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scan {
    pub place: String,
    #[serde(default)]
    pub delivered: bool,
}

/// All parcels, by number.
#[derive(Default)]
pub struct Store {
    parcels: Mutex<HashMap<String, Vec<Scan>>>,
}

impl Store {
    fn parcels(&self) -> MutexGuard<'_, HashMap<String, Vec<Scan>>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn record(&self, number: &str, scan: Scan) {
        self.parcels().entry(number.to_owned()).or_default().push(scan);
    }

    pub fn history(&self, number: &str) -> Option<Vec<Scan>> {
        self.parcels().get(number).cloned()
    }

    pub fn len(&self) -> usize {
        self.parcels().len()
    }

    pub fn is_empty(&self) -> bool {
        self.parcels().is_empty()
    }

    /// Forgets delivered parcels and returns how many there were.
    pub fn forget_delivered(&self) -> usize {
        let mut parcels = self.parcels();
        let before = parcels.len();
        parcels.retain(|_, scans| !scans.iter().any(|scan| scan.delivered));
        before - parcels.len()
    }
}
