export { HitAtK } from "./hit-at-k.ts";
