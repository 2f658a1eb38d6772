//! JSON read strictly where safety asks: duplicate keys, depth and size are refused.
