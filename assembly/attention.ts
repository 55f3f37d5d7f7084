import { LINEAR, multiply } from "./product";
import { listRows } from "./rows";
import { exp } from "./vector-math";

/**
 * Self-attention with several heads, each text by itself and over its own tokens alone:
 * `softmax(query * key^T / sqrt(headSize)) * value`. Rows at the padding become zeros.
 *
 * @param query, key, value [batch, time, heads * headSize]
 * @param mask [batch, time]
 * @param rows [time] of memory for a list
 * @param scores [time, time] of memory
 * @param panels packedBlockBytes of the larger of [headSize, time] and [time, headSize]
 * @param work WORK_BYTES of memory
 */
export function attention(
  query: usize, key: usize, value: usize, mask: usize, batch: i32, time: i32, heads: i32, headSize: i32,
  out: usize,
  rows: usize, scores: usize, panels: usize, work: usize,
): void {
  const size = heads * headSize;
  const textBytes = (<usize>time * <usize>size) << 2;
  const scale = <f32>1 / sqrt<f32>(<f32>headSize);
  for (let text = 0; text < batch; text++) {
    const tokens = listRows(mask + ((<usize>text * <usize>time) << 2), time, rows);
    if (tokens < time) memory.fill(out, 0, textBytes);
    for (let head = 0; head < heads; head++) {
      const offset = (<usize>(head * headSize)) << 2;
      multiply(
        query + offset, size, false, rows, tokens, headSize, key + offset, size, true, rows, tokens,
        scores, tokens, 0, 0, LINEAR, false, panels, work,
      );
      for (let row = 0; row < tokens; row++) softmax(scores + ((<usize>(row * tokens)) << 2), tokens, scale);
      multiply(
        scores, tokens, false, 0, tokens, tokens, value + offset, size, false, rows, headSize,
        out + offset, size, rows, 0, LINEAR, false, panels, work,
      );
    }
    query += textBytes;
    key += textBytes;
    value += textBytes;
    out += textBytes;
  }
}

/** `exp(scale * (x - highest)) / sum`, in place. */
function softmax(x: usize, count: i32, scale: f32): void {
  const end = x + ((<usize>count) << 2);
  const vectorEnd = x + ((<usize>(count & ~3)) << 2);
  let highest = load<f32>(x);
  for (let i = x; i < end; i += 4) highest = max(highest, load<f32>(i));
  const shift = f32x4.splat(highest);
  const factor = f32x4.splat(scale);
  let lanes = f32x4.splat(0);
  let i = x;
  for (; i < vectorEnd; i += 16) {
    const weights = exp(f32x4.mul(f32x4.sub(v128.load(i), shift), factor));
    v128.store(i, weights);
    lanes = f32x4.add(lanes, weights);
  }
  let total: f32 = 0;
  for (; i < end; i += 4) {
    const weight = f32x4.extract_lane(exp(f32x4.mul(f32x4.sub(v128.load32_splat(i), shift), factor)), 0);
    store<f32>(i, weight);
    total += weight;
  }
  total += f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) + f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3);
  const inverse = f32x4.splat(<f32>1 / total);
  for (i = x; i < vectorEnd; i += 16) v128.store(i, f32x4.mul(v128.load(i), inverse));
  for (; i < end; i += 4) store<f32>(i, load<f32>(i) * f32x4.extract_lane(inverse, 0));
}
