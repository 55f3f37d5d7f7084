/** A loss that ends its worker thread when it is asked for the seventh time. */
import { sigmoidCrossEntropy } from "multimodal-video-tag/training";

let calls = 0;

export default (...given) => {
  if (++calls === 7) process.exit(3);
  return sigmoidCrossEntropy(...given);
};
