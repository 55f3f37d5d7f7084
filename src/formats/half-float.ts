/** The bits of the float32 that has the value of an IEEE 754 half: a sign bit, 5 bits of exponent, 10 of fraction. */
export function float16ToFloat32Bits(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Below the smallest normal half; as a float32 it is normal, with its first one bit implied.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((1 - shift + 127 - 15) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** The same for a bfloat16, which is the upper half of a float32. */
export function bfloat16ToFloat32Bits(bits: number): number {
  return bits << 16;
}
