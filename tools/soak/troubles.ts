import { setTimeout as delay } from 'node:timers/promises';
import type { ControlClient } from '../../sandbox/kit/control-client.js';

const pauseMs = 15_000;
const match = { path: '~^/(log_entries|incidents|users)' };

/** What goes wrong at PagerDuty, one after the other: errors, broken connections and bodies, slow and late answers. */
const troubles: readonly ((pagerDuty: ControlClient) => Promise<void>)[] = [
  (pagerDuty) => pagerDuty.fault(match, { status: 500 }, { times: 6 }),
  (pagerDuty) => pagerDuty.fault(match, { cut: 'before' }, { times: 4 }),
  (pagerDuty) => pagerDuty.fault(match, { delayMs: 3_000 }, { times: 5 }),
  (pagerDuty) => pagerDuty.fault(match, { rateLimited: { resetSeconds: 3 } }, { times: 3 }),
  (pagerDuty) => pagerDuty.fault(match, { brokenBody: 'truncated' }, { times: 3 }),
  (pagerDuty) => pagerDuty.fault(match, { cut: 'after' }, { times: 4 }),
  (pagerDuty) => pagerDuty.delayLogEntries(5, 8),
  (pagerDuty) => pagerDuty.fault(match, { status: 503 }, { times: 20 }),
];

/** Brings one trouble after the other until the signal aborts. */
export async function makeTrouble(pagerDuty: ControlClient, signal: AbortSignal): Promise<number> {
  let made = 0;
  for (; !signal.aborted; made += 1) {
    await troubles[made % troubles.length]?.(pagerDuty);
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return made;
}
