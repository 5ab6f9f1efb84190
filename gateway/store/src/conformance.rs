//! What each implementation must prove in its tests.
