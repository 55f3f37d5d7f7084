/** Invocations of a workgroup that share one row. */
export const SLICES = 64;

const combined = (name: string, combine: string): string => `
  fn ${name}(share : f32) -> f32 {
    workgroupBarrier();
    shares[localIndex] = share;
    for (var half = ${SLICES / 2}u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (localIndex < half) { shares[localIndex] = ${combine}; }
    }
    workgroupBarrier();
    return shares[0];
  }
`;

/** For code whose every invocation has a share of a number: `sumOfShares`, `highestOfShares`. */
export const SHARED_ROW: string = `
  var<workgroup> shares : array<f32, ${SLICES}>;
  ${combined("sumOfShares", "shares[localIndex] + shares[localIndex + half]")}
  ${combined("highestOfShares", "max(shares[localIndex], shares[localIndex + half])")}
`;
