import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { findDeadLinks } from "./dead-links.ts";
import { writePages } from "./pages.ts";
import { writeReference } from "./reference.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const pages = fileURLToPath(new URL("pages", import.meta.url));
const site = fileURLToPath(new URL("dist", import.meta.url));

await writePages(repository, pages);
await writeReference(repository, pages);
await build(fileURLToPath(new URL(".", import.meta.url)));

const dead = await findDeadLinks(site);
for (const { page, target } of dead) console.error(`${page}: ${target} leads nowhere.`);
if (dead.length > 0) process.exitCode = 1;
