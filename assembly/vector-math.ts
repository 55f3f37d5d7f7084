// Elementary functions of four float32 at once. Constants of the polynomials: Cephes (Moshier), single precision.

/** `a * b + c`, in one rounding where the module is built for relaxed SIMD and the machine has it. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Four values, or one in all four places: the last values of a row go the way of the others, and round like them. */
// @ts-ignore: decorator
@inline
export function loadUnits(four: bool, address: usize): v128 {
  return four ? v128.load(address) : v128.load32_splat(address);
}

/** What loadUnits took: four values, or one. */
// @ts-ignore: decorator
@inline
export function storeUnits(four: bool, address: usize, values: v128): void {
  if (four) v128.store(address, values);
  else v128.store_lane<f32>(address, values, 0);
}

// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** e^x for x in [-87, 88]; beyond, the value at the end of the interval. NaN for NaN. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // In this order of operands NaN stays NaN.
  const clamped = f32x4.pmin(f32x4.pmax(x, splat(-87.0)), splat(88.0));
  // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, so that n times the first is exact.
  const n = f32x4.nearest(f32x4.mul(clamped, splat(1.44269504088896341)));
  let r = f32x4.sub(clamped, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, splat(-2.12194440e-4)));
  let p = splat(1.9875691500e-4);
  p = multiplyAdd(p, r, splat(1.3981999507e-3));
  p = multiplyAdd(p, r, splat(8.3334519073e-3));
  p = multiplyAdd(p, r, splat(4.1665795894e-2));
  p = multiplyAdd(p, r, splat(1.6666665459e-1));
  p = multiplyAdd(p, r, splat(5.0000001201e-1));
  const series = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), splat(1.0));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(series, power);
}

/** 1 / (1 + e^-x) */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1.0), f32x4.add(splat(1.0), exp(f32x4.neg(x))));
}

/** The hyperbolic tangent, exact to a few units in the last place near 0 too. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = splat(-5.70498872745e-3);
  p = multiplyAdd(p, z, splat(2.06390887954e-2));
  p = multiplyAdd(p, z, splat(-5.37397155531e-2));
  p = multiplyAdd(p, z, splat(1.33314422036e-1));
  p = multiplyAdd(p, z, splat(-3.33332819422e-1));
  const near = multiplyAdd(f32x4.mul(p, z), x, x);
  const beyond = f32x4.sub(splat(1.0), f32x4.div(splat(2.0), f32x4.add(exp(f32x4.add(size, size)), splat(1.0))));
  const far = v128.or(beyond, v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(near, far, f32x4.lt(size, splat(0.625)));
}
