import type { EntryGate, KeyOutcome } from '../pagerduty/call-gate.js';
import type { PagerDutyResponseError } from '../pagerduty/errors.js';

/** What a call with an unknown key takes. To be called to give it back, once the call has shown to be no guess. */
export type Token = () => void;

/** What all keys share. A key is named by its id, a hash. */
export interface SharedKeys {
  /** Whether PagerDuty has accepted the key lately. */
  isAccepted(id: string): Promise<boolean>;
  /** PagerDuty has accepted the key. */
  accepted(id: string): void;
  /** PagerDuty has refused the key, which it has not accepted before. */
  refused(id: string): void;
  /** Whether PagerDuty has refused the key just now. */
  isRefused(id: string): boolean;
  /** A refusal was repeated without asking PagerDuty. */
  remembered(): void;
  /** Takes the token of one call. @throws {ServiceError} as `refuseIfExhausted` */
  take(id: string, address: string | undefined): Token;
  /** @throws {ServiceError} `too_many_unknown_keys`, 503, if no call with this key may go out */
  refuseIfExhausted(id: string, address: string | undefined): void;
}

/**
 * Knows whether PagerDuty has accepted one key, and stands before its calls. Each call with an unknown key needs a token
 * of those that all unknown keys share. Once PagerDuty has accepted the key, its calls pass freely. If it is revoked later, PagerDuty
 * says so, and the limit of the connection bounds how often.
 */
export class KeyGuard implements EntryGate {
  /** Where the key came from last; undefined if nobody knows. */
  address: string | undefined;
  readonly #id: string;
  readonly #keys: SharedKeys;
  readonly #refusal: () => PagerDutyResponseError;
  #onAccepted: (() => void) | undefined;
  #isRecalled = false;
  /** Of a request whose inputs are right, and whose first call has not gone out yet. */
  #ticket: Token | undefined;
  /** Of the calls that went out while the key was unknown. */
  #underWay: Token[] = [];

  constructor(options: {
    /** A hash, which names the key where accepted ones are remembered. */
    id: string;
    keys: SharedKeys;
    onAccepted: () => void;
    /** What PagerDuty says of a key that it refuses. */
    refusal: () => PagerDutyResponseError;
  }) {
    this.#id = options.id;
    this.#keys = options.keys;
    this.#refusal = options.refusal;
    this.#onAccepted = options.onAccepted;
  }

  /** Whether PagerDuty has accepted the key, at least once. */
  get isAccepted(): boolean {
    return this.#onAccepted === undefined;
  }

  /** Whether a call is under way by which PagerDuty may still accept the key. */
  get hasCallsUnderWay(): boolean {
    return this.#underWay.length > 0;
  }

  /** Finds out whether PagerDuty has accepted the key before this process knew of it. */
  async recall(): Promise<void> {
    if (this.isAccepted || this.#isRecalled) return;
    this.#isRecalled = true;
    if (await this.#keys.isAccepted(this.#id)) this.markAccepted();
  }

  /** Says that PagerDuty has accepted the key: there is proof of it. */
  markAccepted(): void {
    const onAccepted = this.#onAccepted;
    this.#onAccepted = undefined;
    for (const giveBack of [...this.#underWay, this.#ticket]) giveBack?.();
    this.#underWay = [];
    this.#ticket = undefined;
    onAccepted?.();
  }

  /** @throws {PagerDutyResponseError} for an unknown key that PagerDuty has refused just now */
  refuseIfRejected(): void {
    if (!this.#isRefused) return;
    this.#keys.remembered();
    throw this.#refusal();
  }

  /** @throws {ServiceError} `too_many_unknown_keys`, 503, if a call with this key would not be let out */
  refuseIfCrowded(): void {
    if (this.isAccepted || this.#isRefused || this.#ticket !== undefined) return;
    this.#keys.refuseIfExhausted(this.#id, this.address);
  }

  charge(): () => void {
    if (this.isAccepted || this.#isRefused) return () => undefined;
    const token = this.#keys.take(this.#id, this.address);
    return () => {
      if (this.#ticket === undefined && !this.isAccepted) this.#ticket = token;
      else token();
    };
  }

  async enter(): Promise<void> {
    await this.recall();
    if (this.isAccepted) return;
    this.refuseIfRejected();
    const token = this.#ticket ?? this.#keys.take(this.#id, this.address);
    this.#ticket = undefined;
    this.#underWay.push(token);
  }

  exit(outcome: KeyOutcome): void {
    if (outcome === 'accepted') {
      this.#keys.accepted(this.#id);
      if (!this.isAccepted) this.markAccepted();
      return;
    }
    // If the key was accepted meanwhile, the call's token has been given back.
    if (this.isAccepted) return;
    this.#underWay.pop();
    if (outcome === 'refused') this.#keys.refused(this.#id);
  }

  get #isRefused(): boolean {
    return !this.isAccepted && this.#keys.isRefused(this.#id);
  }
}
