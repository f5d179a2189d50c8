import type { Account } from '../../../sandbox/account/account.js';
import type { HistoryItem, LogEntry } from '../../../sandbox/account/records.js';
import { settle } from '../../../sandbox/account/settle.js';

/** When PagerDuty took something down and when it showed it, by the true time, whatever its own clock has stamped. */
interface Recorded {
  readonly recordedAtMs: number;
  visibleAtMs: number;
}

export interface RecordedEntry extends Recorded {
  readonly entry: LogEntry;
  /** Entries have numbers in the order in which they were taken down. */
  readonly n: number;
}

export interface RecordedItem extends Recorded {
  readonly item: HistoryItem;
}

/**
 * What an account has recorded, and when: the sandbox knows its own clock only, and this one also knows the true time.
 * Look it up after each thing that happens (`sync`), in the same instant.
 */
export class AccountLedger {
  /** How much later than it is recorded a log entry is shown from now on. The sandbox may hide one for longer. */
  lateMs = 0;
  readonly account: Account;
  readonly #trueNowMs: () => number;
  readonly #entries: RecordedEntry[] = [];
  readonly #items: RecordedItem[] = [];
  readonly #visibleAtMs = new Map<string, number>();
  #inOrder = true;

  constructor(account: Account, trueNowMs: () => number) {
    this.account = account;
    this.#trueNowMs = trueNowMs;
  }

  /** Everything that happened so far, in the order in which it was recorded. */
  get items(): readonly RecordedItem[] {
    return this.#items;
  }

  /** The entries that are shown now, the last one recorded first. */
  visibleEntries(): RecordedEntry[] {
    const nowMs = this.#trueNowMs();
    return this.#entries.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).reverse();
  }

  /** Whether entries were recorded in the order of their stamps. */
  get isInOrder(): boolean {
    return this.#inOrder;
  }

  get entryCount(): number {
    return this.#entries.length;
  }

  entriesFrom(n: number): readonly RecordedEntry[] {
    return this.#entries.slice(n);
  }

  /** Lets happen what falls due by PagerDuty's clock, and takes in all that has happened. */
  settle(): void {
    settle(this.account);
    this.sync();
  }

  /** Takes in all that has happened since the last time. */
  sync(): void {
    const { account } = this;
    const added = account.log.page({
      nowMs: Number.POSITIVE_INFINITY,
      offset: 0,
      limit: account.log.size - this.#entries.length,
      count: false,
    });
    for (const entry of [...added.entries].reverse()) this.#addEntry(entry);
    for (const item of account.history.slice(this.#items.length)) this.#addItem(item);
  }

  /** Shows everything that was recorded: it is late no longer. */
  showAll(): void {
    // Not yet to who was registered in this instant.
    const soonMs = this.#trueNowMs() + 1;
    this.lateMs = 0;
    for (const one of [...this.#entries, ...this.#items]) one.visibleAtMs = Math.min(one.visibleAtMs, soonMs);
  }

  #addEntry(entry: LogEntry): void {
    const recordedAtMs = this.#trueNowMs();
    const hiddenMs = Math.max(0, entry.listedFromMs - this.account.exactNow());
    const visibleAtMs = recordedAtMs + Math.max(hiddenMs, this.lateMs);
    const last = this.#entries.at(-1)?.entry.atMs ?? Number.NEGATIVE_INFINITY;
    if (entry.atMs < last) this.#inOrder = false;
    this.#entries.push({ entry, n: this.#entries.length, recordedAtMs, visibleAtMs });
    this.#visibleAtMs.set(entry.id, visibleAtMs);
  }

  #addItem(item: HistoryItem): void {
    const recordedAtMs = this.#trueNowMs();
    // A list of notes has a note at once; everything else is seen by its entry.
    const isShownAtOnce = item.kind === 'noted' || item.logEntryId === null;
    const visibleAtMs = isShownAtOnce ? recordedAtMs : (this.#visibleAtMs.get(item.logEntryId ?? '') ?? recordedAtMs);
    this.#items.push({ item, recordedAtMs, visibleAtMs });
  }
}
