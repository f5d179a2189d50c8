import { TriggerFollower } from '../../sandbox/kit/trigger-follower.js';
import { type Call, readWorkflow, type Workflow } from './saved-workflow.js';
import { evaluate, type Scope } from './workflow-expression.js';

/** What a connection's id stands for. */
export interface HostConnection {
  readonly url: string;
  readonly key: string;
}

/**
 * Plays a workflow as Logic Apps has saved it: polls its trigger as the polling protocol says, starts a run for each
 * item of the news, and calls the actions of the run one after the other. It sends method, path, queries and body of
 * the file and nothing else. It knows what the saved workflows of the tests use, and refuses anything else.
 */
export class WorkflowHost {
  /** The URLs that it has polled with success. */
  readonly polled: URL[] = [];
  /** The trigger bodies of the runs that have ended. */
  readonly runs: unknown[] = [];
  /** What went wrong: a poll was refused, an action failed. A service that does not answer a poll is no failure. */
  readonly failures: string[] = [];
  readonly #trigger: Workflow['definition']['triggers'][string];
  readonly #actions: ReadonlyMap<string, Workflow['definition']['actions'][string]>;
  readonly #parameters: Scope['parameters'];
  readonly #connections: ReadonlyMap<string, HostConnection>;
  readonly #follower: TriggerFollower;

  /**
   * @param saved the content of the file
   * @param parameters values of the workflow's parameters, over those that were saved
   * @param connections by their ids
   */
  constructor(saved: unknown, parameters: Scope['parameters'], connections: ReadonlyMap<string, HostConnection>) {
    const { definition, parameters: savedParameters } = readWorkflow(saved);
    const [trigger, ...others] = Object.values(definition.triggers);
    if (trigger === undefined || others.length > 0) throw new Error('A workflow has one trigger.');
    this.#trigger = trigger;
    this.#actions = new Map(Object.entries(definition.actions));
    const values = Object.entries(savedParameters).map(([name, { value }]) => [name, value]);
    this.#parameters = { ...Object.fromEntries(values), ...parameters };
    this.#connections = connections;
    const { interval } = trigger.recurrence;
    const { connection, method, url, body } = this.#request(trigger.inputs, this.#scope(undefined));
    this.#follower = new TriggerFollower({
      url,
      key: connection.key,
      fetch: (next) => send(connection, { method, url: String(next), body }),
      // As `Retry-After` says, but after a 202 at least the recurrence; without a `Retry-After` the recurrence alone.
      waitMs: ({ outcome, retryAfterSeconds = interval }) =>
        1_000 * (outcome === 'page' ? retryAfterSeconds : Math.max(retryAfterSeconds, interval)),
    });
  }

  /** Polls, and runs what comes, until the signal aborts. */
  async play(signal: AbortSignal): Promise<void> {
    const { splitOn } = this.#trigger;
    const playing = this.#follower.run(signal, async ({ url, outcome, body }) => {
      if (outcome === 'failed') return;
      this.polled.push(new URL(url));
      if (outcome === 'empty') return;
      const items = evaluate(splitOn, this.#scope(body));
      if (!Array.isArray(items)) throw new Error(`${splitOn} is not a list.`);
      for (const item of items) await this.#run(item).catch(this.#noteFailure);
    });
    await playing.catch(this.#noteFailure);
  }

  async #run(triggerBody: unknown): Promise<void> {
    const scope = this.#scope(triggerBody);
    while (scope.bodies.size < this.#actions.size) {
      const [name, action] = [...this.#actions].find(([name, { runAfter }]) => {
        return !scope.bodies.has(name) && Object.keys(runAfter).every((other) => scope.bodies.has(other));
      }) ?? ['', undefined];
      if (action === undefined) throw new Error('The actions wait for each other.');
      const { connection, ...request } = this.#request(action.inputs, scope);
      const response = await send(connection, request);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${name} failed: ${response.status} ${text}`);
      scope.bodies.set(name, JSON.parse(text));
    }
    this.runs.push(triggerBody);
  }

  readonly #noteFailure = (error: unknown): undefined => {
    this.failures.push(String(error));
  };

  #scope(triggerBody: unknown) {
    return { triggerBody, parameters: this.#parameters, bodies: new Map<string, unknown>() };
  }

  #request({ host, method, path, queries = {}, body }: Call, scope: Scope) {
    const id = String(evaluate(host.connection.name, scope));
    const connection = this.#connections.get(id);
    if (connection === undefined) throw new Error(`There is no connection ${id}.`);
    const url = new URL(connection.url + String(evaluate(path, scope)));
    for (const [name, value] of Object.entries(queries)) {
      url.searchParams.append(name, String(evaluate(value, scope)));
    }
    const sent = body === undefined ? undefined : JSON.stringify(evaluate(body, scope));
    return { connection, method: method.toUpperCase(), url: url.href, body: sent };
  }
}

/** Sends a request. @throws {Error} if nobody answers */
function send(
  { key }: HostConnection,
  { url, method, body }: { url: string; method: string; body: string | undefined },
): Promise<Response> {
  // A socket of its own for each: one that is kept may belong to a process that was killed since.
  const headers = {
    'x-api-key': key,
    connection: 'close',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return fetch(url, { method, headers, body: body ?? null });
}
