import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { wholeText } from "../../src/formats/whole-bytes.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const described = (text: string) => {
  const bytes = bytesOf(text);
  return { file: "v.txt", bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
};
const read = async (found: string, meant: string) =>
  new TextDecoder().decode(await wholeText(bytesOf(found), described(meant), "best/v.txt", "tagger.json"));

describe("a text whose ends of lines were rewritten", () => {
  test.each([
    ["[PAD]\r\n猫\r\n", "[PAD]\n猫\n"],
    ["[PAD]\n猫\n", "[PAD]\r\n猫\r\n"],
    ["[PAD]\n猫", "[PAD]\n猫"],
    ["a\rb\r\n", "a\rb\n"],
  ])("%j is read as the %j that was saved", async (found, meant) => {
    expect(await read(found, meant)).toBe(meant);
  });

  test.each([
    ["[PAD]\r\n狗\r\n", "expected 10 bytes, as tagger.json says. Got 12."],
    ["[PAD]\n狗\n", "expected the SHA-256 that tagger.json says. Got another: it is damaged."],
  ])("%j, of which more differs, is refused", async (found, problem) => {
    await expect(read(found, "[PAD]\n猫\n")).rejects.toThrow(`best/v.txt: ${problem}`);
  });
});
