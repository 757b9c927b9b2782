// The frame of every page: where one can go, whether the broker answers, and the page that the address names.
import { html, render, useEffect, useErrorBoundary, useState } from "./core/html.js";
import { href, route } from "./core/router.js";
import { readOnly, watchWorld } from "./core/api.js";
import { needed } from "./core/key.js";
import { KeyForm } from "./parts/key_form.js";
import { Nav } from "./parts/nav.js";
import { Lost, Open } from "./parts/bits.js";
import { Toasts } from "./parts/toast.js";

const lists = async (name) => ({ Page: (await import("./pages/lists.js"))[name] });
const PAGES = {
  kitchen: () => import("./kitchen/page.js"),
  overview: () => import("./pages/overview.js"),
  topics: () => lists("Topics"),
  topic: () => import("./pages/topic.js"),
  queues: () => lists("Queues"),
  queue: () => import("./pages/queue.js"),
  groups: () => lists("Groups"),
  group: () => import("./pages/group.js"),
  tail: () => import("./pages/tail.js"),
  clients: () => import("./pages/clients.js"),
  server: () => import("./pages/server.js"),
};
const SINGULAR = { topics: "topic", queues: "queue", groups: "group" };

/** The page of an address, and the name it is about. */
function found({ path: [first = "overview", name] }) {
  if (name !== undefined && SINGULAR[first]) return { page: SINGULAR[first], name };
  return { page: name === undefined && PAGES[first] ? first : undefined, name };
}

function App() {
  return needed.value === undefined ? html`<${Frame} />` : html`<main class="page" id="main"><${Lost} /><${KeyForm} /></main>`;
}

function Frame() {
  useEffect(watchWorld, []);
  const { page, name } = found(route.value);
  const { query } = route.value;
  useEffect(() => {
    document.title = [name ?? (page && page[0].toUpperCase() + page.slice(1)), "Twofold"].filter(Boolean).join(" · ");
  }, [page, name]);
  const isBare = query.chrome === "0";
  return html`<a class="skip" href="#main" onClick=${toMain}>To the content</a>
    <div class=${isBare ? "frame bare" : "frame"}>
      ${!isBare && html`<${Nav} page=${page} />`}
      <main class=${`page page-${page}`} id="main" tabindex="-1"><${Lost} /><${Open} /><${Page} key=${`${page}/${name}`} page=${page} name=${name} /></main>
    </div><${Toasts} />`;
}

// An address is "#/...": going to the content must not change it.
function toMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Page({ page, name }) {
  const [View, setView] = useState();
  const [error] = useErrorBoundary((broken) => console.error(broken));
  useEffect(() => {
    PAGES[page]?.().then((module) => setView(() => module.Page), console.error);
  }, [page]);
  if (error) return html`<h1>This page has a fault</h1><pre class="code">${error.stack ?? String(error)}</pre>`;
  if (page === "kitchen" && readOnly.value) return html`<h1>Kitchen</h1><p>The kitchen sends and receives, and these pages only show: <code>ui.read_only</code> is set.</p>`;
  if (!PAGES[page]) return html`<h1>There is no such page</h1><p><a href=${href([])}>To the overview</a></p>`;
  return View && html`<${View} name=${name} />`;
}

render(html`<${App} />`, document.getElementById("app"));
