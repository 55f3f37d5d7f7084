import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { parse } from "node-html-parser";

export interface DeadLink {
  readonly page: string;
  readonly target: string;
}

/** The links and pictures of a built site that lead to no file of it, or to a place that its page does not have. */
export async function findDeadLinks(site: string): Promise<DeadLink[]> {
  const places = new Map<string, ReadonlySet<string>>();
  const links: DeadLink[] = [];
  for (const page of await readdir(site, { recursive: true })) {
    if (!page.endsWith(".html")) continue;
    const document = parse(await readFile(join(site, page), "utf8"));
    places.set(page, new Set(document.querySelectorAll("[id]").map(({ id }) => id)));
    for (const element of document.querySelectorAll("a[href], img[src]")) {
      const target = element.getAttribute("href") ?? element.getAttribute("src") ?? "";
      if (!/^[a-z]+:/.test(target)) links.push({ page, target });
    }
  }
  return links.filter(({ page, target }) => {
    const [path = "", anchor] = decodeURI(target).split("#");
    const start = path.startsWith("/") ? "/" : posix.join("/", posix.dirname(page));
    const place = path === "" ? posix.join("/", page) : posix.join(start, path);
    const file = (place.endsWith("/") ? `${place}index.html` : place).slice(1);
    if (!existsSync(join(site, file))) return true;
    return anchor !== undefined && anchor !== "" && !places.get(file)?.has(anchor);
  });
}
