import { median } from "../bench/harness/machine.ts";
import type { PlantedVideo } from "../src/planted/planted-world.ts";
import { compareRows } from "./comparison.ts";
import type { Contrast } from "./contrasts.ts";
import { EXPECTED, EXPECTED_MASS, type Expected } from "./expected.ts";
import { chance, massCells, percent, percentSpread, signed, table } from "./format.ts";
import type { Result } from "./results.ts";
import { groupSpread, hitSpread, meanMass, ofRow, rowShares, rowsWithResults, type WorldResults } from "./summary.ts";

/** Hit@1, Hit@2, size and time of every row. */
export function rowTable(world: WorldResults): string {
  const headings = ["row", "seeds", "Hit@1", "Hit@2", "trained values", "seconds", "processor seconds"];
  const rows = rowsWithResults(world).map(({ name, own }) => [
    name,
    `${own.length}`,
    percentSpread(hitSpread(own, 1)),
    percentSpread(hitSpread(own, 2)),
    `${own[0]?.parameters}`,
    median(own.map(({ seconds }) => seconds)).toFixed(0),
    median(own.map(({ processorSeconds }) => processorSeconds)).toFixed(0),
  ]);
  return table(headings, rows);
}

/** The paired tests of some contrasts, world by world. */
export function contrastTable(worlds: readonly WorldResults[], contrasts: readonly Contrast[]): string {
  const headings = [
    "world",
    "rows",
    "points of Hit@1",
    "99 % interval",
    "wins : losses",
    "worst seed's p",
    "seeds won",
  ];
  const rows = worlds.flatMap(({ world, results }) =>
    contrasts.flatMap(({ better, worse, expected = "" }) => {
      const comparison = compareRows(ofRow(results, better), ofRow(results, worse));
      if (comparison === undefined) return [];
      const { points, interval, wins, losses, worstP, seedsWon, seeds } = comparison;
      const bounds = `${signed(interval.lower)} to ${signed(interval.upper)}`;
      const won = `${seedsWon} of ${seeds}`;
      const names = `${better} - ${worse}`;
      return [[`${world}`, names, signed(points), bounds, `${wins} : ${losses}`, chance(worstP), won, expected]];
    }),
  );
  return table([...headings, "study"], rows);
}

/** Attention mass of every row with sequences, beside the rows' own shares. */
export function attentionTable(world: WorldResults): string {
  const modalities = ["image", "audio"] as const;
  const shares = modalities.map((modality) => massCells(rowShares(world.valid, modality)));
  const rows = rowsWithResults(world)
    .filter(({ own }) => Object.keys(own[0]?.attention ?? {}).length > 0)
    .map(({ name, own }) => {
      const cells = (["attention", "attentionWithoutTitle"] as const).flatMap((part) =>
        modalities.map((modality) => massCells(meanMass(own.map((result) => result[part][modality])))),
      );
      return [name, ...cells, ...modalities.map((modality) => EXPECTED_MASS[name]?.[modality] ?? "")];
    });
  const headings = ["row", "image", "audio", "image, no title", "audio, no title", "study: image", "study: audio"];
  return table(headings, [["every row alike", ...shares, "", "", "", ""], ...rows]);
}

const GROUPS: readonly (readonly [string, (video: PlantedVideo) => boolean])[] = [
  ["with a title", ({ title }) => title !== ""],
  ["without a title", ({ title }) => title === ""],
  ["one label", ({ classes }) => classes.length === 1],
  ["two labels", ({ classes }) => classes.length === 2],
];

/** Hit@1 of the rows that see everything, over groups of videos. */
export function groupTable(world: WorldResults): string {
  const headings = GROUPS.map(([name, isIn]) => `${name} (${world.valid.filter(isIn).length} videos)`);
  const rows = rowsWithResults(world)
    .filter(({ name }) => name.startsWith("all,"))
    .map(({ name, own }) => [name, ...GROUPS.map(([, isIn]) => percent(groupSpread(own, world.valid, isIn).mean))]);
  return table(["row", ...headings], rows);
}

/** Our Hit@1 beside the earlier study's. */
export function expectedTable(world: WorldResults): string {
  const rows = rowsWithResults(world).flatMap(({ name, own }) => {
    const study = EXPECTED[name];
    return study === undefined ? [] : [[name, ...expectedCells(own, study)]];
  });
  const headings = ["row", `Hit@1, world ${world.world}`, "study, world 11", "study, other worlds", "difference"];
  return table([...headings, "the study's range"], rows);
}

function expectedCells(own: readonly Result[], { hitAt1, deviation, otherWorlds = [] }: Expected): string[] {
  const ours = hitSpread(own, 1);
  const mean = 100 * ours.mean;
  const known = [hitAt1, ...otherWorlds];
  const [low, high] = [Math.min(...known) - 2 * deviation, Math.max(...known) + 2 * deviation];
  const outside = mean < low ? `${(low - mean).toFixed(2)} below` : `${(mean - high).toFixed(2)} above`;
  return [
    percentSpread(ours),
    `${hitAt1.toFixed(2)} (${deviation.toFixed(2)})`,
    otherWorlds.map((hit) => hit.toFixed(2)).join(", "),
    signed(mean - hitAt1),
    mean >= low && mean <= high ? "within" : outside,
  ];
}
