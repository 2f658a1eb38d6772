//! A gzip bomb: a stream of zeros that expands about a thousandfold.

/// Returns a gzip stream with one fixed-Huffman block that repeats a zero byte, 258 bytes at a time.
pub fn gzip_of_zeros(mebibytes: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(1, 1);
    bits.put(0b01, 2);
    bits.code(0x30, 8);
    let total = mebibytes * 1024 * 1024;
    for _ in 0..(total - 1) / 258 {
        // Length 258 is symbol 285, distance 1 is symbol 0.
        bits.code(0xc0 + 285 - 280, 8);
        bits.code(0, 5);
    }
    bits.code(0, 7);
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend(bits.finish());
    // Checksum and length are never reached: the reader stops at its limit.
    gzip.extend([0; 8]);
    gzip
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    current: u8,
    filled: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for position in 0..count {
            self.bit(value >> position & 1);
        }
    }

    /// Writes a Huffman code, highest bit first.
    fn code(&mut self, value: u32, count: u32) {
        for position in (0..count).rev() {
            self.bit(value >> position & 1);
        }
    }

    fn bit(&mut self, bit: u32) {
        if bit == 1 {
            self.current |= 1 << self.filled;
        }
        self.filled += 1;
        if self.filled == 8 {
            self.bytes.push(self.current);
            (self.current, self.filled) = (0, 0);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.push(self.current);
        self.bytes
    }
}
