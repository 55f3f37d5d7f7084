/** One page less than WebAssembly allows, so that the end of memory is a 32-bit number too. */
const MAXIMUM_PAGES: u64 = 0xffff;

/** Where memory is free: after the tables. A multiple of 16. */
export function freeStart(): usize {
  return (__heap_base + 15) & ~15;
}

export function memoryEnd(): usize {
  return (<usize>memory.size()) << 16;
}

/** Makes memory reach to `end`, or answers false and changes nothing. */
export function growTo(end: u64): bool {
  const pages = (end + 0xffff) >> 16;
  if (pages > MAXIMUM_PAGES) return false;
  const missing = <i32>pages - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}
