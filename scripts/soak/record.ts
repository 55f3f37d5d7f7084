import type { Outcome } from "./requests.ts";

interface Entry {
  readonly kind: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
  readonly besideLong: boolean;
}

/** Mean memory of the last third by that of the first, at most: a short soak ends while pools still fill. */
const GROWTH = 1.1;
const GROWTH_WHEN_SHORT = 1.5;
const SHORT_SECONDS = 600;
/** The share of the time before that, in which code is compiled and the first long videos come. */
const WARM_UP = 0.1;
const SHOWN_PROBLEMS = 10;

/** What happened in a soak. */
export class SoakRecord {
  readonly #entries: Entry[] = [];
  readonly #memory: number[] = [];

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** @param resident bytes, once a second */
  addMemory(resident: number): void {
    this.#memory.push(resident);
  }

  get sent(): number {
    return this.#entries.length;
  }

  /** A sentence for each thing that must not be. */
  problems(): string[] {
    const wrong = this.#entries.flatMap(({ kind, outcome }) =>
      outcome.end === "wrong" ? [`${kind}: ${outcome.problem}.`] : [],
    );
    const [first, , last] = this.#thirds();
    const growth = this.#memory.length < SHORT_SECONDS ? GROWTH_WHEN_SHORT : GROWTH;
    const small = this.#entries.filter(({ kind }) => kind === "small");
    const right = small.filter(({ outcome }) => outcome.end === "right");
    return [
      ...wrong.slice(0, SHOWN_PROBLEMS),
      ...(wrong.length > SHOWN_PROBLEMS ? [`${wrong.length - SHOWN_PROBLEMS} more answers are wrong.`] : []),
      ...(right.length * 2 > small.length ? [] : [`Of ${small.length} small videos ${right.length} were tagged.`]),
      ...(last <= first * growth ? [] : [`Memory grew from ${megabytes(first)} to ${megabytes(last)} MB.`]),
    ];
  }

  /** The figures as tables in Markdown. */
  report(): string {
    const kinds = [...new Set(this.#entries.map(({ kind }) => kind))].sort();
    const counts = kinds.map((kind) => {
      const own = this.#entries.filter((entry) => entry.kind === kind);
      const ended = (end: Outcome["end"]) => own.filter(({ outcome }) => outcome.end === end).length;
      const statuses = own.flatMap(({ outcome }) => (outcome.end === "refused" ? [outcome.status] : []));
      const refused = [...new Set(statuses)].sort().map((status) => {
        return `${status}: ${statuses.filter((other) => other === status).length}`;
      });
      return [kind, own.length, ended("right"), refused.join(", "), ended("gone"), ended("wrong")];
    });
    const small = this.#entries.filter(({ kind, outcome }) => kind === "small" && outcome.end === "right");
    const latencies = [false, true].map((beside) => {
      const times = small.filter(({ besideLong }) => besideLong === beside).map(({ milliseconds }) => milliseconds);
      const sorted = times.sort((a, b) => a - b);
      const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
      return [beside ? "beside a long video" : "otherwise", sorted.length, at(0.5), at(0.95), at(0.99), at(1)];
    });
    const thirds = this.#thirds().map(megabytes);
    return [
      table(["request", "sent", "right", "refused", "ended by the sender", "wrong"], counts),
      table(["a small video's answer, ms", "answers", "median", "95 %", "99 %", "longest"], latencies),
      table(
        ["resident memory, MB", "first third", "second", "last", "peak"],
        [["mean after the warm-up", ...thirds, megabytes(Math.max(...this.#memory))]],
      ),
    ].join("\n\n");
  }

  #thirds(): [number, number, number] {
    const steady = this.#memory.slice(Math.ceil(this.#memory.length * WARM_UP));
    const size = steady.length / 3;
    const third = (index: number) => mean(steady.slice(Math.floor(index * size), Math.floor((index + 1) * size)));
    return [third(0), third(1), third(2)];
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
