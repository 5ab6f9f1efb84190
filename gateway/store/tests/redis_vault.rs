//! The vault in Redis does what every vault does.

mod support;

use support::vault;

footbridge_store::vault_conformance!(vault);
