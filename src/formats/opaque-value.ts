/**
 * A value of a pickle that is neither plain data nor an array of numbers: a date, a set, an object of some class. It was
 * not made; only the name of its class is known, and nothing can be read from it.
 */
export class OpaqueValue {
  /** Module and name, as the pickle has them. */
  readonly className: string;
  /** Goes on behind the class's name in messages. */
  readonly detail: string;

  constructor(className: string, detail = "") {
    this.className = className;
    this.detail = detail;
  }
}
