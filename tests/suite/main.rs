//! The behaviour of the whole, area by area, over real sockets and real SQLite.
