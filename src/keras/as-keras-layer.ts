import * as tf from "@tensorflow/tfjs-core";
import { adapterOf, registerAdapters } from "./adapter-registry.ts";
import type { ConfiguredModule, KerasAdapter } from "./keras-adapter.ts";
import { type KerasLayerOptions, ModuleLayer } from "./module-layer.ts";

/**
 * Makes saved models with modules in them loadable by `tf.loadLayersModel`: to be called once before, in a process that
 * has not called `asKerasLayer`.
 *
 * @param adapters of classes of your own
 * @throws TypeError when one has the name of another
 */
export function registerKerasLayers(...adapters: readonly KerasAdapter[]): void {
  registerAdapters(adapters);
  tf.serialization.registerClass(ModuleLayer);
}

/**
 * A module as a layer for `tf.model` and `tf.sequential`, trained by `model.fit`, saved and loaded with the model. Module
 * and layer have the same parameters: what one changes the other has.
 *
 * A module over sequences takes `[values, mask]`, and what it needs besides, such as a text that guides it, after them:
 * `layer.apply([values, mask, guide])`. A `MultimodalTagger` takes values and mask of each of its modalities, in their order,
 * and gives its probabilities; a text is token ids or encodings. Where there is one sequence its mask may be left out:
 * then Keras's own counts (`tf.layers.masking`, an embedding with `maskZero`), or every row where there is none. Keras
 * hands its latest mask on to layers whose input has none, so a model with several sequences should pass each mask.
 *
 * Pooled attention comes without its weights: they are in `layer.module`'s own `forward`.
 *
 * @param adapter for a class of your own
 * @throws TypeError when the module's class is not known and no adapter is given
 */
export function asKerasLayer<M extends ConfiguredModule>(
  module: M,
  options: KerasLayerOptions = {},
  adapter?: KerasAdapter<M>,
): ModuleLayer {
  registerKerasLayers(...(adapter ? [adapter] : []));
  return new ModuleLayer(module, adapterOf(module), options);
}
