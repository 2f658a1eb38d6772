//! How does a token get on the clipboard? One with more than 10 minutes left, in the chosen format, cleared again later.
