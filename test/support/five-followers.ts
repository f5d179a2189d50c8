import { setTimeout as delay } from 'node:timers/promises';
import type { ControlClient } from '../../sandbox/kit/control-client.js';
import { type Comparison, compareDelivery, idsOf } from '../../sandbox/kit/delivery-oracle.js';
import type { TriggerFollower } from '../../sandbox/kit/trigger-follower.js';

const kinds = ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] as const;
type Kind = (typeof kinds)[number];

/** A flow host on each of the five triggers, and what they are owed of whole incident lives. */
export class FiveFollowers {
  readonly #control: ControlClient;
  readonly #watchedId: string;
  readonly #followers: Readonly<Record<Kind, TriggerFollower>>;
  #registeredAfter = 0;

  private constructor(control: ControlClient, watchedId: string, follow: (path: string) => TriggerFollower) {
    this.#control = control;
    this.#watchedId = watchedId;
    this.#followers = {
      created: follow('/trigger2/incidents'),
      assigned: follow('/trigger3/incidents/PUSER04'),
      acknowledged: follow('/trigger4/incidents'),
      resolved: follow('/trigger5/incidents'),
      noted: follow(`/trigger1/incidents/${watchedId}/notes`),
    };
  }

  /** Registers the five, and opens the incident whose notes one of them watches. */
  static async register(control: ControlClient, follow: (path: string) => TriggerFollower): Promise<FiveFollowers> {
    const [watched] = await control.trigger();
    const followers = new FiveFollowers(control, watched.id, follow);
    await followers.catchUp();
    followers.#registeredAfter = (await control.events()).length;
    return followers;
  }

  async catchUp(): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#followers[kind].catchUp()));
  }

  /** Incidents are assigned, acknowledged and resolved at once; each gives one event of every kind. */
  async live(incidents: readonly { readonly id: string }[]): Promise<void> {
    for (const { id } of incidents) {
      await this.#control.act(id, 'assign', { userIds: ['PUSER04'] });
      await this.#control.act(id, 'acknowledge', { userId: 'PUSER04' });
      await this.#control.act(this.#watchedId, 'note', { userId: 'PUSER02', content: 'Looking' });
      await this.#control.act(id, 'resolve');
    }
  }

  /** Catches up until all that is owed has come, then once more after `settleMs`; compares what came with the truth. */
  async settle(settleMs: number): Promise<readonly (Comparison & { readonly kind: Kind })[]> {
    for (let round = 0; round < 40; round += 1) {
      await this.catchUp();
      if ((await this.#compare()).every(({ lost }) => lost.length === 0)) break;
      await delay(500);
    }
    await delay(settleMs);
    await this.catchUp();
    return this.#compare();
  }

  async #compare(): Promise<readonly (Comparison & { readonly kind: Kind })[]> {
    const history = await this.#control.events(this.#registeredAfter);
    return kinds.map((kind) => {
      const subject = kind === 'assigned' ? 'PUSER04' : kind === 'noted' ? this.#watchedId : undefined;
      // The watched incident was created just before the registration, so it may come too.
      const may = kind === 'created' ? [this.#watchedId] : [];
      return { kind, ...compareDelivery(idsOf(history, { kind, subject }), this.#followers[kind].received, may) };
    });
  }
}
