import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "./code-blocks.ts";

/** What stands for a value in a message. */
export const VALUE = "…";

/** A message as the sources write it. */
export interface ErrorSentence {
  /** From src, with the line. */
  readonly place: string;
  /** Its values as `…`, its beginnings of values alone left out: `… must have shape …. Got ….` */
  readonly text: string;
}

/** Files whose messages stand in tables and functions of their own: every sentence in them is one. */
const ALL_SENTENCES = [
  "src/data/video-dataset.ts",
  "src/formats/class-file.ts",
  "src/node/backend.ts",
  "src/node/files.ts",
  "src/runs/folder-lock.ts",
  "src/runs/run-folder.ts",
  "src/training/not-finite.ts",
  "src/training/warnings.ts",
];

/** Every message that the packages can give. */
export function errorSentences(): ErrorSentence[] {
  return ["src", "packages/ernie-tokenizer-wasm/src"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .flatMap((name) => sentencesOf(join(folder, name), readFileSync(join(ROOT, folder, name), "utf8"))),
  );
}

/**
 * The messages of one source: what is thrown, what calls itself an error, and what a variable holds for it: texts that
 * begin with `expected` or have a `Got`.
 */
export function sentencesOf(file: string, text: string): ErrorSentence[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const sentences: ErrorSentence[] = [];
  const visit = (node: ts.Node, isThrown: boolean): void => {
    const written = textOf(node);
    if (written === undefined) {
      const inside = isThrown || throwsItsArguments(node);
      node.forEachChild((child) => visit(child, inside));
      return;
    }
    const message = written.replace(/^(…[:,]? ?)+(?=[a-z])/, (values) => (/[:,]/.test(values) ? "" : values)).trim();
    const isMessage = /^(expected|error:) |\bGot …/.test(message) || (isThrown && /\.$|[.:]( ?…)+$/.test(message));
    if (!(isMessage || (ALL_SENTENCES.includes(file) && /^.* .*\.$/.test(message)))) return;
    if (!hasOwnBeginning(message)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    sentences.push({ place: `${file}:${line + 1}`, text: message });
  };
  visit(source, false);
  return sentences;
}

/** A text, a template or a sum of them, with its values as `…`. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => VALUE + literal.text).join("");
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

/** `new FormatError(...)`, `reader.error(...)`, `super(...)` in a class of errors, and `problem = ...`. */
function throwsItsArguments(node: ts.Node): boolean {
  if (ts.isVariableDeclaration(node)) return node.name.getText() === "problem";
  if (ts.isNewExpression(node)) return /Error$/.test(node.expression.getText());
  if (!ts.isCallExpression(node)) return false;
  if (node.expression.kind === ts.SyntaxKind.SuperKeyword) {
    let parent: ts.Node = node;
    while (!ts.isClassLike(parent)) parent = parent.parent;
    return /Error$/.test(parent.name?.text ?? "");
  }
  return /error$/i.test(/[\w#]+$/.exec(node.expression.getText())?.[0] ?? "");
}

/** Two words before a `Got` at least: the rest goes on with a beginning that stands elsewhere. */
function hasOwnBeginning(text: string): boolean {
  return /[\w%]\W+\w/.test(text.replace(/\bGot\b.*/s, ""));
}
