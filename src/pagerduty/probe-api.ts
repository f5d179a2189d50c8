import Type from 'typebox';
import type { Credential, PagerDutyClient } from './client.js';
import { PagerDutyResponseError } from './errors.js';
import { reader } from './models.js';

const readAnything = reader('a list of users', Type.Object({ users: Type.Array(Type.Unknown()) }));

/** An identifier of the right form that no incident has, since PagerDuty makes none with these words in it. */
const noIncident = 'PTESTCONNECTIO';

/** An address that no user has, since nobody can have one there: https://www.rfc-editor.org/rfc/rfc2606 */
const nobody = 'nobody@connection-test.invalid';

/** Finds out what a credential is good for. */
export class ProbeApi {
  readonly #client: PagerDutyClient;
  readonly #otherRegion: PagerDutyClient | undefined;
  readonly #credential: Credential;

  constructor(options: { client: PagerDutyClient; otherRegion: PagerDutyClient | undefined; credential: Credential }) {
    this.#client = options.client;
    this.#otherRegion = options.otherRegion;
    this.#credential = options.credential;
  }

  /** Integration keys are 32 letters and digits, API keys are shorter, and app tokens have other characters too. */
  get looksLikeIntegrationKey(): boolean {
    return /^[a-z0-9]{32}$/i.test(this.#credential.key);
  }

  /** The cheapest call that only an accepted key gets answered. @throws {PagerDutyResponseError} if it is not */
  async read(): Promise<void> {
    await readUsers(this.#client);
  }

  /**
   * Whether the key may change things: PagerDuty answers 403 to a key that may not before it looks at the request,
   * and another error to this one, which names no incident and no user and so cannot change anything.
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
      const status = error instanceof PagerDutyResponseError ? error.status : undefined;
      if (status === 403) return false;
      if (status !== 400 && status !== 404) throw error;
    }
    return true;
  }

  /** Whether PagerDuty's other region accepts the key. False too where there is no other region to ask. */
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
