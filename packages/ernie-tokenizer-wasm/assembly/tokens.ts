import { growTo, memoryEnd } from "./linear-memory";

/** In bytes: how much memory is added at a time. */
const GROWTH: u64 = 1 << 20;

let start: usize = 0;
let next: usize = 0;
let end: usize = 0;
let overflowed: bool = false;

/** Forgets all tokens; the new ones go to `position` and on, over the end of memory if need be. */
export function openTokens(position: usize): void {
  start = position;
  next = position;
  end = memoryEnd();
  overflowed = false;
}

/** Must be true before so many tokens, a word's at most, are added. */
export function hasRoomFor(count: u32): bool {
  if (next + ((<usize>count) << 2) <= end) return true;
  if (overflowed || !growTo(<u64>next + GROWTH)) {
    overflowed = true;
    return false;
  }
  end = memoryEnd();
  return true;
}

export function addToken(token: i32): void {
  store<i32>(next, token);
  next += 4;
}

/** How many there are. */
export function tokenCount(): u32 {
  return <u32>(next - start) >> 2;
}

/** Takes the last ones back. */
export function cutTokens(count: u32): void {
  next = start + ((<usize>count) << 2);
}

/** Where the tokens are, or 0 when memory did not hold all of them. */
export function closeTokens(): usize {
  return overflowed ? 0 : start;
}
