// SHA-256 (FIPS 180-4). The browser's own is missing on pages that came over plain http from another machine.

/** The first 32 bits of the fractional parts of the roots of the first primes: the constants of section 4.2.2, 5.3.3. */
function rootBits(count, power) {
  const bits = [];
  for (let number = 2; bits.length < count; number++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) prime = false;
    if (prime) bits.push(Math.floor((Math.pow(number, power) % 1) * 2 ** 32) | 0);
  }
  return bits;
}

/** SHA-256 of a text in UTF-8, as 64 hexadecimal digits. */
function sha256(text) {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer((Math.floor((bytes.length + 8) / 64) + 1) * 64));
  bytes.forEach((byte, index) => padded.setUint8(index, byte));
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 8, Math.floor(bytes.length / 2 ** 29));
  padded.setUint32(padded.byteLength - 4, (bytes.length << 3) >>> 0);
  const constants = rootBits(64, 1 / 3);
  const state = rootBits(8, 1 / 2);
  for (let offset = 0; offset < padded.byteLength; offset += 64) compress(state, padded, offset, constants);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** One block of 64 bytes: section 6.2.2, whose letters these are. */
function compress(state, message, offset, constants) {
  const rotate = (word, by) => (word >>> by) | (word << (32 - by));
  const w = [];
  for (let t = 0; t < 64; t++) {
    if (t < 16) {
      w.push(message.getInt32(offset + 4 * t));
    } else {
      const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
      const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
      w.push((w[t - 16] + s0 + w[t - 7] + s1) | 0);
    }
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + big1 + ((e & f) ^ (~e & g)) + constants[t] + w[t]) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => { state[index] = (state[index] + word) | 0; });
}
