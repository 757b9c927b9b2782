// Each lesson runs to its end by itself, everything it waits for is seen, and then the page shows what the API says.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { until } from "./_broker.mjs";
import { stage } from "./_browser.mjs";
import { agree, agrees } from "./_kitchen.mjs";

const { look } = stage();

const LESSONS = readdirSync(new URL("../../web/lessons/", import.meta.url)).length;

// The lesson before has left its own behind: this page asks.
const begins = (view) => until(async () => (await agree(view), Number(await view.id("lesson").getAttribute("data-step").catch(() => -1)) >= 0), "the lesson begins", 60_000);

for (let number = 1; number <= LESSONS; number += 1) {
  test(`lesson ${number} runs to its end`, async () => {
    const view = await look(`kitchen?lesson=${number}&autoplay=1&speed=2`);
    const lesson = view.id("lesson");
    await begins(view);
    await view.page.waitForSelector('[data-testid="lesson"]:is([data-state="over"], [data-state="failed"])', { timeout: 90_000 });
    assert.equal(await lesson.getAttribute("data-state"), "over", await lesson.textContent());
    assert.equal(Number(await lesson.getAttribute("data-step")) + 1, await lesson.locator(".dots li").count());
    await lesson.getByText("Try it from your terminal").waitFor();
    await agrees(view);
    await view.close();
  });
}

test("a lesson is stepped through by hand, back and on, and ended", async () => {
  const view = await look("kitchen?lesson=1");
  await begins(view);
  const at = (step) => view.page.waitForSelector(`[data-testid="lesson"][data-step="${step}"][data-state="ready"]`, { timeout: 30_000 });
  await at(0);
  await view.button("Next →").click();
  await at(1);
  await view.page.keyboard.press("ArrowRight");
  await at(2);
  await view.page.keyboard.press("ArrowLeft");
  await at(1);
  assert.ok(await view.page.locator(".lit").count() > 0, "what the step is about is marked");
  await view.button("End the lesson").click();
  assert.equal(await view.id("lesson").count(), 0);
  assert.doesNotMatch(view.page.url(), /lesson/);
  await view.close();
});
