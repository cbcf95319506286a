/** Rows of the catalogue that nothing in this version can meet, and why. */
export const NOT_MET: readonly { readonly row: number; readonly input: string; readonly reason: string }[] = [
  { row: 10, input: 'a fallback cycle', reason: 'arms have no fallback yet; layers are above' },
  { row: 11, input: 'a host name that leads to another address later', reason: 'no request goes to a backend yet' },
  {
    row: 36,
    input: 'tombstones, other magic bytes (36 to 42)',
    reason: 'they are those of Kafka: the poison scenario and the tests of decode-record try them',
  },
  { row: 44, input: 'hop-by-hop headers and bodies (44 to 51)', reason: 'there is no inference proxy yet' },
  { row: 52, input: 'model files (also 53)', reason: 'there are no model files yet' },
  { row: 54, input: 'a path out of the folder', reason: 'no input names a file: experiment files name none' },
  {
    row: 55,
    input: "another tenant's snapshot, a bad signature",
    reason: 'there are no tenants; snapshots carry a hash',
  },
];
