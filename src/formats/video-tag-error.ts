/** What kind of error it is, for programs. */
export type VideoTagErrorCode =
  | "ERR_BACKEND"
  | "ERR_BACKEND_FAILED"
  | "ERR_BACKEND_MEMORY"
  | "ERR_DATASET_CHANGED"
  | "ERR_FILE"
  | "ERR_FILE_SOURCE"
  | "ERR_FORMAT"
  | "ERR_MISMATCH"
  | "ERR_NO_VIDEOS"
  | "ERR_NOT_FINITE"
  | "ERR_SHAPE"
  | "ERR_STATE"
  | "ERR_TOO_LARGE"
  | "ERR_WORKER";

/**
 * The base of every error of this library: the message is a sentence for people, `code` says the kind to programs. Only wrong
 * arguments are JavaScript's own `TypeError` and `RangeError`.
 *
 * @example
 * catch (error) {
 *   if (error instanceof VideoTagError && error.code === "ERR_BACKEND_MEMORY") await rebuildBackend();
 * }
 */
export abstract class VideoTagError extends Error {
  abstract readonly code: VideoTagErrorCode;
}
