import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/formats/format-error.ts";
import { readFeatureFile } from "../../src/formats/pickle/feature-file.ts";
import { writeSafetensors } from "../../src/formats/safetensors.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { inParallel } from "../support/in-parallel.ts";
import { type ProgramResult, runProgram } from "../support/program.ts";
import { temporaryFolder, whenSuiteIsOver } from "../support/temporary-folder.ts";
import { WorkingFolder } from "../support/working-folder.ts";

const BAD_FEATURES = goldenPath("bad-features");

/** Whether a feature file can be used, whatever the widths. */
function isReadable(file: string): boolean {
  try {
    readFeatureFile(readFileSync(file), { file });
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return false;
  }
}

describe("inspect on a feature file", () => {
  const names = readdirSync(BAD_FEATURES);
  let results: Map<string, ProgramResult>;
  beforeAll(async () => {
    const all = await inParallel(names, (name) => runProgram(BAD_FEATURES, "inspect", name));
    results = new Map(names.map((name, index) => [name, all[index] as ProgramResult]));
  });

  test.each(names)("that is broken (%s) says in a sentence what is wrong, unless it is readable", (name) => {
    const { code, stdout, stderr } = results.get(name) as ProgramResult;
    if (isReadable(join(BAD_FEATURES, name))) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return;
    }
    expect(code).toBe(1);
    const sentence = expect.stringMatching(new RegExp(`^${name.replace(".", "\\.")}[,:] .+\\.$`));
    expect(stderr.split("\n")).toEqual([sentence, ""]);
    // What can be said of it is said: a file with arrays in it is described.
    expect(stdout === "" || stdout.startsWith("feature file\nvideo: ")).toBe(true);
  });

  test("the broken ones that are readable are those of another width, and of lists in place of arrays", () => {
    expect(readdirSync(BAD_FEATURES).filter((name) => isReadable(join(BAD_FEATURES, name)))).toEqual([
      "lists_for_arrays.pkl",
      "wrong_width.pkl",
    ]);
  });

  test("tells shapes, types and ranges, to people and to machines", async () => {
    const features = goldenPath("dataset/features");
    expect(await runProgram(features, "inspect", "np1_noaudio.pkl")).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^feature file\nvideo: np1_noaudio\.mp4\nimage: float32 \[5, 6\], -\d\.\d+ to \d\.\d+, mean -?\d\.\d+\naudio: float32 \[0, 4\], no finite values\n$/,
      ),
      stderr: "",
    });
    const { stdout, stderr, code } = await runProgram(features, "inspect", "np2_uint8.pkl", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { image, ...rest } = JSON.parse(stdout);
    const bytes = readFileSync(join(features, "np2_uint8.pkl"));
    const { data } = readFeatureFile(bytes, { file: "np2_uint8.pkl" }).image;
    expect(image).toEqual({
      dtype: "uint8",
      shape: [data.length / 6, 6],
      minimum: Math.min(...data),
      maximum: Math.max(...data),
      mean: data.reduce((sum, value) => sum + value, 0) / data.length,
      notANumber: 0,
      infinite: 0,
    });
    expect(rest).toMatchObject({ kind: "feature file", video: "视频uint8.mp4", problems: [] });
  });

  test("with values that are not finite counts them, and JSON stays JSON", async () => {
    const { code, stdout, stderr } = await runProgram(BAD_FEATURES, "inspect", "nan_image.pkl", "--json");
    const problem = "nan_image.pkl, feature.image_pkl row 0, column 0: expected a finite float32. Got NaN.";
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${problem}\n` });
    expect(JSON.parse(stdout)).toMatchObject({ image: { notANumber: 18, infinite: 0 }, problems: [problem] });
  });
});

describe("inspect on a checkpoint", () => {
  const whenOver = whenSuiteIsOver();
  let folder: WorkingFolder;
  beforeAll(async () => {
    folder = new WorkingFolder(whenOver);
    const words = ["--config", "conf.txt", "--checkpoint", "checkpoints_save", "--save-inference-model", "ours"];
    await folder.run("evaluate", ...words, "--save-only");
  });

  /** Both forms of what is said of a file that can be used. */
  async function inspect(path: string): Promise<{ lines: string[]; json: Record<string, unknown> }> {
    const [text, json] = await Promise.all([folder.run("inspect", path), folder.run("inspect", path, "--json")]);
    expect({ ...text, stdout: "" }).toEqual({ code: 0, stdout: "", stderr: "" });
    expect({ ...json, stdout: "" }).toEqual({ code: 0, stdout: "", stderr: "" });
    return { lines: text.stdout.trimEnd().split("\n"), json: JSON.parse(json.stdout) };
  }

  test.each(["checkpoints_save/param", "checkpoints_save"])("of Paddle's tensors without names: %s", async (path) => {
    const { lines, json } = await inspect(path);
    expect(lines.slice(0, 4)).toEqual([
      "checkpoint",
      "67 tensors, 171230 values",
      "0: float32 [96]",
      "1: float32 [24, 96]",
    ]);
    expect(lines).toHaveLength(69);
    const tensors = expect.arrayContaining([{ name: "66", dtype: "float32", shape: [2873, 24] }]);
    expect(json).toEqual({ kind: "checkpoint", values: 171230, tensors, problems: [] });
  });

  test("of one of Paddle's variables", async () => {
    const { lines } = await inspect("model_pretrained/ernie_v1_params/word_embedding");
    expect(lines).toEqual(["checkpoint", "1 tensors, 68952 values", "0: float32 [2873, 24]"]);
  });

  test("of a pretrained folder, by its variables' names", async () => {
    const { lines, json } = await inspect("model_pretrained/ernie_v1_params");
    expect(lines).toHaveLength(2 + 37);
    expect(lines).toContain("pos_embedding: float32 [64, 24]");
    expect(json).toMatchObject({ values: 85032 });
  });

  test("of ours, with what it was made for", async () => {
    const { lines, json } = await inspect("ours");
    expect(lines.slice(0, 5)).toEqual([
      "checkpoint",
      `labels: ${folder.read("datasets/class.txt").trim().replaceAll("\n", ", ")}`,
      "threshold: 0.5",
      "71 tensors, 171230 values",
      "towers.text.encoder.wordEmbedding.table: float32 [2873, 24]",
    ]);
    expect(json).toMatchObject({
      threshold: 0.5,
      titleLength: 16,
      model: {
        numClasses: 12,
        modalities: { image: { input: { size: 12 }, recurrence: { units: 7 }, guidedBy: "text" } },
      },
    });
  });

  test("in safetensors, whatever their types and names", async () => {
    const data = Float32Array.of(1, 2);
    folder.write(
      "model.safetensors",
      writeSafetensors(new Map([["evil\u001b[2J", { dtype: "float32", shape: [2, 1], data }]])),
    );
    expect((await inspect("model.safetensors")).lines).toEqual([
      "checkpoint",
      "1 tensors, 2 values",
      "evil\\u{1b}[2J: float32 [2, 1]",
    ]);
    const { lines } = await inspect(join("ours", readdirSync(folder.at("ours")).at(-1) as string));
    expect(lines[1]).toBe("71 tensors, 171230 values");
  });

  test("that is damaged tells the problem, and the rest of it where there is one", async () => {
    mkdirSync(folder.at("variables"));
    for (const name of ["pos_embedding", "sent_embedding"]) {
      const bytes = readFileSync(folder.at("model_pretrained/ernie_v1_params", name));
      writeFileSync(folder.at("variables", name), name === "sent_embedding" ? bytes.subarray(0, 40) : bytes);
    }
    expect(await folder.run("inspect", "variables")).toEqual({
      code: 1,
      stdout: "checkpoint\n1 tensors, 1536 values\npos_embedding: float32 [64, 24]\n",
      stderr: expect.stringMatching(/^variables\/sent_embedding, byte \d+: .*the file ends there\.\n$/),
    });
    const weights = readdirSync(folder.at("ours")).at(-1) as string;
    folder.write(`ours/${weights}`, readFileSync(folder.at("ours", weights)).fill(0, 5000, 5001));
    expect(await folder.run("inspect", "ours")).toEqual({
      code: 1,
      stdout: "",
      stderr: `ours/${weights}: expected the SHA-256 that tagger.json says. Got another: it is damaged.\n`,
    });
  });
});

describe("inspect on a text", () => {
  async function inspect(content: string | Uint8Array, ...more: readonly string[]) {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file.txt"), content);
    return runProgram(folder, "inspect", "file.txt", ...more);
  }

  test("counts a list's rows and labels", async () => {
    const list = [
      "a.mp4\t标题\t猫,dog",
      "b.mp4\t\tdog",
      "a.mp4\tagain\t",
      "/\tno name\tdog,dog",
      "d.mp4\tx\t__proto__",
    ].join("\r\n");
    const { code, stdout, stderr } = await inspect(list);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      "list file",
      "5 rows",
      "1 with a name that came before",
      "1 with a name that cannot name a feature file",
      "0 with other names that have the feature file of one before",
      "1 without a title",
      "1 without a label",
      "3 labels, 1.50 a video",
      "dog: 3",
      "猫: 1",
      "__proto__: 1",
      "",
    ]);
    const json = await inspect(list, "--json");
    expect(JSON.parse(json.stdout)).toEqual({
      kind: "list file",
      isQuoted: false,
      rows: 5,
      repeatedNames: 1,
      unusableNames: 1,
      sharedFeatureFiles: 0,
      withoutTitle: 1,
      withoutLabel: 1,
      labels: 3,
      labelsAVideo: 1.5,
      videosOfLabel: Object.fromEntries([
        ["dog", 3],
        ["猫", 1],
        ["__proto__", 1],
      ]),
      problems: [],
    });
  });

  test("names quoted fields, rows that share a feature file, and labels of a class file that have a comma", async () => {
    const list = await inspect('a/x.1.mp4\t"the ""best"" cat"\t"a,b"\nb/x.2.mp4\ttitle\ta\t\n', "--json");
    expect(JSON.parse(list.stdout)).toMatchObject({
      ...{ kind: "list file", isQuoted: true, sharedFeatureFiles: 1 },
      videosOfLabel: { a: 2, b: 1 },
    });
    const classes = await inspect("cat\nred,green \t1\n");
    expect(classes.stdout.split("\n")).toContain(
      'warning: the label "red,green" has a comma, which separates labels in a list: no video can have it',
    );
  });

  test("lists a class file's labels in their order", async () => {
    expect(await inspect("b\t1\na b\t0\n")).toEqual({ code: 0, stdout: "class file\n2 labels: a b, b\n", stderr: "" });
    const { stdout } = await inspect("b\t1\na b\t0\n", "--json");
    expect(JSON.parse(stdout)).toEqual({
      ...{ kind: "class file", labels: ["a b", "b"], unusableLabels: [], problems: [] },
      ...{ isQuoted: false, trimmedLines: [] },
    });
  });

  test("says once that a class file is quoted, and where blanks do not count", async () => {
    const content = '"music "\t"0"\n"cat"\t1\ndog\u00a0\t2\n';
    expect(await inspect(content)).toEqual({
      ...{ code: 0, stderr: "" },
      stdout:
        "class file\n3 labels: music, cat, dog\n" +
        "its fields are quoted as CSV programs do: they are read without the quotation marks.\n" +
        "2 lines have blanks or characters that cannot be seen around a label or an index, which do not count: the first is line 1.\n",
    });
    const { stdout } = await inspect(content, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ isQuoted: true, trimmedLines: [1, 3], problems: [] });
  });

  test("tells every problem of a class file", async () => {
    const problems = [
      "file.txt, line 2: index 0 came before, in line 1.",
      'file.txt, line 3: expected an index from 0 to 4 for "c". Got "nine".',
      "file.txt, line 4: expected a label. Got a blank line.",
    ];
    const content = "a\t0\nb\t0\nc\tnine\n\ne\t4\n";
    const said = problems.map((problem) => `${problem}\n`).join("");
    expect(await inspect(content)).toEqual({ code: 1, stdout: "class file\n", stderr: said });
    const { stdout } = await inspect(content, "--json");
    expect(JSON.parse(stdout)).toEqual({ kind: "class file", problems });
  });

  test("of many problems tells the first ones and how many there are", async () => {
    const { code, stderr } = await inspect("same\n".repeat(100));
    expect(code).toBe(1);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe("file.txt: 79 more problems of this kind.");
  });

  test.each([
    [
      "file.txt",
      "",
      "expected a feature file, a checkpoint, a list, a class file or a configuration. Got an empty file.",
    ],
    ["other.json", "{}", "expected a feature file, a checkpoint, a list, a class file or a configuration. Got JSON."],
    ["tagger.json", "{}", "expected the key format. Got none."],
    ["file.txt", "a\tb\tc\td\n", "expected file name, title and labels, separated by tabs. Got 4 fields."],
    ["file.safetensors", "{}", "expected 8 bytes of the header's length. Got 2: the file ends there."],
    ["param", "", "expected at least one tensor. Got an empty file."],
  ])("or another file (%s, %j) that it does not know is a sentence", async (name, content, sentence) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), content);
    const { code, stdout, stderr } = await runProgram(folder, "inspect", name, "--json");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${name}[^:]*: `));
    expect(stderr.slice(stderr.indexOf(": ") + 2)).toBe(`${sentence}\n`);
  });

  test.each([
    ["x.npy", "\x93NUMPY\x01\0", "an array saved by numpy.save (.npy)"],
    ["a.pkl.gz", "\x1f\x8b\x08\0", "a file compressed with gzip"],
    ["a.txt", "\xfd7zXZ\0\0", "a file compressed with xz"],
    ["x.pt", `PK\x03\x04${"\0".repeat(22)}\x10\0\0\0archive/data.pkl`, "a file saved by torch.save (.pt)"],
  ])("of another program (%s) is named as what it is", async (name, content, what) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), Buffer.from(content, "latin1"));
    const expected = "expected a feature file, a checkpoint, a list, a class file or a configuration.";
    expect(await runProgram(folder, "inspect", name)).toEqual({
      ...{ code: 1, stdout: "" },
      stderr: `${name}: ${expected} Got ${what}.\n`,
    });
  });

  test("that begins as bzip2 does is a class file nevertheless", async () => {
    expect(await inspect("BZh\ncat\n")).toMatchObject({ code: 0, stdout: "class file\n2 labels: BZh, cat\n" });
  });

  test("that is not there, or is a folder of something else, is a sentence", async () => {
    const folder = temporaryFolder();
    expect(await runProgram(folder, "inspect", "缺.pkl")).toEqual({
      code: 1,
      stdout: "",
      stderr: "缺.pkl: there is no such file or folder.\n",
    });
    mkdirSync(join(folder, "empty"));
    expect(await runProgram(folder, "inspect", "empty")).toEqual({
      code: 1,
      stdout: "",
      stderr: "empty: expected a checkpoint: tagger.json, param, or a file for each parameter.\n",
    });
  });
});
