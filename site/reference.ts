import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";

/**
 * Writes a page for each entry of the two packages, out of its docstrings.
 *
 * @throws Error when a docstring names something that is not there, or a public name uses one that is not public
 */
export async function writeReference(repository: string, pages: string): Promise<void> {
  const options: TypeDocOptions & Partial<PluginOptions> = {
    entryPoints: await entryPoints(repository),
    tsconfig: join(repository, "tsconfig.declarations.json"),
    plugin: ["typedoc-plugin-markdown"],
    useHTMLAnchors: true,
    out: join(pages, "reference"),
    name: "Reference",
    readme: join(repository, "site/reference.md"),
    mergeReadme: true,
    outputFileStrategy: "modules",
    entryFileName: "index",
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    excludeReferences: true,
    disableSources: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandObjects: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    treatValidationWarningsAsErrors: true,
    logLevel: "Warn",
  };
  const application = await Application.bootstrapWithPlugins(options as TypeDocOptions);
  const project = await application.convert();
  if (project === undefined) throw new Error("The reference: the sources could not be read.");
  for (const entry of project.children ?? []) {
    entry.name = entry.name.replace(/^packages\/(.*)\/src$/, "$1").replace(/^src/, "multimodal-video-tag");
  }
  application.validate(project);
  await application.generateOutputs(project);
  if (application.logger.hasErrors() || application.logger.hasWarnings()) {
    throw new Error("The reference: what is wrong is told above.");
  }
}

/** The sources of what the packages export; the root last. */
async function entryPoints(repository: string): Promise<string[]> {
  const { exports } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { exports: object };
  const rooms = Object.keys(exports).filter((entry) => entry !== "." && entry !== "./package.json");
  return [
    ...rooms.map((room) => join(repository, "src", room, "index.ts")),
    join(repository, "packages/ernie-tokenizer-wasm/src/index.ts"),
    join(repository, "src/index.ts"),
  ];
}
