import { loadUnits, storeUnits } from "./vector-math";

/** `(x - mean) / sqrt(variance + epsilon) * scale + bias` of each row. */
export function layerNorm(x: usize, scale: usize, bias: usize, rows: i32, size: i32, epsilon: f32, out: usize): void {
  const bytes = (<usize>size) << 2;
  for (let row = 0; row < rows; row++, x += bytes, out += bytes) normalize(x, scale, bias, size, epsilon, out);
}

// @ts-ignore: decorator
@inline
function sumOf(lanes: v128): f32 {
  const pairs = f32x4.add(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

function normalize(x: usize, scale: usize, bias: usize, size: i32, epsilon: f32, out: usize): void {
  const bytes = (<usize>size) << 2;
  const vectorBytes = (<usize>(size & ~3)) << 2;
  let lanes = f32x4.splat(0);
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) lanes = f32x4.add(lanes, v128.load(x + i));
  let total = sumOf(lanes);
  for (; i < bytes; i += 4) total += load<f32>(x + i);
  const mean = f32x4.splat(total / <f32>size);

  lanes = f32x4.splat(0);
  for (i = 0; i < vectorBytes; i += 16) {
    const centered = f32x4.sub(v128.load(x + i), mean);
    lanes = f32x4.add(lanes, f32x4.mul(centered, centered));
  }
  total = sumOf(lanes);
  for (; i < bytes; i += 4) {
    const centered = load<f32>(x + i) - f32x4.extract_lane(mean, 0);
    total += centered * centered;
  }
  const inverseDeviation = f32x4.splat(<f32>1 / sqrt<f32>(total / <f32>size + epsilon));

  for (i = 0; i < vectorBytes; i += 16) scaled(true, i, x, scale, bias, mean, inverseDeviation, out);
  for (; i < bytes; i += 4) scaled(false, i, x, scale, bias, mean, inverseDeviation, out);
}

// @ts-ignore: decorator
@inline
function scaled(
  four: bool, i: usize, x: usize, scale: usize, bias: usize, mean: v128, inverseDeviation: v128, out: usize,
): void {
  const normalized = f32x4.mul(f32x4.sub(loadUnits(four, x + i), mean), inverseDeviation);
  storeUnits(four, out + i, f32x4.add(f32x4.mul(normalized, loadUnits(four, scale + i)), loadUnits(four, bias + i)));
}
