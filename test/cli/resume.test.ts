import { cpSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random-stream.ts";
import { goldenPath } from "../support/golden-paths.ts";
import { resultOf, startProgram } from "../support/program.ts";
import { runContent } from "../support/run-content.ts";
import { WorkingFolder } from "../support/working-folder.ts";

/** Starts training and kills it without warning, at a random moment after it has said where it begins. */
async function killed(folder: WorkingFolder, words: readonly string[], milliseconds: number): Promise<boolean> {
  const program = startProgram(folder.path, words);
  const result = resultOf(program);
  await new Promise((resolve) => {
    program.stderr.once("data", resolve);
    program.once("close", resolve);
  });
  await wait(milliseconds);
  program.kill("SIGKILL");
  return (await result).code === undefined;
}

/** Everything that training has to remember, beside what the original does. */
function trainInOurWay(folder: WorkingFolder): void {
  folder.edit("conf.txt", "ernie_freeze = True", "ernie_freeze = False");
  folder.edit("conf.txt", /decay_gamma = .*\n/, "");
  folder.edit("conf.txt", /decay_epochs = .*\n/, "");
  folder.edit("conf.txt", 'loss_type = "sigmoid"', 'loss_type = "focal"');
  const more = `optimizer = "adamw"
schedule = "cosine"
warmup_steps = 7
encoder_learning_rate = 1e-4
encoder_layer_decay = 0.5
decay_biases = False
max_gradient_norm = 3
average_decay = 0.9
label_smoothing = 0.1`;
  folder.edit("conf.txt", "[TRAIN]", `[TRAIN]\n${more}`);
}

/** Kills a run many times, and compares all that it leaves with what it leaves when nobody kills it. */
function describeKilledRun(backend: string, kills: number, epochs: number, way: string): void {
  test("gives bit for bit what it gives when nobody kills it", { timeout: 300_000 }, async () => {
    const folder = new WorkingFolder();
    folder.edit("conf.txt", "early_stop = 15", "early_stop = 1000");
    if (way !== "as the original trains") trainInOurWay(folder);
    const begin = ["train", "--config", "conf.txt", "--backend", backend, "--epochs", String(epochs)];
    if (way === "with two workers") begin.push("--workers", "2");
    expect((await folder.run(...begin, "--output", "unbroken")).code).toBe(0);

    const random = new RandomStream(kills);
    expect(await killed(folder, [...begin, "--output", "broken"], 0)).toBe(true);
    let times = 1;
    for (; times < kills; times++) {
      const everyStep = times % 2 === 0 ? ["--save-steps", "1"] : [];
      if (!(await killed(folder, ["train", "--resume", "broken", ...everyStep], random.nextInteger(150)))) break;
    }
    expect(times).toBe(kills);
    folder.write("broken/metrics.jsonl.0123456789ab.tmp", "what a kill in the midst of writing leaves");
    expect((await folder.run("train", "--resume", "broken")).code).toBe(0);
    const [broken, unbroken] = [runContent(folder.at("broken")), runContent(folder.at("unbroken"))];
    expect([...broken.keys()]).toEqual([...unbroken.keys()]);
    expect(broken).toEqual(unbroken);
  });
}

const KILLED = "a run on %s that is killed %d times without warning in its %d epochs, %s";
describe.each([["cpu", 3, 5, "as the original trains"]] as const)(KILLED, describeKilledRun);
describe.each([
  ["wasm", 20, 40, "as the original trains"],
  ["wasm", 6, 12, "in our way"],
  ["wasm", 4, 6, "with two workers"],
] as const)(KILLED, { tags: ["slow"] }, describeKilledRun);

describe("a run that goes on", () => {
  test("needs neither the checkpoint that it came from nor ERNIE's parameters any more", async () => {
    const folder = new WorkingFolder();
    const run = ["--output", "run", "--epochs", "1", "--checkpoint", "checkpoints_save"];
    expect((await folder.run("train", "--config", "conf.txt", ...run)).code).toBe(0);
    rmSync(folder.at("checkpoints_save"), { recursive: true });
    rmSync(folder.at("model_pretrained"), { recursive: true });
    cpSync(goldenPath("end-to-end/model_pretrained"), folder.at("model_pretrained"), {
      recursive: true,
      filter: (path) => !/\/(params|encoder_layer|word_embedding|pos_embedding|sent_embedding)/.test(path),
    });
    const { code, stderr } = await folder.run("train", "--resume", "run", "--epochs", "2");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^run: going on in epoch 2/) });
  });
});

test("a run of which no state is whole says what is left of it", async () => {
  const folder = new WorkingFolder();
  expect((await folder.run("train", "--config", "conf.txt", "--output", "run", "--epochs", "2")).code).toBe(0);
  const states = readdirSync(folder.at("run/state")).filter((name) => name.startsWith("state-"));
  expect(states).toHaveLength(2);
  for (const name of states) folder.write(`run/state/${name}`, "not tensors");
  const { code, stderr } = await folder.run("train", "--resume", "run", "--epochs", "3");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^run: no state to go on from is whole\. run\/state\/state-\w+\.safetensors: expected \d+ bytes/,
  );
  expect(stderr).toContain(
    "run/last has the model of the last finished epoch: a new run can start from it, with --checkpoint.",
  );
  const again = ["--output", "again", "--epochs", "1", "--checkpoint", "run/last"];
  expect((await folder.run("train", "--config", "conf.txt", ...again)).code).toBe(0);
});

describe("a run that is over", () => {
  test("says so, and goes on when it is given more epochs", async () => {
    const folder = new WorkingFolder();
    const run = ["--output", "run", "--epochs", "1"];
    expect((await folder.run("train", "--config", "conf.txt", ...run)).code).toBe(0);
    const over = await folder.run("train", "--resume", "run");
    const next = [
      "run: it is over, after epoch 1 and 3 steps.",
      "run/best: the best model. What it does well and badly: run/report.html",
      "Next: multimodal-video-tag predict --config run/conf.txt --checkpoint run/best --output predictions.json",
    ];
    expect(over).toEqual({ code: 0, stdout: "", stderr: `${next.join("\n")}\n` });
    const more = await folder.run("train", "--resume", "run", "--epochs", "2");
    expect(more.stderr).toMatch(/^run: going on in epoch 2, after 3 steps\.\nepoch 2\/2: /);
    const straight = ["--output", "straight", "--epochs", "2"];
    await folder.run("train", "--config", "conf.txt", ...straight);
    expect(folder.read("run/metrics.jsonl")).toBe(folder.read("straight/metrics.jsonl"));
  });
});
