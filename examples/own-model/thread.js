/** What a worker thread imports: Node 20 reads no TypeScript by itself. A compiled model.js needs no such file. */
import { register } from "tsx/esm/api";

register();
const { default: makeStep } = await import("./model.ts");
export default makeStep;
