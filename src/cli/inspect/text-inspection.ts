import { classFileProblems, readClassFile } from "../../formats/class-file.ts";
import { featureFileName, type ListRow, readListFile } from "../../formats/list-file.ts";
import type { Inspection } from "./inspection.ts";

/**
 * A class file has a label a line, or a label and a number: so do most lines of a damaged one. A text of other lines is
 * taken for a list.
 */
export function inspectText(bytes: Uint8Array, file: string): Inspection {
  const rows = readListFile(bytes, { file });
  const plain = rows.filter(({ title, labels }) => labels.length === 0 && /^\s*\d*\s*$/.test(title));
  return plain.length > rows.length / 2 || rows.length === 0 ? inspectClassFile(bytes, file) : inspectListFile(rows);
}

function inspectClassFile(bytes: Uint8Array, file: string): Inspection {
  const problems = classFileProblems(bytes, { file });
  if (problems.length > 0) return { kind: "class file", json: {}, lines: [], problems };
  const labels = readClassFile(bytes, { file });
  return {
    kind: "class file",
    json: { labels },
    lines: [`${labels.length} labels: ${labels.join(", ")}`],
    problems: [],
  };
}

function inspectListFile(rows: readonly ListRow[]): Inspection {
  const names = new Set(rows.map(({ fileName }) => fileName));
  const videosOfLabel = new Map<string, number>();
  for (const label of rows.flatMap(({ labels }) => [...new Set(labels)])) {
    videosOfLabel.set(label, (videosOfLabel.get(label) ?? 0) + 1);
  }
  const byFrequency = [...videosOfLabel].sort(([, a], [, b]) => b - a);
  const labelled = rows.filter(({ labels }) => labels.length > 0);
  const counts = {
    rows: rows.length,
    repeatedNames: rows.length - names.size,
    unusableNames: rows.filter(({ fileName }) => featureFileName(fileName) === undefined).length,
    withoutTitle: rows.filter(({ title }) => title.trim() === "").length,
    withoutLabel: rows.length - labelled.length,
    labels: videosOfLabel.size,
    labelsAVideo: labelled.reduce((sum, { labels }) => sum + labels.length, 0) / Math.max(1, labelled.length),
  };
  return {
    kind: "list file",
    json: { ...counts, videosOfLabel: Object.fromEntries(byFrequency) },
    lines: [
      `${counts.rows} rows`,
      `${counts.repeatedNames} with a name that came before`,
      `${counts.unusableNames} with a name that cannot name a feature file`,
      `${counts.withoutTitle} without a title`,
      `${counts.withoutLabel} without a label`,
      `${counts.labels} labels, ${counts.labelsAVideo.toFixed(2)} a video`,
      ...byFrequency.map(([label, videos]) => `${label}: ${videos}`),
    ],
    problems: [],
  };
}
