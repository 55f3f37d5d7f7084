/**
 * What the tables say about a code point, in 16 bits. The low 14 bits are its kind: what becomes of it in a text. The two
 * high bits serve the rule for the final sigma.
 */
export const KINDS = {
  /** Stays as it is. */
  KEEP: 0,
  /** Stays as it is, as a word of its own: punctuation and ideographs. */
  ALONE: 1,
  /** Ends a word. */
  SPACE: 2,
  /** Leaves no trace: what the cleaning removes, and marks (category Mn) with a combining class. */
  DROP: 3,
  /** Is removed, but the canonical ordering moves nothing across it: a mark without a combining class. */
  BARRIER: 4,
  /** Decomposes by arithmetic. */
  HANGUL: 5,
  /** U+03A3, whose lower case depends on its neighbours. */
  SIGMA: 6,
  /** Stays, but the canonical ordering moves it. From here to FIRST_MAPPING, in the order of the combining classes. */
  FIRST_REORDERED: 7,
  /** Becomes something else: the kind minus this one is a place in the mappings. */
  FIRST_MAPPING: 16,
  KIND_MASK: 0x3fff,
  /** The final sigma's rule looks through it: Case_Ignorable, and all that the cleaning removes. */
  IGNORABLE: 0x4000,
  CASED: 0x8000,
} as const;
