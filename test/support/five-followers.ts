import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSandbox } from '../../sandbox/sandbox.js';
import type { SandboxControl } from './sandbox-control.js';
import type { TriggerFollower } from './trigger-follower.js';

const kinds = ['created', 'assigned', 'acknowledged', 'resolved', 'noted'] as const;

/** A flow host on each of the five triggers, and what they are owed of whole incident lives. */
export class FiveFollowers {
  readonly #sandbox: RunningSandbox;
  readonly #control: SandboxControl;
  readonly #watchedId: string;
  readonly #followers: Readonly<Record<(typeof kinds)[number], TriggerFollower>>;
  #registeredAfter = 0;

  private constructor(
    sandbox: RunningSandbox,
    control: SandboxControl,
    watchedId: string,
    follow: (path: string) => TriggerFollower,
  ) {
    this.#sandbox = sandbox;
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
  static async register(
    sandbox: RunningSandbox,
    control: SandboxControl,
    follow: (path: string) => TriggerFollower,
  ): Promise<FiveFollowers> {
    const [watched] = await control.trigger();
    const followers = new FiveFollowers(sandbox, control, watched.id, follow);
    await followers.poll();
    followers.#registeredAfter = sandbox.account.history.length;
    return followers;
  }

  async poll(): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#followers[kind].poll()));
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

  /** Polls until all that is owed has come, then once more after `settleMs`; gives what was owed and what came. */
  async settle(settleMs: number): Promise<{ kind: string; owed: string[]; received: string[] }[]> {
    for (let round = 0; round < 40; round += 1) {
      await this.poll();
      if (kinds.every((kind) => this.#followers[kind].received.length >= this.#owed(kind).length)) break;
      await delay(500);
    }
    await delay(settleMs);
    await this.poll();
    return kinds.map((kind) => ({
      kind,
      owed: this.#owed(kind).sort(),
      // The watched incident was created just before the registration, so it may come too.
      received: this.#followers[kind].received.filter((id) => kind !== 'created' || id !== this.#watchedId).sort(),
    }));
  }

  #owed(kind: (typeof kinds)[number]): string[] {
    return this.#sandbox.account.history
      .slice(this.#registeredAfter)
      .filter((item) => item.kind === kind && (kind !== 'assigned' || item.userId === 'PUSER04'))
      .map((item) => (kind === 'noted' ? (item.noteId ?? '') : item.incidentId));
  }
}
