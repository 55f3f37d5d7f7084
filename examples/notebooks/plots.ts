/** Small plots as SVG text, for notebooks: `tslab.display.svg(lines(...))`. Every value is a number; names are escaped. */

const COLOURS = ["#2463c8", "#c2571a", "#2a8a4a", "#8b3fa8", "#a3324b", "#4a6a7a"];

export interface Series {
  readonly name: string;
  /** x and y. */
  readonly points: readonly (readonly [number, number])[];
}

export interface AxisNames {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const LEFT = 56;
const TOP = 34;
const WIDTH = 560;
const HEIGHT = 190;

/** One line a series over a common x. */
export function lines(names: AxisNames, series: readonly Series[]): string {
  return chart(names, series, (own, colour, x, y) => {
    const path = own.points.map((point) => `${x(point[0])},${y(point[1])}`).join(" ");
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  });
}

/** One dot a point. */
export function dots(names: AxisNames, series: readonly Series[]): string {
  return chart(names, series, (own, colour, x, y) =>
    own.points
      .map((point) => `<circle cx="${x(point[0])}" cy="${y(point[1])}" r="3" fill="${colour}" fill-opacity="0.6"/>`)
      .join(""),
  );
}

/** A bar a row, as long as its value from 0 to the largest. */
export function bars(title: string, rows: readonly { readonly name: string; readonly value: number }[]): string {
  const largest = Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE);
  const drawn = rows.map(({ name, value }, index) => {
    const y = TOP + index * 22;
    const bar = `<rect x="200" y="${y}" width="${((value / largest) * 330).toFixed(1)}" height="16" fill="${COLOURS[0]}"/>`;
    return `${text(192, y + 13, name, "end")}${bar}${text(206 + (value / largest) * 330, y + 13, value.toFixed(2), "start")}`;
  });
  return page(title, TOP + rows.length * 22 + 10, drawn.join(""));
}

/**
 * A strip a row, a cell a moment in time, the darker the higher its value against the row's highest. Undefined is
 * padding, in grey. A mark stands under the cell.
 */
export function timeline(
  title: string,
  rows: readonly { readonly name: string; readonly values: readonly (number | undefined)[]; readonly marks?: string }[],
): string {
  const moments = Math.max(...rows.map(({ values }) => values.length));
  const cell = Math.min(34, 400 / moments);
  const drawn = rows.map(({ name, values, marks = "" }, index) => {
    const y = TOP + index * 46;
    const highest = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
    const cells = values.map((value, moment) => {
      const at = `x="${(200 + moment * cell).toFixed(1)}" y="${y}" width="${(cell - 1).toFixed(1)}" height="22"`;
      const fill = value === undefined ? `fill="#bbb" fill-opacity="0.35"` : `fill="${COLOURS[0]}"`;
      const shade = value === undefined ? "" : ` fill-opacity="${(0.05 + (0.95 * value) / highest).toFixed(3)}"`;
      const mark =
        marks[moment] === undefined ? "" : text(200 + (moment + 0.5) * cell, y + 35, marks[moment], "middle");
      return `<rect ${at} ${fill}${shade}/>${mark}`;
    });
    return text(192, y + 15, name, "end") + cells.join("");
  });
  return page(title, TOP + rows.length * 46, drawn.join(""));
}

function chart(
  names: AxisNames,
  series: readonly Series[],
  draw: (own: Series, colour: string, x: (value: number) => string, y: (value: number) => string) => string,
): string {
  const points = series.flatMap((own) => own.points);
  const [xs, ys] = [rangeOf(points.map((point) => point[0])), rangeOf(points.map((point) => point[1]))];
  const x = (value: number) => (LEFT + ((value - xs.min) / (xs.max - xs.min)) * WIDTH).toFixed(1);
  const y = (value: number) => (TOP + HEIGHT - ((value - ys.min) / (ys.max - ys.min)) * HEIGHT).toFixed(1);
  const frame = `<path d="M${LEFT} ${TOP}V${TOP + HEIGHT}H${LEFT + WIDTH}" fill="none" stroke="#999"/>`;
  const ends = [
    text(LEFT - 6, TOP + HEIGHT, label(ys.min), "end") + text(LEFT - 6, TOP + 10, label(ys.max), "end"),
    text(LEFT, TOP + HEIGHT + 16, label(xs.min), "start") + text(LEFT + WIDTH, TOP + HEIGHT + 16, label(xs.max), "end"),
    text(LEFT + WIDTH / 2, TOP + HEIGHT + 16, names.x, "middle") + text(LEFT + 6, TOP + 10, names.y, "start"),
  ];
  const drawn = series.map((own, index) => {
    const colour = COLOURS[index % COLOURS.length] as string;
    const below = TOP + HEIGHT + 38;
    const key = `<rect x="${LEFT + index * 160}" y="${below - 9}" width="10" height="10" fill="${colour}"/>`;
    return draw(own, colour, x, y) + key + text(LEFT + 16 + index * 160, below, own.name, "start");
  });
  return page(names.title, TOP + HEIGHT + 50, frame + ends.join("") + drawn.join(""));
}

function rangeOf(values: readonly number[]): Range {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return min === max ? { min: min - 1, max: max + 1 } : { min, max };
}

function label(value: number): string {
  return Number.parseFloat(value.toPrecision(3)).toString();
}

function text(x: number, y: number, content: string, anchor: "start" | "middle" | "end"): string {
  const escaped = content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}

function page(title: string, height: number, content: string): string {
  const style = `font-family="system-ui, sans-serif" font-size="12" fill="#333"`;
  const head = `<rect width="640" height="${height}" fill="#fff"/>${text(10, 20, title, "start")}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${height}" width="640" height="${height}" ${style}>${head}${content}</svg>`;
}
