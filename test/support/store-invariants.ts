import type { Commit, EventStore } from '../../src/engine/event-store.js';
import { frontierMs, readHeader } from '../../src/engine/snapshot.js';

/** Looks, after each commit, whether what the store has can be true. */
export class StoreInvariants {
  /** What was wrong, in words. */
  readonly flaws: string[] = [];

  async check(store: EventStore, connectionId: string, before: string | undefined, commit: Commit): Promise<void> {
    const header = readHeader(commit.header);
    const was = before === undefined ? undefined : readHeader(before);
    if (was !== undefined) {
      if ((header.timelineMs ?? was.timelineMs ?? 0) < (was.timelineMs ?? 0)) this.#found('timeline', before, commit);
      if ((header.listsMs ?? was.listsMs ?? 0) < (was.listsMs ?? 0)) this.#found('lists', before, commit);
      if (header.logStartMs > was.logStartMs) this.#found('start', before, commit);
    }
    if (frontierMs(header) < header.logStartMs)
      this.flaws.push(`a frontier before the start of the log: ${commit.header}`);
    // What the lists told has another name there.
    if (header.listsMs !== undefined) return;
    const keys = [...commit.changedRecords.keys()].filter((key) => !key.startsWith('noted '));
    const missing = await store.unlogged(connectionId, keys);
    if (missing.size > 0) this.flaws.push(`known, and not in the log: ${[...missing].slice(0, 5).join(', ')}`);
  }

  #found(what: string, before: string | undefined, { header }: Commit): void {
    this.flaws.push(`the ${what} of the log went back: from ${before} to ${header}`);
  }
}
