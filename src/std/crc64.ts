/** CRC-64 of Jones, as Redis checks its dumps with it: reflected, no inversion at either end. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;

const TABLE: BigUint64Array = (() => {
  const table = new BigUint64Array(256);
  for (let i = 0; i < 256; i += 1) {
    let crc = BigInt(i);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    }
    table[i] = crc;
  }
  return table;
})();

/** The halves of the table: numbers are an order of magnitude quicker than bigints. */
const LOW = Uint32Array.from(TABLE, (entry) => Number(entry & 0xffff_ffffn));
const HIGH = Uint32Array.from(TABLE, (entry) => Number(entry >> 32n));

export function crc64(bytes: Uint8Array): bigint {
  let low = 0;
  let high = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const index = (low ^ (bytes[i] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[index] as number);
    high = (high >>> 8) ^ (HIGH[index] as number);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
