import { median } from "./machine.ts";
import type { Format } from "./options.ts";

/** A figure: the median of some runs. */
export interface Figure {
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
  /** How many cores it kept busy, where that was measured: processor time over the time that passed. */
  readonly cores?: number;
}

export interface Row {
  readonly name: string;
  /** One for each of the table's cases. */
  readonly figures: readonly (Figure | undefined)[];
}

export interface Table {
  readonly title: string;
  readonly unit: string;
  /** Rates are better when they are larger, times when they are smaller. */
  readonly moreIsBetter?: boolean;
  /** What the ratios to the first row are. Default `times ours`: how many times better the first row is. */
  readonly ratio?: string;
  readonly cases: readonly string[];
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** The figures of some runs. */
export function figureOf(values: readonly number[]): Figure {
  return { value: median(values), least: Math.min(...values), most: Math.max(...values), runs: values.length };
}

export interface Report {
  readonly workload: string;
  readonly machine: string;
  /** By the name of a package. */
  readonly versions: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
}

/** Prints a report to standard output. */
export function printReport(report: Report, format: Format): void {
  if (format === "json") {
    const tables = report.tables.map((table) => ({ ...table, rows: table.rows.map((row) => withRatios(table, row)) }));
    console.log(JSON.stringify({ ...report, tables }, null, 2));
    return;
  }
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  console.log([report.machine, ...versions].join("; "));
  for (const table of report.tables) {
    console.log(`\n${table.title}\n`);
    console.log(layOut(cellsOf(table), format));
    for (const note of table.notes) console.log(`\n${note}`);
  }
}

function withRatios(table: Table, row: Row): object {
  return { ...row, ratios: row.figures.map((_, index) => ratioOf(table, row, index)) };
}

/** How many times better the first row is. */
export function ratioOf({ rows, moreIsBetter }: Table, row: Row, index: number): number | undefined {
  const ours = rows[0]?.figures[index]?.value;
  const theirs = row.figures[index]?.value;
  if (ours === undefined || theirs === undefined) return undefined;
  return moreIsBetter ? ours / theirs : theirs / ours;
}

function cellsOf(table: Table): string[][] {
  const header = [`${table.unit} (${table.ratio ?? "times ours"})`, ...table.cases];
  const rows = table.rows.map((row, index) => [
    row.name,
    ...row.figures.map((figure, column) => {
      if (figure === undefined) return "-";
      const ratio = ratioOf(table, row, column);
      return index === 0 || ratio === undefined ? number(figure.value) : `${number(figure.value)} (${number(ratio)})`;
    }),
  ]);
  return [header, ...rows];
}

/** Three digits, or all of those before the point. */
function number(value: number): string {
  if (value === 0) return "0";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function layOut(cells: string[][], format: Format): string {
  const columns = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(columns[column] ?? 0)));
  if (format === "text") return lines.map((row) => row.join("  ").trimEnd()).join("\n");
  const [header = [], ...rows] = cells;
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
