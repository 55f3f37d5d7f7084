import type { InitialValues } from "../../core/initializers.ts";
import type { PartFields, PartValue } from "../../formats/part.ts";
import type { TemporalPooling } from "./temporal-pooling.ts";

/** What the place in a model gives a pooling. */
export interface PoolingSizes {
  /** Width of a row. */
  readonly inputSize: number;
  /** Width of the vector that guides it; undefined where none does. */
  readonly guideSize?: number | undefined;
}

/** How large a pooling is. */
export interface PoolingMeasures {
  /** Width of its vector. */
  readonly outputSize: number;
  /** Values in its parameters. */
  readonly parameters: number;
}

/**
 * A kind of pooling, as a model's configuration names it: what it is made of, said once. The types of configurations,
 * the reader of saved taggers, its errors and the documentation's table are derived from the fields.
 */
export interface PoolingKind<Fields extends PartFields = Record<never, never>> {
  /** Its keys in a configuration, beside `kind`. */
  readonly fields: Fields;
  /** Whether another modality's vector may guide it. */
  readonly takesGuide: boolean;
  /** How large one of this configuration is, without making it. */
  measure(config: PartValue<Fields>, sizes: PoolingSizes): PoolingMeasures;
  create(config: PartValue<Fields>, sizes: PoolingSizes, random: InitialValues): TemporalPooling;
}
