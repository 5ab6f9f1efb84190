//! What a platform author sees: the Stateless and Persistent traits, and the loop of a worker process
