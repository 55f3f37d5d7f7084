import { readFileSync } from "node:fs";
import { RandomStream } from "multimodal-video-tag";
import { cachePath, writeCached } from "./cache.ts";

/** The tokenizer's own test data: the reference's ids of 600 texts, and their vocabulary. */
const FIXTURES = new URL("../../packages/ernie-tokenizer-wasm/test/fixtures/", import.meta.url);
const MAX_LENGTH = 50;

/** Where the tokenizers under test find their texts and their vocabulary. */
export interface TextInputs {
  /** JSON: strings */
  readonly texts: string;
  /** JSON: for each text its ids. Absent where nobody else has computed them. */
  readonly expected?: string;
  /** A file that ours reads. */
  readonly vocabulary: string;
  /** A tokenizer.json that those of Hugging Face read. */
  readonly tokenizer: string;
  readonly maxLength: number;
}

type GoldenText = { readonly text: string; readonly ids: readonly number[] };

/** The 600 texts, hard ones among them. */
export function goldenTexts(): TextInputs {
  const rows = readFileSync(new URL("tokenizer.jsonl", FIXTURES), "utf8").trimEnd().split("\n");
  const golden: GoldenText[] = rows.map((row) => JSON.parse(row));
  const texts = writeCached("golden-texts.json", JSON.stringify(golden.map(({ text }) => text)));
  const expected = writeCached("golden-ids.json", JSON.stringify(golden.map(({ ids }) => ids)));
  return { texts, expected, ...tokenizerFiles() };
}

/** Titles as people write them: Chinese mostly, a Latin word or a number now and then, 20 tokens in the mean. */
export function naturalTitles(count: number): TextInputs {
  const random = new RandomStream(1);
  const tokens = [...vocabularyIds().keys()];
  const ideographs = tokens.filter((token) => /^\p{Script=Han}$/u.test(token));
  const words = tokens.filter((token) => /^[a-z]{2,}$/.test(token));
  const pick = (list: readonly string[]): string => list[random.nextInteger(list.length)] as string;
  const titles = titleLengths(count).map((length) => {
    let title = "";
    for (let token = 2; token < length; token++) {
      const kind = random.next();
      if (kind < 0.88) title += pick(ideographs);
      else if (kind < 0.95) title += ` ${pick(words)} `;
      else title += pick(["，", "！", "#", "、"]);
    }
    return title;
  });
  return { texts: writeCached(`titles-${count}.json`, JSON.stringify(titles)), ...tokenizerFiles() };
}

/** Tokens of each title with [CLS] and [SEP], from 5 to 50: most are near 18, a few are long; 20 in the mean. */
export function titleLengths(count: number): number[] {
  const random = new RandomStream(20);
  return Array.from({ length: count }, () => {
    const length = Math.round(18.6 * Math.exp(0.38 * random.nextNormal()));
    return Math.min(MAX_LENGTH, Math.max(5, length));
  });
}

function vocabularyIds(): Map<string, number> {
  const lines = readFileSync(new URL("vocab.txt", FIXTURES), "utf8").trimEnd().split("\n");
  return new Map(lines.map((line) => line.split("\t")).map(([token, id]) => [token as string, Number(id)]));
}

function tokenizerFiles(): Pick<TextInputs, "vocabulary" | "tokenizer" | "maxLength"> {
  const vocabulary = writeCached("vocab.txt", readFileSync(new URL("vocab.txt", FIXTURES)));
  const tokenizer = writeCached("tokenizer.json", JSON.stringify(describeForHuggingFace(vocabularyIds())));
  writeCached(
    "tokenizer_config.json",
    JSON.stringify({ tokenizer_class: "BertTokenizer", model_max_length: MAX_LENGTH }),
  );
  return { vocabulary, tokenizer, maxLength: MAX_LENGTH };
}

/** BERT's tokenizer in the file format of Hugging Face. */
function describeForHuggingFace(vocabulary: ReadonlyMap<string, number>): object {
  const special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const begins = { SpecialToken: { id: "[CLS]", type_id: 0 } };
  const ends = { SpecialToken: { id: "[SEP]", type_id: 0 } };
  const text = { Sequence: { id: "A", type_id: 0 } };
  const id = (token: string): number => vocabulary.get(token) as number;
  return {
    version: "1.0",
    truncation: { direction: "Right", max_length: MAX_LENGTH, strategy: "LongestFirst", stride: 0 },
    padding: null,
    added_tokens: special.map((content) => ({ id: id(content), content, ...flags })),
    normalizer: {
      ...{ type: "BertNormalizer", clean_text: true, handle_chinese_chars: true },
      ...{ strip_accents: true, lowercase: true },
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [begins, text, ends],
      pair: [begins, text, ends, { Sequence: { id: "B", type_id: 1 } }, { SpecialToken: { id: "[SEP]", type_id: 1 } }],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(vocabulary),
    },
  };
}

/** The folder in which Transformers.js finds tokenizer.json. */
export const TOKENIZER_FOLDER: string = cachePath("");
