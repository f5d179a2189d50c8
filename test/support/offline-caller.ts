import { ControlClient } from '../../sandbox/kit/control-client.js';
import { type RunningSandbox, startSandbox } from '../../sandbox/sandbox.js';
import { ConnectionRegistry } from '../../src/connection/connection-registry.js';
import { UnknownKeys } from '../../src/connection/unknown-keys.js';
import { type ErrorAnswer, errorAnswer } from '../../src/errors/error-answer.js';
import { LocalCallLimiter } from '../../src/limiter/local-call-limiter.js';
import { operations } from '../../src/operations/operations.js';
import { PagerDuty } from '../../src/pagerduty/pagerduty.js';
import { HastyClock } from './hasty-clock.js';

/** Operations without the service's HTTP around them, on a clock that is the sandbox's too. */
export interface OfflineCaller {
  readonly clock: HastyClock;
  readonly sandbox: RunningSandbox;
  readonly control: ControlClient;
  /** Carries an operation out, and gives its answer or what the service would answer for its error. */
  call(id: string, inputs: Readonly<Record<string, unknown>>, key?: string): Promise<object | ErrorAnswer['body']>;
}

/** Starts a sandbox and what the operations need. The test's end stops both. */
export async function startOfflineCaller(
  t: { teardown(close: () => unknown): void },
  options: { readonly otherRegionUrl?: URL } = {},
): Promise<OfflineCaller> {
  const clock = new HastyClock();
  const sandbox = await startSandbox({ clock });
  const apiUrl = new URL(sandbox.url);
  const pagerDuty = new PagerDuty({
    apiUrl,
    eventsUrl: apiUrl,
    otherRegionUrl: options.otherRegionUrl,
    clock,
    random: () => 0.5,
    report: () => undefined,
  });
  const connections = new ConnectionRegistry({
    clock,
    limit: { calls: 30, windowMs: 60_000 },
    createLimiter: (options) => new LocalCallLimiter(options),
    unknownKeys: new UnknownKeys({ clock }),
  });
  t.teardown(async () => {
    await connections.close();
    await pagerDuty.close();
    await sandbox.close();
  });
  let keys = 0;
  return {
    clock,
    sandbox,
    control: new ControlClient(sandbox.url),
    async call(id, inputs, key = sandbox.credentials.accountKey) {
      const connection = connections.open({ scheme: 'Token', key }, pagerDuty);
      const uniqueKey = () => {
        keys += 1;
        return `key-${keys}`;
      };
      const operation = operations.find((one) => one.id === id);
      if (operation === undefined) throw new Error(`there is no operation ${id}`);
      try {
        const answer = await operation.parse(inputs, { connection, uniqueKey, routingKey: undefined }).run();
        return Buffer.isBuffer(answer) ? JSON.parse(String(answer)) : answer;
      } catch (error) {
        const { statusCode, body } = errorAnswer(error);
        return { statusCode, ...body };
      }
    },
  };
}
