// docs/pictures/moving.webp, for the README: the lesson of the crash as it happens, a cook's and then a reader's.
// scripts/pictures runs this; img2webp (Debian's webp) keeps of each frame what has changed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Broker } from "./_broker.mjs";
import { launch, View } from "./_browser.mjs";

const FILE = fileURLToPath(new URL("../../docs/pictures/moving.webp", import.meta.url));
const LESSON = "kitchen?lesson=3&autoplay=1&chrome=0";
const FRAME_MS = 250;
const LONGEST_MS = 60_000;
const REST_MS = 3_000; // on the last frame, before it begins again

const broker = await new Broker().start();
const browser = await launch();
const folder = mkdtempSync(join(tmpdir(), "twofold-moving-"));

async function* frames(view) {
  const begun = Date.now();
  const isOver = () => view.page.locator('[data-testid="lesson"][data-state="over"]').count();
  for (let n = 1; Date.now() - begun < LONGEST_MS; n += 1) {
    yield await view.page.screenshot();
    if (await isOver()) return;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + n * FRAME_MS - Date.now())));
  }
  throw new Error(`the lesson was not over after ${LONGEST_MS} ms`);
}

try {
  const view = await View.open(browser, broker, { hash: LESSON, colorScheme: "light", viewport: { width: 1120, height: 800 } });
  await view.page.waitForSelector('[data-testid="lesson"]');
  const shown = []; // a picture, and for how long
  for await (const png of frames(view)) {
    if (shown.at(-1)?.png.equals(png)) shown.at(-1).ms += FRAME_MS;
    else shown.push({ png, ms: FRAME_MS });
  }
  shown.at(-1).ms = REST_MS;
  await view.close();
  const files = shown.flatMap(({ png, ms }, n) => {
    const file = join(folder, `${String(n).padStart(4, "0")}.png`);
    writeFileSync(file, png);
    return ["-d", String(ms), file];
  });
  execFileSync("img2webp", ["-loop", "0", "-kmin", "0", "-lossy", "-q", "60", "-m", "4", ...files, "-o", FILE], { stdio: ["ignore", "ignore", "inherit"] });
} finally {
  rmSync(folder, { recursive: true });
  await browser.close();
  await broker.remove();
}
