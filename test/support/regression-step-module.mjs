/** What a worker thread makes a regression's step by. */
import { Module } from "multimodal-video-tag";
import { BatchNorm, Dropout, Linear } from "multimodal-video-tag/layers";
import { stepOf } from "multimodal-video-tag/training";
import { regressionStepOf } from "./regression-step.mjs";

export default regressionStepOf({ Module, BatchNorm, Dropout, Linear, stepOf });
