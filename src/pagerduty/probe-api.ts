import Type from 'typebox';
import type { Credential, PagerDutyClient } from './client.js';
import { PagerDutyResponseError } from './errors.js';
import { isIntegrationKey } from './integration-key.js';
import { reader } from './read-body.js';

const readAnything = reader('a list of users', Type.Object({ users: Type.Array(Type.Unknown()) }));

/** An identifier of the right form that no incident has, since PagerDuty makes none with these words in it. */
const noIncident = 'PTESTCONNECTIO';

/** An address that no user has, since nobody can have one there: https://www.rfc-editor.org/rfc/rfc2606 */
const nobody = 'nobody@connection-test.invalid';

/** Finds out what a credential may do. */
export class ProbeApi {
  readonly #client: PagerDutyClient;
  readonly #otherRegion: PagerDutyClient | undefined;
  readonly #credential: Credential;

  constructor(options: { client: PagerDutyClient; otherRegion: PagerDutyClient | undefined; credential: Credential }) {
    this.#client = options.client;
    this.#otherRegion = options.otherRegion;
    this.#credential = options.credential;
  }

  /** Whether the key looks like an integration key and not like a scoped app token, which begins with `pdus+`. */
  get looksLikeIntegrationKey(): boolean {
    return isIntegrationKey(this.#credential.key) && !/^pd[a-z]+\+/.test(this.#credential.key);
  }

  /** The cheapest call that needs an accepted key. @throws {PagerDutyResponseError} if PagerDuty refuses the key */
  async read(): Promise<void> {
    await readUsers(this.#client);
  }

  /**
   * Whether the key may change things. To a key that may not, PagerDuty answers 403 before it looks at the request. To
   * any other key it answers another error: the request names no incident and no user, so it cannot change anything.
   */
  async mayWrite(): Promise<boolean> {
    try {
      await this.#client.call({
        method: 'PUT',
        path: '/incidents/{id}',
        pathValues: { id: noIncident },
        from: nobody,
        body: { incident: { type: 'incident_reference' } },
        idempotent: true,
        read: (body) => body,
      });
    } catch (error) {
      // Only what PagerDuty says of the request itself tells that the key may make such requests.
      const status = error instanceof PagerDutyResponseError ? error.pagerDutyStatus : undefined;
      if (status === 403) return false;
      if (status !== 400 && status !== 404) throw error;
    }
    return true;
  }

  /** Whether PagerDuty's other region accepts the key. False too if there is no other region to ask. */
  async isOfOtherRegion(): Promise<boolean> {
    if (this.#otherRegion === undefined) return false;
    try {
      await readUsers(this.#otherRegion);
      return true;
    } catch {
      // Whatever the reason, the other region did not say that the key is its own.
      return false;
    }
  }
}

async function readUsers(client: PagerDutyClient): Promise<void> {
  await client.call({ method: 'GET', path: '/users', query: { limit: 1 }, idempotent: true, read: readAnything });
}
