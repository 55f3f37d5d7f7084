declare module "fs-native-extensions" {
  /**
   * Asks for an exclusive lock on `length` bytes of an open file.
   *
   * @returns false when another open file has it
   * @throws Error with the system's code where there are no such locks
   */
  export function tryLock(descriptor: number, offset: number, length: number): boolean;
}
