/** Files that two threads parse, by position: one takes them from the front, the other from the back, until they meet. */
export class SharedWork {
  readonly memory: SharedArrayBuffer;
  readonly #taken: Int32Array;
  readonly #total: number;

  constructor(total: number, memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#taken = new Int32Array(memory);
    this.#total = total;
  }

  /** Positions from the front. */
  * front(): Generator<number> {
    for (let next = 0; this.#takeOne(); next += 1) yield next;
  }

  /** Positions from the back. */
  * back(): Generator<number> {
    for (let next = this.#total - 1; this.#takeOne(); next -= 1) yield next;
  }

  /** Both together take as many as there are, so that they cannot cross. */
  #takeOne(): boolean {
    return Atomics.add(this.#taken, 0, 1) < this.#total;
  }
}
