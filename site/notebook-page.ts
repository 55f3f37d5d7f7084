import { basename } from "node:path";

interface Notebook {
  readonly cells: readonly {
    readonly cell_type: "markdown" | "code";
    readonly source: readonly string[] | string;
    readonly outputs?: readonly {
      readonly text?: readonly string[] | string;
      readonly data?: Readonly<Record<string, readonly string[] | string>>;
    }[];
  }[];
}

const joined = (text: readonly string[] | string = ""): string => (typeof text === "string" ? text : text.join(""));

/** A notebook as a page: its words, its code, and below each cell what it printed and drew. */
export function notebookPage(json: string, file: string): { page: string; pictures: Map<string, string> } {
  const { cells } = JSON.parse(json) as Notebook;
  const pictures = new Map<string, string>();
  const parts = cells.flatMap(({ cell_type, source, outputs = [] }) => {
    if (cell_type === "markdown") return [joined(source)];
    const printed = outputs.map(({ text }) => joined(text)).join("");
    const drawn = outputs.flatMap(({ data }) => {
      const svg = joined(data?.["image/svg+xml"]);
      if (svg === "") return [];
      const name = `${basename(file, ".ipynb")}-${pictures.size + 1}.svg`;
      pictures.set(name, svg);
      return [`![What this cell draws](./${name})`];
    });
    return [
      `\`\`\`ts\n${joined(source)}\n\`\`\``,
      ...(printed === "" ? [] : [`\`\`\`txt\n${printed.trimEnd()}\n\`\`\``]),
      ...drawn,
    ];
  });
  return { page: `${parts.join("\n\n")}\n`, pictures };
}
