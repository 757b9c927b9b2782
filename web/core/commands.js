// What somebody types in a terminal to have the same. Pure functions: each gives [[program, command]...].
const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replaceAll("'", `'\\''`)}'`);

const DEFAULT = "http://127.0.0.1:8080";

/** Commands for one broker: its address as the page sees it. Where it asks for a key, they name the variable that has it. */
export function commandsFor(origin, hasKey = () => false) {
  const auth = () => (hasKey() ? ' -H "Authorization: Bearer $TWOFOLD_TOKEN"' : "");
  const cli = (...words) => ["twofold", ["twofold", ...(origin === DEFAULT ? [] : ["-s", origin]), ...words].map(shell).join(" ")];
  const curl = (method, target, body) => {
    const data = body === undefined ? "" : ` -d ${shell(JSON.stringify(body))}`;
    const verb = method === "GET" || (method === "POST" && body !== undefined) ? "" : ` -X ${method}`;
    return ["curl", `curl -sS${verb}${auth()} ${shell(`${origin}/v1/${target}`)}${data}`];
  };
  const aws = (...words) => ["aws", ["aws", "--endpoint-url", origin, "sqs", ...words].map(shell).join(" ")];
  const url = (queue) => `${origin}/000000000000/${queue}`;
  const part = encodeURIComponent;
  const given = (flag, value) => (value === undefined || value === "" ? [] : [flag, String(value)]);

  return {
    auth,
    listTopics: () => [cli("topic", "list"), curl("GET", "topics")],
    createTopic: (name, config) => [cli("topic", "create", name, "--partitions", String(config.partitions ?? 1)), curl("PUT", `topics/${part(name)}`, config)],
    configTopic: (name, config) => [curl("PATCH", `topics/${part(name)}`, config)],
    deleteTopic: (name) => [cli("topic", "delete", name), curl("DELETE", `topics/${part(name)}`)],
    trimTopic: (name, before) => [cli("topic", "trim", name, "--before", position(before)), curl("POST", `topics/${part(name)}/trim`, { before })],
    produce: (name, record) => [
      cli("produce", name, ...given("-k", record.key), record.text ?? JSON.stringify(record.value)),
      curl("POST", `topics/${part(name)}/records`, record),
    ],
    browse: (name, query) => [
      cli("consume", name, "-O", position(query.from ?? "earliest"), "-n", String(query.limit ?? 50), "-e"),
      curl("GET", `topics/${part(name)}/records?${new URLSearchParams(query)}`),
    ],
    attach: (topic, queue, config) => [
      cli("attach", topic, queue, "--from", position(config.source.from), ...given("--visibility", config.visibility_timeout),
          ...given("--max-receives", config.max_receives), ...given("--filter", config.source.filter)),
      curl("PUT", `queues/${part(queue)}`, config),
    ],
    listQueues: () => [cli("queue", "list"), curl("GET", "queues"), aws("list-queues")],
    createQueue: (name, config) => [
      cli("queue", "create", name), curl("PUT", `queues/${part(name)}`, config), aws("create-queue", "--queue-name", name)],
    configQueue: (name, config) => [curl("PATCH", `queues/${part(name)}`, config)],
    deleteQueue: (name) => [cli("queue", "delete", name), curl("DELETE", `queues/${part(name)}`), aws("delete-queue", "--queue-url", url(name))],
    purgeQueue: (name) => [cli("queue", "purge", name), curl("POST", `queues/${part(name)}/purge`, {}), aws("purge-queue", "--queue-url", url(name))],
    send: (name, message) => [
      cli("send", name, message.text ?? JSON.stringify(message.value)), curl("POST", `queues/${part(name)}/messages`, message),
      aws("send-message", "--queue-url", url(name), "--message-body", message.text ?? JSON.stringify(message.value))],
    receive: (name) => [
      cli("receive", name, "--wait", "20s"), curl("POST", `queues/${part(name)}/receive`, { wait: "20s" }),
      aws("receive-message", "--queue-url", url(name), "--wait-time-seconds", "20")],
    peek: (name, state) => [
      cli("peek", name, "--state", { in_flight: "inflight" }[state] ?? state ?? "all"),
      curl("GET", `queues/${part(name)}/messages${state && state !== "all" ? `?state=${state}` : ""}`)],
    explain: (name, id) => [curl("GET", id ? `queues/${part(name)}/messages/${id}/explain` : `queues/${part(name)}/explain`)],
    operate: (name, action, request) => [curl("POST", `queues/${part(name)}/${action}`, request)],
    deleteMessage: (name, id) => [curl("DELETE", `queues/${part(name)}/messages/${id}`)],
    moveMessage: (name, id, destination) => [curl("POST", `queues/${part(name)}/messages/${id}/move`, { destination })],
    patchMessage: (name, id, change) => [curl("PATCH", `queues/${part(name)}/messages/${id}`, change)],
    listGroups: () => [cli("group", "list"), curl("GET", "groups")],
    describeGroup: (name) => [cli("group", "describe", name), curl("GET", `groups/${part(name)}`)],
    seekGroup: (name, topic, to) => [
      cli("group", "seek", name, "--to", position(to), "--topics", topic), curl("POST", `groups/${part(name)}/seek`, { topic, to })],
    deleteGroup: (name) => [cli("group", "delete", name), curl("DELETE", `groups/${part(name)}`)],
    closeConnection: (id) => [curl("DELETE", `connections/${id}`)],
    tail: (name) => [cli("tail", name)],
    read: (path) => [curl("GET", path)],
  };
}

/** A position of the API as the command line writes it. */
export function position(value) {
  if (typeof value === "object" && value !== null) {
    const [[partition, offset]] = Object.entries(value);
    return `${partition}:${offset}`;
  }
  const text = String(value);
  if (text === "earliest") return "start";
  if (text === "latest") return "end";
  return /^\d+$/.test(text) ? text : `@${text}`;
}
