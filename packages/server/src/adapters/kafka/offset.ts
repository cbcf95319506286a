/** Offsets and times are 64-bit integers in Kafka and texts in kafkajs; a number is exact up to 2^53. */
export function exactInteger(text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value)) return value;
  throw new RangeError(`an offset or time that no number holds exactly: ${text}`);
}
