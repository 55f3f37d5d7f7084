/** Milliseconds before each further try. */
const WAITS = [20, 200, 1000];

/**
 * Does work whose failure may pass, such as reading from a disk or a server: after a failure it is tried again, three
 * times at most, after 20, 200 and 1000 ms.
 *
 * @param mayPass tells whether another try may go well
 * @throws what the last try threw
 */
export async function patiently<Result>(
  work: () => Promise<Result>,
  mayPass: (error: unknown) => boolean,
): Promise<Result> {
  for (const wait of WAITS) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return work();
}
