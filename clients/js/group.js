import { Refused } from "./errors.js";
import { Subscription } from "./subscription.js";

const HERE = { here: true };
const HELD_MAX = 0.8; // of the time that is left to commit what is revoked

/**
 * Reading a topic as a member of a group.
 *
 * Taken      was handed out and is not committed: by cursors as far as whole batches go, which count what a
 *            filter left out, too, and record by record in the batch that is being handed out.
 * Revoked    what the broker has sent goes on being handed out, for then the next reader need not read it
 *            again. What is left when the time to commit is nearly over is dropped.
 * Void       taken, but sure to come again: the connection was lost, or the partitions have moved. It can
 *            still be committed, never together with results of it: those will be made again.
 */
export class GroupSubscription extends Subscription {
  #onRevoked;
  #generation;
  #assignments = 0;
  #leaving = new Set(); // revoked, until it is told: {partitions, commit_by, timer, isDue}
  #isHooked = false;
  #isSeeking = false;
  #taken = new Map(); // by partition: the offset behind it
  #marks = []; // {cursor, epoch} behind whole batches
  #covered = new Map(); // of that, by the marks
  #isVoid = false; // what was taken comes again
  #wasLost = false; // and so does everything that is not committed

  constructor(client, sub, { onRevoked, ...options }) {
    super(client, sub, options);
    this.#onRevoked = onRevoked;
    this.group = options.group;
    this.member = undefined;
    this.partitions = [];
  }

  // --- taking --------------------------------------------------------------------------------------

  _isNew() {
    return true; // what comes again is meant to
  }

  _note({ partition, offset }, { isSought }) {
    if (this.#isVoid || this.#wasLost) this.#taken.clear();
    this.#wasLost = false;
    this.#isVoid = isSought;
    if (isSought) return;
    this.#taken.set(partition, offset + 1);
  }

  _pass(batch) {
    super._pass(batch);
    const { cursor, epoch, partitions } = batch;
    if (cursor === undefined) return;
    if (this.#marks.at(-1)?.epoch === epoch) this.#marks.pop();
    this.#marks.push({ cursor, epoch });
    for (const [one, offset] of this.#taken) if (partitions.includes(one)) this.#covered.set(one, offset);
  }

  // Between two records: tells of what was revoked, once nothing of it will be handed out any more.
  _isBusy() {
    for (const revoked of this.#leaving) {
      if (this.#isHooked || !this.#isDue(revoked)) continue;
      this.#left(revoked);
      if (this.#onRevoked) this.#tell(revoked);
    }
    return this.#isHooked;
  }

  #isDue({ partitions, isDue }) {
    const isLeft = (item) => partitions.includes(item.partition);
    return isDue || !this._batches.some(({ items, at }) => items.slice(at).some(isLeft));
  }

  async #tell({ partitions, commit_by }) {
    this.#isHooked = true;
    const failure = await Promise.resolve().then(() => this.#onRevoked({ partitions, commit_by }, this)).then(
      () => null, (error) => ({ error }));
    this.#isHooked = false;
    if (failure) this._fails(failure.error);
    this._serve();
  }

  #left(revoked) {
    clearTimeout(revoked.timer);
    this.#leaving.delete(revoked);
  }

  // --- what comes ----------------------------------------------------------------------------------

  _receive(frame, text) {
    if (frame.type === "assigned") this.#assigned(frame);
    if (frame.type === "revoked") this.#revoked(frame);
    super._receive(frame, text);
    if (frame.type === "revoked") this._serve();
  }

  #assigned({ partitions, member, generation }) {
    const isSought = generation === this.#generation; // the group was moved, not shared out
    const added = partitions.filter((one) => !this.partitions.includes(one));
    if (isSought && this.#isSeeking) this._begin();
    if (isSought) this.#marks = [];
    for (const batch of isSought ? this._batches : []) Object.assign(batch, { isSought, cursor: undefined });
    if (isSought || (!this.#wasLost && added.some((one) => this.#taken.has(one)))) this.#moved();
    this.#dropPartitions(added); // what was sent of them before comes again
    Object.assign(this, { partitions, member });
    this.#generation = generation;
    this.#assignments += 1;
    this.#isSeeking &&= !isSought;
    this._becomeReady();
  }

  #moved() {
    this.#isVoid ||= this.#taken.size > 0;
    this.#taken.clear();
  }

  #dropPartitions(partitions) {
    this._drop(({ partition }) => partitions.includes(partition), { cursor: undefined });
    for (const revoked of this.#leaving) revoked.isDue ||= revoked.partitions.some((one) => partitions.includes(one));
  }

  #revoked({ partitions, commit_by }) {
    this._epoch += 1;
    this.partitions = this.partitions.filter((one) => !partitions.includes(one));
    const revoked = { partitions, commit_by };
    revoked.timer = setTimeout(() => {
      this.#dropPartitions(partitions);
      this._serve();
    }, HELD_MAX * (Date.parse(commit_by) - Date.now()));
    this.#leaving.add(revoked);
  }

  // --- committing, seeking ---------------------------------------------------------------------------

  /** What was handed out is done. */
  async commit(cursor) {
    await this._insist(() =>
      cursor === undefined ? this.#commitTaken() : this._request({ type: "commit", cursor }, HERE));
  }

  async #commitTaken() {
    const taken = new Map(this.#taken);
    const marks = [...this.#marks];
    const wasLost = this.#wasLost;
    const assignments = this.#assignments;
    const asked = marks.map(({ cursor }) => this._request({ type: "commit", cursor }, HERE));
    const tail = [...taken].filter(([one, offset]) => this.#covered.get(one) !== offset);
    if (tail.length > 0) asked.push(this._client._request({ type: "transact", offsets: [this.#entry(tail)] }, HERE));
    const outcomes = await Promise.allSettled(asked);
    const error = outcomes.find(({ status }) => status === "rejected")?.reason;
    if (marks.length > 0 && error?.code === "member-fenced") {
      // A cursor speaks of all partitions at once, also of those that were committed and have moved on.
      this.#marks = this.#marks.filter((mark) => !marks.includes(mark));
      this.#covered.clear();
      return this.#commitTaken();
    }
    const mayBeAskedAgain = error && !(error instanceof Refused && !error.retryable);
    if (!mayBeAskedAgain) this._committed(taken, marks);
    if (error) throw error;
    // It was taken before the member joined again, and has come again meanwhile.
    if (wasLost && assignments === this.#assignments) {
      this._drop(({ partition, offset }) => offset < (taken.get(partition) ?? 0));
    }
  }

  #entry(taken) {
    const { group, topic } = this._options;
    return { group, member: this.member, offsets: { [topic]: Object.fromEntries(taken) } };
  }

  /** For a transaction: what it would commit, as an entry and for _committed(). */
  _standing() {
    if (this.#isVoid) {
      throw new Refused({ code: "member-fenced", status: 409, detail: "What was read comes again, to this or to " +
                          "another member: forget the result." });
    }
    const taken = new Map(this.#taken);
    return { taken, entry: taken.size > 0 ? this.#entry(taken) : undefined };
  }

  _committed(taken, marks = this.#marks.slice(0, -1)) {
    for (const [partition, offset] of taken) {
      if (this.#taken.get(partition) === offset) this.#taken.delete(partition);
    }
    this.#marks = this.#marks.filter((mark) => !marks.includes(mark));
  }

  /** A transaction was: what it was about comes again, and so does all that is not committed. */
  _fenced(error) {
    const isFenced = error.code === "member-fenced" || error.code === "cursor-stale";
    if (!isFenced || this.#wasLost || !this._client._renumber(this)) return;
    this._lost();
    this._open();
  }

  async seek(to) {
    this.#isSeeking = true;
    try {
      await this._insist(() => this._request({ type: "seek", to }, HERE));
    } catch (error) {
      this.#isSeeking = false;
      throw error;
    }
  }

  // --- beginning and ending --------------------------------------------------------------------------

  _begin(cursor) {
    super._begin(cursor);
    this.#marks = [];
  }

  _lost() {
    super._lost();
    const partitions = [...new Set([...this.#leaving, this].flatMap((one) => one.partitions))].sort((a, b) => a - b);
    for (const revoked of this.#leaving) this.#left(revoked);
    this.partitions = [];
    this.#generation = undefined;
    this.#marks = [];
    this.#covered.clear();
    this.#wasLost = true;
    this.#isVoid ||= this.#taken.size > 0;
    if (partitions.length === 0) return;
    this.#leaving.add({ partitions, isDue: true });
    this._happened("revoked", { type: "revoked", sub: this.sub, partitions });
    this._serve();
  }

  _end(error) {
    for (const revoked of this.#leaving) this.#left(revoked);
    super._end(error);
  }
}
