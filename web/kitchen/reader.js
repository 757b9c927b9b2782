// A reader of the book: a member of a group with a WebSocket of its own, that commits each page it has read.
import { signal } from "../vendor/signals-core.js";
import { connect } from "../core/client.js";
import { pause } from "./pause.js";
import { readerGroup, sharedGroup } from "./setup.js";

/** state: off, reading, stuck (on a page that it cannot read), paused, crashed. */
export class Reader {
  #topic;
  #client = null;
  #pages = null;
  #life = 0;
  #go = () => {};
  #onError;

  constructor(letter, { topic, onError }) {
    this.letter = letter;
    this.#topic = topic;
    this.#onError = onError;
    this.shown = signal({ state: "off", readMs: 400, speed: 1, isShared: false, from: "earliest", at: undefined });
  }

  get group() {
    return this.shown.value.isShared ? sharedGroup(this.#topic) : readerGroup(this.#topic, this.letter.toLowerCase());
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  get state() {
    return this.shown.value.state;
  }

  async start() {
    if (this.#client || this.state === "reading") return;
    const life = ++this.#life;
    this.set({ state: "reading" });
    try {
      const client = await connect(location.origin, { client: `reader-${this.letter.toLowerCase()}` });
      if (life !== this.#life) return client.close();
      this.#client = client;
      await this.#read(client, life);
    } catch (error) {
      if (life === this.#life) {
        this.#client = null;
        this.set({ state: "off" });
        this.#onError(error);
      }
    }
  }

  async #read(client, life) {
    const { from } = this.shown.value;
    this.#pages = await client.subscribe({ topic: this.#topic, group: this.group, from, credit: { messages: 5 } });
    this.#pages.on("gap", () => {}); // what retention tore is seen on the page
    for await (const page of this.#pages) {
      if (life !== this.#life) return;
      this.set({ state: page.value?.burnt ? "stuck" : "reading", at: page });
      if (page.value?.burnt) await new Promise((resolve) => (this.#go = resolve));
      const { readMs, speed } = this.shown.value;
      await pause(readMs / speed);
      while (this.state === "paused" && life === this.#life) await new Promise((resolve) => (this.#go = resolve));
      if (life !== this.#life) return;
      await this.#pages.commit();
      if (life !== this.#life) return;
      if (this.state !== "paused") this.set({ state: "reading", at: undefined });
    }
  }

  /** Past the page that it cannot read. */
  skip() {
    if (this.state !== "stuck") return;
    this.set({ state: "reading" });
    this.#go();
  }

  pause() {
    this.set({ state: "paused" });
  }

  resume() {
    this.set({ state: "reading" });
    this.#go();
  }

  crash() {
    if (!this.#client) return;
    this.#drop();
    this.set({ state: "crashed", at: undefined });
  }

  /** The group goes back, or on: to the first page, an offset, a time. */
  async seek(to) {
    await this.#pages?.seek(to);
    if (this.state === "stuck") this.skip();
  }

  end() {
    this.#drop();
    this.set({ state: "off", at: undefined });
  }

  #drop() {
    this.#life += 1;
    this.#client?.close();
    this.#client = null;
    this.#pages = null;
    this.#go();
  }
}
