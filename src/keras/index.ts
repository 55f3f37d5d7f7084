export { asKerasLayer, registerKerasLayers } from "./as-keras-layer.ts";
export type { ConfiguredModule, KerasAdapter, KerasInputs, KerasShape } from "./keras-adapter.ts";
export type { KerasLayerOptions, ModuleLayer } from "./module-layer.ts";
