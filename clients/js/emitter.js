/** What happens besides the answers: on("gap", (frame) => ...). */
export class Emitter {
  #handlers = new Map();

  on(name, handler) {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
    return this;
  }

  /** Whether anybody listens. */
  _emit(name, detail) {
    const handlers = this.#handlers.get(name) ?? [];
    for (const handler of handlers) handler(detail);
    return handlers.length > 0;
  }
}
