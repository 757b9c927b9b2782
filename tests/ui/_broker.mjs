// A broker of its own for each file of tests, on a port that it keeps over its restarts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PROGRAM = process.env.TWOFOLD_BIN ?? "build/release/twofold";
const MS_MAX = 30_000;

export async function until(met, what, ms = MS_MAX) {
  for (const deadline = Date.now() + ms; ; ) {
    const found = await met();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const freePort = () => new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

export class Broker {
  #process;
  #folder = mkdtempSync(join(tmpdir(), "twofold-ui-"));

  constructor(settings = []) {
    this.settings = settings.flatMap((setting) => ["--set", setting]);
  }

  async start() {
    this.port ??= await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const log = openSync(join(this.#folder, "broker.log"), "a");
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TWOFOLD_")));
    env.TWOFOLD_STORAGE_ALLOW_VOLATILE = "true"; // the folder may be on a tmpfs
    this.#process = spawn(PROGRAM, ["serve", "--http", `127.0.0.1:${this.port}`, "--data", join(this.#folder, "data"), "--set", "storage.min_free=0", ...this.settings],
                          { env, stdio: ["ignore", log, log] });
    process.once("exit", this.#atExit);
    await until(() => this.#process.exitCode !== null || fetch(`${this.url}/readyz`).then(({ ok }) => ok, () => false), "the broker is ready");
    if (this.#process.exitCode !== null) throw new Error(readFileSync(join(this.#folder, "broker.log"), "utf8"));
    return this;
  }

  // A run that is broken off leaves no broker behind.
  #atExit = () => this.#process.kill("SIGKILL");

  async stop(signal = "SIGTERM") {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill(signal);
      await ended;
    }
    process.off("exit", this.#atExit);
  }

  /** It reads its keys again. */
  reload() {
    this.#process.kill("SIGHUP");
  }

  async remove() {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body === undefined ? undefined : JSON.stringify(body), headers: { "Content-Type": "application/json", ...(this.token && { Authorization: `Bearer ${this.token}` }) } });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  }

  async ask(method, path, body) {
    const { status, body: said } = await this.call(method, path, body);
    assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(said)}`);
    return said;
  }

  get = (path) => this.ask("GET", path);

  /** What an SQS client says: its protocol, its own words. */
  async sqs(action, body) {
    const answer = await fetch(this.url, { method: "POST", body: JSON.stringify(body), headers: {
      "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": `AmazonSQS.${action}`,
      Authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0" } });
    const said = await answer.text();
    assert.ok(answer.ok, said);
    return said ? JSON.parse(said) : null;
  }
}
