import { AccountError } from '../../../sandbox/account/account-error.js';
import { createSandbox, type Sandbox } from '../../../sandbox/sandbox.js';
import type { UpstreamRequest, UpstreamResponse } from '../../../src/pagerduty/transport.js';
import type { ManualClock } from '../manual-clock.js';
import { SimulatedUpstream } from '../simulated-upstream.js';
import { AccountLedger } from './account-ledger.js';
import { CallLimit } from './call-limit.js';
import { DateHeader } from './date-header.js';
import { type Asked, errorAnswer, type Given, type Layer, throughLayers } from './layers.js';
import { LedgerListings } from './ledger-listings.js';
import { OddListings } from './odd-listings.js';
import { OddRecords } from './odd-records.js';
import { OffsetClock } from './offset-clock.js';
import { Refusals } from './refusals.js';
import { SlowAnswers } from './slow-answers.js';

/** One account: the sandbox that plays it, what it has recorded, and how it is listed. */
export class SimulatedAccount {
  readonly sandbox: Sandbox;
  readonly ledger: AccountLedger;
  readonly listings: LedgerListings;
  readonly subdomain: string;

  constructor(options: { pagerDutyClock: OffsetClock; truth: ManualClock; seed: number; subdomain: string }) {
    const { pagerDutyClock, truth, seed, subdomain } = options;
    this.sandbox = createSandbox({ clock: pagerDutyClock, seed });
    this.sandbox.account.settings.rateLimitPerMinute = 1_000_000;
    this.ledger = new AccountLedger(this.sandbox.account, () => truth.monotonic());
    this.listings = new LedgerListings(this.ledger);
    this.subdomain = subdomain;
  }
}

/**
 * PagerDuty with its accounts, its own clock, and all that a test can make odd about it. What the engine reads is answered
 * from the ledger, at once and without sockets; everything else by the sandbox.
 */
export class SimulatedPagerDuty extends SimulatedUpstream {
  /** PagerDuty's own, which stamps what happens, and writes the Date header. */
  readonly clock: OffsetClock;
  readonly accounts: SimulatedAccount[] = [];
  readonly slow: SlowAnswers;
  readonly limit: CallLimit;
  readonly refusals = new Refusals();
  readonly date: DateHeader;
  readonly oddListings = new OddListings();
  readonly oddRecords = new OddRecords();
  readonly revokedKeys = new Set<string>();
  /** The outermost first. */
  readonly #layers: readonly Layer[];
  readonly #truth: ManualClock;

  constructor(truth: ManualClock) {
    const clock = new OffsetClock(truth);
    const first = new SimulatedAccount({ pagerDutyClock: clock, truth, seed: 1, subdomain: 'sandbox' });
    super(first.sandbox);
    this.clock = clock;
    this.#truth = truth;
    this.accounts.push(first);
    this.slow = new SlowAnswers(truth);
    this.limit = new CallLimit(() => truth.monotonic());
    this.date = new DateHeader(() => clock.now());
    this.#layers = [this.date, this.limit, this.slow, this.refusals, this.oddListings, this.oddRecords].map(
      ({ layer }) => layer,
    );
  }

  addAccount(subdomain: string): SimulatedAccount {
    const seed = this.accounts.length + 1;
    const added = new SimulatedAccount({ pagerDutyClock: this.clock, truth: this.#truth, seed, subdomain });
    this.accounts.push(added);
    return added;
  }

  /** What fails for a while fails no more. How PagerDuty is otherwise stays as it is. */
  heal(): void {
    this.pending.length = 0;
    this.isDown = false;
    this.refusals.end();
    this.oddListings.emptyPages = 0;
    this.oddListings.betweenPages = undefined;
    for (const { ledger } of this.accounts) ledger.showAll();
  }

  protected override async answer(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { pathname, searchParams } = new URL(request.path, 'http://pagerduty.invalid');
    const key = /(?:token=|Bearer )(.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const asked = { method: request.method, path: pathname, query: searchParams, key };
    const given = await throughLayers(this.#layers, asked, () => this.#fromAccount(asked, request));
    const { subdomain = '' } = this.#accountOf(key) ?? this.accounts[0] ?? {};
    const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
    const isOther = subdomain !== 'sandbox';
    const body = isOther ? text.replaceAll('//sandbox.pagerduty.com/', `//${subdomain}.pagerduty.com/`) : text;
    return { status: given.status, headers: given.headers, body };
  }

  async #fromAccount(asked: Asked, request: UpstreamRequest): Promise<Given> {
    const headers = { date: new Date(this.clock.now()).toUTCString() };
    const account = this.#accountOf(asked.key);
    if (account === undefined || this.revokedKeys.has(asked.key)) {
      return errorAnswer(401, 'Authentication failed', headers);
    }
    try {
      const body = account.listings.answer(asked);
      if (body !== undefined) return { status: 200, headers, body };
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      return errorAnswer(error.statusCode, error.message, headers);
    }
    return { ...(await this.inject(account.sandbox, request)), headers };
  }

  #accountOf(key: string): SimulatedAccount | undefined {
    return this.accounts.find(({ sandbox }) => sandbox.account.apiKey(key) !== undefined);
  }
}
