/**
 * Loads one of the page's own files.
 *
 * @throws Error whose message is a sentence
 */
export async function fetchedBytes(address: string): Promise<Uint8Array> {
  const file = new URL(address).pathname.split("/").at(-1);
  const problem = `The page's own file ${file} could not be loaded. Is the network gone?`;
  try {
    const response = await fetch(address);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  throw new Error(problem);
}
