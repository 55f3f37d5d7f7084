import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { readState, readVariables } from "../../src/core/state.ts";
import type { MultimodalTagger } from "../../src/models/multimodal-tagger.ts";
import { useBackend } from "../../src/node/backend.ts";
import { FileError } from "../../src/node/files.ts";
import { TrainingCheckpoints } from "../../src/runs/training-checkpoints.ts";
import { rmsProp } from "../../src/training/rms-prop.ts";
import { createTrainingState, type TrainingState } from "../../src/training/training-state.ts";
import { withFaults } from "../support/failing-file-system.ts";
import { SMALL_CONFIG, smallTagger } from "../support/small-tagger.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { randomizeParameters } from "../support/tensors.ts";

beforeAll(() => useBackend("cpu"));

interface Training {
  readonly model: MultimodalTagger;
  readonly state: TrainingState;
}

/** A training that has come so many steps; every number of it is different for each seed. */
function training(seed: number, config: Parameters<typeof smallTagger>[0] = SMALL_CONFIG): Training {
  const model = smallTagger(config, seed);
  const optimizer = rmsProp({ rho: 0.9, epsilon: 1e-6, weightDecay: () => 0 });
  const state = createTrainingState(model, { optimizer });
  randomizeParameters(model.parameters().values(), new RandomStream(seed));
  step({ model, state }, seed);
  return { model, state };
}

/** Changes what a step changes. */
function step({ model, state }: Training, seed: number): void {
  const changing = [...model.trainableParameters().values(), ...state.optimizer.values()];
  randomizeParameters(changing, new RandomStream(seed).fork("step"));
  const loss = 1 / 3 + seed;
  const best = seed === 1 ? null : { hitAt1: seed / 7, meanAveragePrecision: seed / 11, loss };
  state.progress = {
    epoch: seed,
    step: 3 * seed,
    position: "5",
    examples: 8,
    loss,
    sums: { hits: 2 },
    best,
    epochsWithoutBetter: 1,
    isAveraged: seed === 2,
  };
}

async function identity({ model, state }: Training): Promise<object> {
  const [parameters, optimizer] = [await readState(model), await readVariables(state.optimizer)];
  return { parameters, optimizer, progress: state.progress };
}

const LEFT_OUT = {
  train: [{ line: 3, missing: "caf\u00e9.pkl", lookAlike: "cafe\u0301.pkl" }],
  valid: [{ line: 1, problem: "b.pkl: it is damaged." }],
};

/** A folder with two checkpoints, and what each holds. */
async function twoCheckpoints(): Promise<{ folder: string; first: object; second: object }> {
  const folder = join(temporaryFolder(), "state");
  const checkpoints = new TrainingCheckpoints(folder);
  const given = training(1);
  await checkpoints.save(given, "one\n");
  const first = await identity(given);
  step(given, 2);
  await checkpoints.save(given, "one\ntwo\n", LEFT_OUT);
  return { folder, first, second: await identity(given) };
}

test("whichever call of the file system fails while one is saved: it is there, or the one before it is", async () => {
  let sites = 0;
  for (let place = 0; ; place++) {
    const { folder, second } = await twoCheckpoints();
    const given = training(9);
    const checkpoints = new TrainingCheckpoints(folder);
    await checkpoints.restore(given);
    step(given, 3);
    const third = await identity(given);
    let failed = false;
    const saving = withFaults(
      folder,
      ({ index }) => {
        if (index !== place) return undefined;
        failed = true;
        return "EIO";
      },
      () => checkpoints.save(given, "three\n"),
    );
    const error = await saving.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(await identity(given)).toEqual(third);
    const other = training(8);
    expect((await new TrainingCheckpoints(folder).restore(other))?.problem).toBeUndefined();
    const found = await identity(other);
    if (!failed) {
      expect(error).toBeUndefined();
      expect(found).toEqual(third);
      break;
    }
    sites++;
    if (error === undefined)
      expect(found).toEqual(third); // another try went well
    else {
      expect(error).toBeInstanceOf(FileError);
      expect([second, third]).toContainEqual(found);
    }
    // The next one goes well, and sweeps what is left.
    await checkpoints.save(given, "three\n");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const last = training(7);
    await new TrainingCheckpoints(folder).restore(last);
    expect(await identity(last)).toEqual(third);
  }
  expect(sites).toBeGreaterThan(20);
});

describe("checkpoints of a training", () => {
  test("give back all that it was, bit for bit, to another process", async () => {
    const { folder, second } = await twoCheckpoints();
    const other = training(9);
    expect(await new TrainingCheckpoints(folder).restore(other)).toEqual({
      metrics: "one\ntwo\n",
      leftOut: LEFT_OUT,
      problem: undefined,
    });
    expect(await identity(other)).toEqual(second);
  });

  test("are two, and of what lies frozen there is one file", async () => {
    const { folder } = await twoCheckpoints();
    const left = () =>
      readdirSync(folder)
        .map((name) => name.replace(/-[0-9a-f]{16}/, ""))
        .sort();
    const two = ["checkpoint.json", "checkpoint.previous.json", "frozen.safetensors"];
    expect(left()).toEqual([...two, "state.safetensors", "state.safetensors"]);
    const again = new TrainingCheckpoints(folder);
    const other = training(9);
    await again.restore(other);
    writeFileSync(join(folder, "state-0123456789abcdef.safetensors.0123456789ab.tmp"), "cut off by a kill");
    writeFileSync(join(folder, "mine.txt"), "a user's own");
    await again.save(other, "one\ntwo\n");
    expect(left()).toEqual([...two, "mine.txt", "state.safetensors"]);
  });

  test("are found in no folder and in an empty one: none", async () => {
    const folder = temporaryFolder();
    expect(await new TrainingCheckpoints(folder).restore(training(1))).toBeUndefined();
    expect(await new TrainingCheckpoints(join(folder, "none")).restore(training(1))).toBeUndefined();
  });

  const damage: readonly (readonly [string, (folder: string, state: string) => void, RegExp])[] = [
    [
      "a manifest that is cut off",
      (folder) => writeFileSync(join(folder, "checkpoint.json"), '{"format'),
      /checkpoint\.json, line 1/,
    ],
    ["a manifest without progress", (folder) => edit(folder, /"progress"/, '"advance"'), /expected the key progress/],
    [
      "a state that is longer",
      (folder, state) => appendFileSync(join(folder, state), "x"),
      /state-\w+\.safetensors: expected \d+ bytes/,
    ],
    ["a state with one bit changed", flip, /state-\w+\.safetensors: expected the SHA-256 that checkpoint\.json says/],
    [
      "a state that is missing",
      (folder, state) => rmSync(join(folder, state)),
      /state-\w+\.safetensors: there is no such file/,
    ],
  ];
  test.each(damage)("with %s: it is named, and the one before it is used", async (_, spoil, problem) => {
    const { folder, first } = await twoCheckpoints();
    spoil(folder, stateOf(folder, "checkpoint.json"));
    const other = training(9);
    const checkpoints = new TrainingCheckpoints(folder);
    const restored = await checkpoints.restore(other);
    expect(restored).toEqual({
      metrics: "one\n",
      leftOut: { train: [], valid: [] },
      problem: expect.stringMatching(problem),
    });
    expect(await identity(other)).toEqual(first);

    // The damaged one never takes the place of the one before it.
    step(other, 3);
    await checkpoints.save(other, "one\nthree\n");
    const third = await identity(other);
    expect(JSON.parse(readFileSync(join(folder, "checkpoint.previous.json"), "utf8")).metrics).toBe("one\n");
    const last = training(8);
    expect((await new TrainingCheckpoints(folder).restore(last))?.problem).toBeUndefined();
    expect(await identity(last)).toEqual(third);
  });

  test("that are both damaged leave the training as it was, and name the last one", async () => {
    const { folder } = await twoCheckpoints();
    flip(folder, stateOf(folder, "checkpoint.json"));
    rmSync(join(folder, stateOf(folder, "checkpoint.previous.json")));
    const other = training(9);
    const before = await identity(other);
    await expect(new TrainingCheckpoints(folder).restore(other)).rejects.toThrow(/expected the SHA-256/);
    expect(await identity(other)).toEqual(before);
  });

  test("of another model leave the training as it was, and name the first parameter that does not fit", async () => {
    const { folder } = await twoCheckpoints();
    const other = training(9, { ...SMALL_CONFIG, numClasses: 6 });
    const before = await identity(other);
    await expect(new TrainingCheckpoints(folder).restore(other)).rejects.toThrow(
      "Parameter parameter.head.kernel must have shape [12, 6]. Got [12, 5].",
    );
    expect(await identity(other)).toEqual(before);
  });
});

function stateOf(folder: string, manifest: string): string {
  return JSON.parse(readFileSync(join(folder, manifest), "utf8")).state.file;
}

function edit(folder: string, from: RegExp, to: string): void {
  const file = join(folder, "checkpoint.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
}

function flip(folder: string, state: string): void {
  const bytes = readFileSync(join(folder, state));
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  writeFileSync(join(folder, state), bytes);
}
