//! What one source says: file, environment and flags each give a layer, and later ones cover earlier ones.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::Defaults;
use crate::problem::{Place, Problem};
use crate::setting::Setting;
use crate::table;

/// The accepted values of one source, and what is wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) values: Vec<(&'static Setting, Value)>,
    pub(crate) problems: Vec<Problem>,
}

/// A value for every setting, by path.
pub(crate) type Values = BTreeMap<&'static str, Value>;

// === impl Layer ===

impl Layer {
    /// Takes a value that is given as text.
    pub(crate) fn read(&mut self, setting: &'static Setting, text: &str, at: Place) {
        match setting.kind.read(text) {
            Ok(value) => self.values.push((setting, value)),
            Err(fault) => self.problems.push(Problem::Unfit { key: setting.path.to_owned(), fault, at }),
        }
    }
}

/// Lays the layers over the defaults, the last one uppermost (core 115).
///
/// # Errors
/// All problems of all layers.
pub(crate) fn merge(defaults: Defaults, layers: impl IntoIterator<Item = Layer>) -> Result<Values, Vec<Problem>> {
    let mut values: Values = table::settings().map(|setting| (setting.path, setting.default.value(defaults))).collect();
    let mut problems = Vec::new();
    for layer in layers {
        problems.extend(layer.problems);
        values.extend(layer.values.into_iter().map(|(setting, value)| (setting.path, value)));
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}
