import { type FileSource, FileSourceError } from "./file-source.ts";
import { patiently } from "./patience.ts";

/**
 * The files below an address: in a browser, on the server that the page came from or on another. A server that does not
 * answer, or answers with a fault of its own, is asked again, three times at most.
 *
 * @param folder an address that `fetch` takes, with or without a slash at its end
 * @param options what `fetch` is to know besides: headers, credentials, a signal that ends it
 */
export function fetchedFiles(folder: string | URL, options: RequestInit = {}): FileSource {
  const base = String(folder).replace(/\/$/, "");
  return {
    async read(name) {
      const file = `${base}/${encodeURIComponent(name)}`;
      const bytes = await patiently(
        () => fetchBytes(file, options),
        (error) => error instanceof FileSourceError && error.mayPass,
      );
      return { file, bytes };
    },
  };
}

async function fetchBytes(file: string, options: RequestInit): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(file, options);
    if (response.status === 404) return undefined;
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const mayPass = response.status >= 500 || PASSING.includes(response.status);
    throw new FileSourceError(`${file}: the server answered ${response.status}.`, { mayPass });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileSourceError(`${file}: it cannot be fetched (${error.message}).`, { mayPass: true, cause: error });
  }
}

/** Below 500: it took too long, or there were too many requests. */
const PASSING = [408, 429];
