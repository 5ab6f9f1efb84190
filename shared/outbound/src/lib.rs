//! Guarded HTTP: every outbound connection passes an address policy, size caps and a deadline
