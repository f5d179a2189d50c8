import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import type { Clock } from '../clock/clock.js';
import { BottleneckClient, LostRaceError, type PermitStock } from './bottleneck-client.js';
import type { PermitTerms } from './bottleneck-scripts.js';

/** The answer to one question for permits. Those just granted are out already. */
export interface PermitAnswer extends PermitStock {
  readonly granted: boolean;
}

/** Never, as far as Bottleneck is concerned: the longest that a timer can wait. What a beat is for is not needed here. */
const neverMs = 2_147_483_647;
/** Four scripts at the most, each of which ends within 300 ms. What takes longer hangs, and would for ever. */
const giveUpAfterMs = 1_500;

/**
 * One connection's permits in Redis, which all replicas share. Bottleneck decides about each. It is made with the first
 * question, and made anew after whatever failure.
 */
export class SharedPermits {
  readonly #id: string;
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #terms: PermitTerms;
  #current: { readonly bottleneck: Bottleneck; readonly client: BottleneckClient } | undefined;

  /** `id` begins every key; what is in braces in it decides the node of a Redis Cluster. */
  constructor(options: { id: string; redis: Redis; clock: Clock; terms: PermitTerms }) {
    this.#id = options.id;
    this.#redis = options.redis;
    this.#clock = options.clock;
    this.#terms = options.terms;
  }

  /** Whether there is something in memory to let go of. */
  get held(): boolean {
    return this.#current !== undefined;
  }

  /** How long ago at most the permits granted last began. */
  get permitAgeMs(): number {
    return this.#current?.client.permitAgeMs ?? 0;
  }

  /**
   * Asks for so many permits at once: all or none. One question at a time.
   * Rejects where Redis does not answer; permits may be out then that nobody has.
   */
  async ask(count: number): Promise<PermitAnswer> {
    this.#current ??= this.#make();
    const { bottleneck, client } = this.#current;
    try {
      const granted = await this.#grant(bottleneck, count);
      if (!granted && client.stock.permitsOut + count <= this.#terms.calls)
        throw new Error('Bottleneck dropped the job');
      return { granted, ...client.stock };
    } catch (error) {
      // The job that got no place is still in this Bottleneck's queue; and one that failed to start never does again.
      this.drop();
      if (!(error instanceof LostRaceError)) throw error;
      return { granted: false, ...client.stock };
    }
  }

  /** Lets the permits granted last begin now. Rejects where Redis does not answer. */
  async renew(): Promise<PermitStock> {
    if (this.#current === undefined) throw new Error('expected a permit, got none');
    return this.#current.client.renewPermit();
  }

  /** Lets go of what is in memory. The permits stay out until they end. */
  drop(): void {
    const { bottleneck } = this.#current ?? {};
    this.#current = undefined;
    // Bottleneck sets its timer when it is ready, even if it was disconnected before.
    bottleneck?.ready().then(
      () => bottleneck.disconnect(),
      () => undefined,
    );
  }

  #make() {
    const client = new BottleneckClient({ redis: this.#redis, clock: this.#clock, terms: this.#terms });
    const bottleneck = new Bottleneck({
      id: this.#id,
      // Without `Redis`, Bottleneck would look for the package itself.
      connection: new Bottleneck.IORedisConnection({ client, Redis }),
      maxConcurrent: this.#terms.calls,
      highWater: 0,
      strategy: Bottleneck.strategy.OVERFLOW,
      heartbeatInterval: neverMs,
      clientTimeout: this.#terms.ttlMs,
    });
    return { bottleneck, client };
  }

  /** Resolves with whether Bottleneck ran the job; rejects where it could not ask. */
  #grant(bottleneck: Bottleneck, weight: number): Promise<boolean> {
    let callOff = () => {};
    return new Promise<boolean>((resolve, reject) => {
      callOff = this.#clock.after(giveUpAfterMs, () => reject(new Error(`no answer within ${giveUpAfterMs} ms`)));
      // What fails after the job was queued is told here alone.
      bottleneck.on('error', reject);
      const run = async () => resolve(true);
      bottleneck.schedule({ weight, expiration: this.#terms.permitMs }, run).catch((error: unknown) => {
        if (error instanceof Bottleneck.BottleneckError) resolve(false);
        else reject(error);
      });
    }).finally(() => {
      callOff();
      bottleneck.removeAllListeners('error');
    });
  }
}
