/** A whole number as a number where that is exact, else as the bigint. */
export function plainInteger(value: bigint): number | bigint {
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : value;
}
