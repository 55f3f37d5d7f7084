import { existsSync, statSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, posix } from "node:path";
import { notebookPage } from "./notebook-page.ts";

/**
 * Writes the repository's pages where the site is built from: README.md and docs/, and what they link to, step by step,
 * at the same places. Links between them stay as they are, so a page reads the same here as in the repository; a
 * program, a notebook or a licence that is linked to becomes a page of its own.
 *
 * @throws Error for a link to something that the repository does not hold
 */
export async function writePages(repository: string, pages: string): Promise<void> {
  await rm(pages, { recursive: true, force: true });
  const docs = await readdir(join(repository, "docs"), { recursive: true });
  const waiting = ["README.md", ...docs.filter((file) => extname(file) !== "").map((file) => posix.join("docs", file))];
  const seen = new Set(waiting);
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const target = join(pages, pageOf(file));
    await mkdir(dirname(target), { recursive: true });
    if (PICTURES.includes(extname(file))) {
      await copyFile(join(repository, file), target);
      continue;
    }
    const text = await readFile(join(repository, file), "utf8");
    if (extname(file) === ".ipynb") await writeNotebook(text, file, target);
    else if (extname(file) !== ".md") await writeFile(target, listing(text, file));
    else {
      const { page, linked } = followLinks(text, file, repository);
      await writeFile(target, page);
      for (const other of linked) {
        if (!seen.has(other)) waiting.push(other);
        seen.add(other);
      }
    }
  }
}

const PICTURES = [".png", ".svg"];

/** The page that shows a file. */
function pageOf(file: string): string {
  if (PICTURES.includes(extname(file))) return file;
  if (basename(file) === "README.md") return posix.join(dirname(file), "index.md");
  return extname(file) === ".md" ? file : `${file}.md`;
}

/** Every link of a page, by the name that the linked file has on the site. */
function followLinks(text: string, file: string, repository: string): { page: string; linked: string[] } {
  const linked: string[] = [];
  const page = text.replace(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g, (link, path: string, anchor = "") => {
    if (/^[a-z]+:/.test(path)) return link;
    let target = posix.join(dirname(file), path);
    const place = join(repository, target);
    if (!existsSync(place)) throw new Error(`${file}: the link to ${path} leads to nothing in the repository.`);
    if (statSync(place).isDirectory()) {
      target = posix.join(target, "README.md");
      if (!existsSync(join(repository, target))) throw new Error(`${file}: the folder ${path} has no README.md.`);
    }
    linked.push(target);
    const relative = posix.relative(dirname(file), pageOf(target));
    return `](${relative.startsWith(".") ? relative : `./${relative}`}${anchor})`;
  });
  return { page, linked };
}

/** A file of a program as a page. */
function listing(text: string, file: string): string {
  return `# ${basename(file)}\n\n\`${file}\`\n\n\`\`\`\`${extname(file).slice(1) || "txt"}\n${text.trimEnd()}\n\`\`\`\`\n`;
}

async function writeNotebook(text: string, file: string, target: string): Promise<void> {
  const { page, pictures } = notebookPage(text, file);
  await writeFile(target, page);
  for (const [name, picture] of pictures) await writeFile(join(dirname(target), name), picture);
}
