//! What the gateway and a nursery say to each other.
//!
//! A nursery is a worker's binary, started with [`ARGUMENT`], that starts workers by forking. Its standard input is a
//! stream socket to the gateway. For each worker the gateway sends the byte [`REQUEST`] and, with it, the descriptor
//! that is to be the worker's standard input. Once the worker is the gateway's own child it answers itself, with
//! [`ANSWER`] bytes, its process id in little endian, and a descriptor of its process beside them. A process id of 0,
//! which comes without a descriptor, says that there is no worker.

/// The one argument of a nursery.
pub const ARGUMENT: &str = "--nursery";

/// Asks for a worker; the descriptor of its standard input comes with it.
pub const REQUEST: u8 = b'w';

/// Bytes of an answer.
pub const ANSWER: usize = 4;
