// A broker that listens beyond its machine and asks nobody for a key: its pages say so, and where keys are asked for they do not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Broker, PROGRAM } from "./_broker.mjs";
import { require, stage, View } from "./_browser.mjs";

const { look } = stage(async () => {}, ["auth.insecure=true"]);
const folder = mkdtempSync(join(tmpdir(), "twofold-open-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("every page says that it is open to everybody", async () => {
  const view = await look("overview");
  for (const hash of ["overview", "topics", "queues", "groups", "tail", "clients", "server", "kitchen"]) {
    await view.go(hash);
    await view.id("open").getByText("whoever reaches this broker may read and delete all of it").waitFor();
  }
  await view.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious in it, ${colorScheme}`, async () => {
    const view = await look("overview", { colorScheme, bypassCSP: true });
    await view.id("open").waitFor();
    await view.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await view.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`), []);
    await view.close();
  });
}

test("with keys it is not open, whatever auth.insecure says", async () => {
  const file = join(folder, "keys.toml");
  const admin = execFileSync(PROGRAM, ["key", "create", "admin", "--allow", "* *", "--keys-file", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  const keyed = new Broker(["auth.insecure=true", `auth.keys_file=${file}`]);
  await keyed.start();
  const other = await look("overview");
  const view = await View.open(other.page.context().browser(), keyed, { hash: "overview" });
  await view.page.getByLabel("Key", { exact: true }).fill(admin);
  await view.button("Continue").click();
  await view.page.getByRole("heading", { name: "Overview", exact: true, level: 1 }).waitFor();
  await view.go("server");
  await view.page.getByRole("table", { name: "Checks" }).waitFor();
  assert.equal(await view.id("open").count(), 0);
  await view.close();
  await other.close();
  await keyed.remove();
});
