import { type FileSource, FileSourceError } from "./file-source.ts";

/**
 * The files below an address: in a browser, on the server that the page came from or on another.
 *
 * @param folder an address that `fetch` takes, with or without a slash at its end
 * @param options what `fetch` is to know besides: headers, credentials, a signal that ends it
 */
export function fetchedFiles(folder: string | URL, options: RequestInit = {}): FileSource {
  const base = String(folder).replace(/\/$/, "");
  return {
    async read(name) {
      const file = `${base}/${encodeURIComponent(name)}`;
      try {
        const response = await fetch(file, options);
        if (response.status === 404) return { file, bytes: undefined };
        if (!response.ok) throw new FileSourceError(`${file}: the server answered ${response.status}.`);
        return { file, bytes: new Uint8Array(await response.arrayBuffer()) };
      } catch (error) {
        if (error instanceof FileSourceError || !(error instanceof TypeError)) throw error;
        throw new FileSourceError(`${file}: it cannot be fetched (${error.message}).`, { cause: error });
      }
    },
  };
}
