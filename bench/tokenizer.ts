/**
 * Texts to ids, in batches: ours beside the tokenizers of Hugging Face in Rust and in JavaScript.
 *
 *     npm run tokenizer --prefix bench
 */
import { runContests } from "./harness/workload.ts";
import { goldenTexts, naturalTitles } from "./inputs/texts.ts";

await runContests("tokenizer", ({ smoke }) => {
  const count = smoke ? 100 : 24_000;
  const repeat = smoke ? 1 : 40;
  return [
    {
      title: "Titles a second, in batches of 1,000, at most 50 tokens",
      unit: "titles/s",
      cases: [
        { name: "natural titles", task: { ...naturalTitles(count) }, pieces: count },
        { name: "golden texts", task: { ...goldenTexts(), repeat }, pieces: 600 * repeat },
      ],
      contenders: [
        { name: "ours", program: "tokenizer-ours.ts" },
        { name: "HF tokenizers from Python", program: "tokenizer_huggingface.py" },
        { name: "HF tokenizers from Python, 2 threads", program: "tokenizer_huggingface.py", threads: 2 },
        { name: "HF tokenizers from Node", program: "tokenizer-huggingface-native.ts" },
        { name: "HF tokenizers from Node, 2 threads", program: "tokenizer-huggingface-native.ts", threads: 2 },
        { name: "@huggingface/tokenizers", program: "tokenizer-huggingface-js.ts" },
        { name: "@huggingface/transformers", program: "tokenizer-transformers.ts" },
      ],
    },
  ];
});
