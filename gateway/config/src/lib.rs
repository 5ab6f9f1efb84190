//! Configuration: file, environment and flags, resolved or refused with every problem at once
