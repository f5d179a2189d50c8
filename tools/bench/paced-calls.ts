import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

/** Calls at even distances. */
export interface Pace {
  readonly seconds: number;
  readonly callsEachSecond: number;
  readonly expectedStatus: number;
  readonly method: 'GET' | 'PUT';
  readonly body?: string;
  /** Where call number `index` goes, and with which API key. */
  readonly call: (index: number) => { readonly url: string; readonly key: string };
}

/**
 * Makes calls at even distances, not one after the other's answer: a slow answer must not lower the load.
 * @returns the latencies in milliseconds
 */
export async function pacedCalls(pace: Pace): Promise<number[]> {
  const latencies: Promise<number>[] = [];
  const startedAtMs = performance.now();
  for (let index = 0; index < pace.seconds * pace.callsEachSecond; index += 1) {
    await delay(Math.max(0, startedAtMs + (index * 1000) / pace.callsEachSecond - performance.now()));
    latencies.push(timeCall(pace, index));
  }
  return Promise.all(latencies);
}

async function timeCall({ call, method, body, expectedStatus }: Pace, index: number): Promise<number> {
  const { url, key } = call(index);
  const startedAtMs = performance.now();
  const response = await request(url, {
    method,
    headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  await response.body.dump();
  if (response.statusCode !== expectedStatus) {
    throw new Error(`expected ${expectedStatus}, got ${response.statusCode} for call ${index}`);
  }
  return performance.now() - startedAtMs;
}
