// Steps of optimizers, value by value: what is read and what is written may be the same memory. Each does the operations
// of the composed step in their order and rounds after each, so that both give the same bits.

import { loadUnits, storeUnits } from "./vector-math";

// @ts-ignore: decorator
@inline
function nextMean(mean: v128, value: v128, rate: f32, otherRate: f32): v128 {
  return f32x4.add(f32x4.mul(mean, f32x4.splat(rate)), f32x4.mul(value, f32x4.splat(otherRate)));
}

// @ts-ignore: decorator
@inline
function withDecay(gradient: v128, parameter: v128, decay: f32): v128 {
  return decay == 0 ? gradient : f32x4.add(gradient, f32x4.mul(parameter, f32x4.splat(decay)));
}

/** Centered RMSProp with L2 decay. `otherRate` is 1 - rate. */
export function rmsPropStep(
  parameter: usize, gradient: usize, meanSquare: usize, mean: usize, count: i32,
  learningRate: f32, decay: f32, rate: f32, otherRate: f32, epsilon: f32,
  outParameter: usize, outMeanSquare: usize, outMean: usize,
): void {
  const bytes = (<usize>count) << 2;
  const vectorBytes = bytes & ~15;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) {
    rmsPropUnits(
      true, i, parameter, gradient, meanSquare, mean, learningRate, decay, rate, otherRate, epsilon,
      outParameter, outMeanSquare, outMean,
    );
  }
  for (; i < bytes; i += 4) {
    rmsPropUnits(
      false, i, parameter, gradient, meanSquare, mean, learningRate, decay, rate, otherRate, epsilon,
      outParameter, outMeanSquare, outMean,
    );
  }
}

// @ts-ignore: decorator
@inline
function rmsPropUnits(
  four: bool, i: usize, parameter: usize, gradient: usize, meanSquare: usize, mean: usize,
  learningRate: f32, decay: f32, rate: f32, otherRate: f32, epsilon: f32,
  outParameter: usize, outMeanSquare: usize, outMean: usize,
): void {
  const p = loadUnits(four, parameter + i);
  const g = withDecay(loadUnits(four, gradient + i), p, decay);
  const square = nextMean(loadUnits(four, meanSquare + i), f32x4.mul(g, g), rate, otherRate);
  const first = nextMean(loadUnits(four, mean + i), g, rate, otherRate);
  const variance = f32x4.sub(square, f32x4.mul(first, first));
  const deviation = f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon)));
  const change = f32x4.mul(f32x4.div(g, deviation), f32x4.splat(learningRate));
  storeUnits(four, outMeanSquare + i, square);
  storeUnits(four, outMean + i, first);
  storeUnits(four, outParameter + i, f32x4.sub(p, change));
}

/**
 * AdamW. The last two of what is remembered are single values; `kept` is what a parameter is multiplied with, 1 -
 * learningRate * weightDecay.
 */
export function adamWStep(
  parameter: usize, gradient: usize, mean: usize, meanSquare: usize, meanOfOnes: usize, meanSquareOfOnes: usize, count: i32,
  learningRate: f32, kept: f32, rate1: f32, otherRate1: f32, rate2: f32, otherRate2: f32, epsilon: f32,
  outParameter: usize, outMean: usize, outMeanSquare: usize, outMeanOfOnes: usize, outMeanSquareOfOnes: usize,
): void {
  const ones = load<f32>(meanOfOnes) * rate1 + otherRate1;
  const squaresOfOnes = load<f32>(meanSquareOfOnes) * rate2 + otherRate2;
  store<f32>(outMeanOfOnes, ones);
  store<f32>(outMeanSquareOfOnes, squaresOfOnes);
  const bytes = (<usize>count) << 2;
  const vectorBytes = bytes & ~15;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) {
    adamWUnits(
      true, i, parameter, gradient, mean, meanSquare, ones, squaresOfOnes,
      learningRate, kept, rate1, otherRate1, rate2, otherRate2, epsilon, outParameter, outMean, outMeanSquare,
    );
  }
  for (; i < bytes; i += 4) {
    adamWUnits(
      false, i, parameter, gradient, mean, meanSquare, ones, squaresOfOnes,
      learningRate, kept, rate1, otherRate1, rate2, otherRate2, epsilon, outParameter, outMean, outMeanSquare,
    );
  }
}

// @ts-ignore: decorator
@inline
function adamWUnits(
  four: bool, i: usize, parameter: usize, gradient: usize, mean: usize, meanSquare: usize, ones: f32, squaresOfOnes: f32,
  learningRate: f32, kept: f32, rate1: f32, otherRate1: f32, rate2: f32, otherRate2: f32, epsilon: f32,
  outParameter: usize, outMean: usize, outMeanSquare: usize,
): void {
  const g = loadUnits(four, gradient + i);
  const first = nextMean(loadUnits(four, mean + i), g, rate1, otherRate1);
  const square = nextMean(loadUnits(four, meanSquare + i), f32x4.mul(g, g), rate2, otherRate2);
  const deviation = f32x4.add(f32x4.sqrt(f32x4.div(square, f32x4.splat(squaresOfOnes))), f32x4.splat(epsilon));
  const change = f32x4.mul(f32x4.div(f32x4.div(first, f32x4.splat(ones)), deviation), f32x4.splat(learningRate));
  const p = f32x4.mul(loadUnits(four, parameter + i), f32x4.splat(kept));
  storeUnits(four, outMean + i, first);
  storeUnits(four, outMeanSquare + i, square);
  storeUnits(four, outParameter + i, f32x4.sub(p, change));
}

/** Stochastic gradient descent; the velocity may be absent. */
export function sgdStep(
  parameter: usize, gradient: usize, velocity: usize, count: i32,
  learningRate: f32, decay: f32, momentum: f32, nesterov: bool,
  outParameter: usize, outVelocity: usize,
): void {
  const bytes = (<usize>count) << 2;
  const vectorBytes = bytes & ~15;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16) {
    sgdUnits(
      true, i, parameter, gradient, velocity, learningRate, decay, momentum, nesterov, outParameter, outVelocity,
    );
  }
  for (; i < bytes; i += 4) {
    sgdUnits(
      false, i, parameter, gradient, velocity, learningRate, decay, momentum, nesterov, outParameter, outVelocity,
    );
  }
}

// @ts-ignore: decorator
@inline
function sgdUnits(
  four: bool, i: usize, parameter: usize, gradient: usize, velocity: usize,
  learningRate: f32, decay: f32, momentum: f32, nesterov: bool,
  outParameter: usize, outVelocity: usize,
): void {
  const p = loadUnits(four, parameter + i);
  const g = withDecay(loadUnits(four, gradient + i), p, decay);
  let direction = g;
  if (velocity != 0) {
    direction = f32x4.add(f32x4.mul(loadUnits(four, velocity + i), f32x4.splat(momentum)), g);
    storeUnits(four, outVelocity + i, direction);
    if (nesterov) direction = f32x4.add(g, f32x4.mul(direction, f32x4.splat(momentum)));
  }
  storeUnits(four, outParameter + i, f32x4.sub(p, f32x4.mul(direction, f32x4.splat(learningRate))));
}
