/** What the client throws. */
export class TwofoldError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** The broker said no. Nothing was written, unless `status` is 500. */
export class Refused extends TwofoldError {
  constructor(problem) {
    super([problem.detail ?? problem.title, problem.hint].filter(Boolean).join(" "));
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.retryable = problem.retryable ?? false;
  }
}

/** The connection was lost before the answer came: what was asked for may be done, or not. */
export class UnknownOutcome extends TwofoldError {}

/** The client or the subscription is closed, or on its way. */
export class Closed extends TwofoldError {}

/** Never leaves the client: what belonged to a connection went with it. */
export class ConnectionLost extends TwofoldError {}

export const unknownOutcome = (why) =>
  new UnknownOutcome(`The connection was lost before the answer came (${why}): it may be done, or not.`);
