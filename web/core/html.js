// What every part is written with: templates, hooks and signals.
import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { Fragment, render } from "../vendor/preact.js";
export { useCallback, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from "../vendor/signals.js";

/** Text in a template is text: nothing here makes markup out of data. */
export const html = htm.bind(h);

/** Names of classes, without those that do not apply. */
export const names = (...all) => all.filter(Boolean).join(" ");
