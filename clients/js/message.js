/** A message of a queue: what the broker sent, and what can be done with it. */
export class Message {
  #subscription;

  constructor(fields, subscription) {
    Object.assign(this, fields);
    this.#subscription = subscription;
  }

  /** Each resolves with what became of it: "acked", "ok", "already", "stale" or "unknown". */
  async ack() {
    const [result] = await this.#subscription.ack([this]);
    return result;
  }

  nack(options) {
    return this.#subscription._nack(this, options);
  }

  extend(visibilityTimeout) {
    return this.#subscription._extend(this, visibilityTimeout);
  }
}
