import type { ConfiguredModule, KerasAdapter } from "./keras-adapter.ts";
import { libraryAdapters } from "./library-adapters.ts";

/** By name. A call fills it, so that an import alone does nothing. */
const registered = new Map<string, KerasAdapter>();

/** @throws TypeError when an adapter has the name of another class */
export function registerAdapters(adapters: readonly KerasAdapter[]): void {
  if (registered.size === 0) for (const adapter of libraryAdapters()) registered.set(adapter.name, adapter);
  for (const adapter of adapters) {
    const known = registered.get(adapter.name);
    if (known !== undefined && known.module !== adapter.module) {
      throw new TypeError(`registerKerasLayers: another class is registered as ${adapter.name}.`);
    }
    registered.set(adapter.name, adapter);
  }
}

/** @throws TypeError when the module's class has no adapter */
export function adapterOf(module: ConfiguredModule): KerasAdapter {
  const found = [...registered.values()].find((adapter) => adapter.module === module.constructor);
  if (found !== undefined) return found;
  throw new TypeError(`asKerasLayer: ${module.constructor.name} is not a class of this library and needs an adapter.`);
}

/** @throws TypeError when no adapter has this name */
export function adapterNamed(name: string): KerasAdapter {
  const found = registered.get(name);
  if (found !== undefined) return found;
  throw new TypeError(`A saved model has a ${name}, which is not registered: registerKerasLayers takes its adapter.`);
}
