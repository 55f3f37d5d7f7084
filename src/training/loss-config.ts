import { expectMembers, expectOptions } from "../core/options.ts";
import { type AsymmetricLossConfig, asymmetricLoss } from "../ops/asymmetric-loss.ts";
import { type FocalLossConfig, focalLoss } from "../ops/focal-loss.ts";
import { withLabelSmoothing } from "../ops/label-smoothing.ts";
import type { Loss } from "../ops/loss.ts";
import { sigmoidCrossEntropy } from "../ops/sigmoid-cross-entropy.ts";
import { softmaxCrossEntropy } from "../ops/softmax-cross-entropy.ts";

/** A loss as plain data, which can travel to another thread. */
export type LossConfig = (
  | { readonly kind: "sigmoid" | "softmax" }
  | ({ readonly kind: "focal" } & FocalLossConfig)
  | ({ readonly kind: "asymmetric" } & AsymmetricLossConfig)
) & {
  /** The share of a label that is given away. Default 0. */
  readonly labelSmoothing?: number;
};

/** The loss that a config describes: the cross-entropy of a sigmoid or softmax head, `focalLoss` or `asymmetricLoss`. */
export function lossOf(config: LossConfig): Loss {
  expectMembers("lossOf", config, { kind: ["sigmoid", "softmax", "focal", "asymmetric"] });
  const loss = plainLoss(config);
  const { kind, labelSmoothing: amount = 0 } = config;
  if (amount === 0) return loss;
  return withLabelSmoothing(loss, { amount, form: kind === "softmax" ? "distribution" : "multi-hot" });
}

function plainLoss(config: LossConfig): Loss {
  switch (config.kind) {
    case "focal":
      return focalLoss(ownOptions(config));
    case "asymmetric":
      return asymmetricLoss(ownOptions(config));
    default:
      expectOptions("lossOf", ownOptions(config), {});
      return config.kind === "sigmoid" ? sigmoidCrossEntropy : softmaxCrossEntropy;
  }
}

/** The options that only this kind of loss has. */
function ownOptions<Config extends LossConfig>({
  kind: _kind,
  labelSmoothing: _amount,
  ...own
}: Config): Omit<Config, "kind" | "labelSmoothing"> {
  return own;
}
