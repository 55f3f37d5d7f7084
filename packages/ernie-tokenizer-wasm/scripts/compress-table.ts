export type CompressedTable = {
  readonly root: readonly number[];
  readonly branches: readonly number[];
  readonly leaves: readonly number[];
};

/**
 * Cuts a table into leaves and the list of leaves into branches, and keeps each different one once.
 * Entry `i` is `leaves[leaf << leafBits | low bits of i]` with `leaf` found the same way in the branches.
 */
export function compressTable(entries: Uint16Array, leafBits: number, branchBits: number): CompressedTable {
  const { indexes, blocks: leaves } = shareBlocks([...entries], 1 << leafBits);
  const { indexes: root, blocks: branches } = shareBlocks(indexes, 1 << branchBits);
  if (root.some((branch) => branch > 0xff)) throw new Error("The table has too many branches for a root of bytes.");
  return { root, branches, leaves };
}

function shareBlocks(values: readonly number[], size: number): { indexes: number[]; blocks: number[] } {
  const indexes: number[] = [];
  const blocks: number[] = [];
  const known = new Map<string, number>();
  for (let start = 0; start < values.length; start += size) {
    const block = values.slice(start, start + size);
    const key = block.join();
    let index = known.get(key);
    if (index === undefined) {
      index = known.size;
      known.set(key, index);
      blocks.push(...block);
    }
    indexes.push(index);
  }
  return { indexes, blocks };
}
