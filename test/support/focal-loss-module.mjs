/** A loss for workers, which cannot be given a function. */
import { focalLoss } from "multimodal-video-tag/training";

export default focalLoss({ gamma: 1 });
