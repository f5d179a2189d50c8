import t from 'tap';
import type { Dispatcher } from 'undici';
import { BufferedResponse } from '../../src/pagerduty/transport.js';

function read() {
  const outcomes: unknown[] = [];
  const answer = new BufferedResponse(
    (whole) => outcomes.push(whole),
    (error) => outcomes.push(error.message),
  );
  const aborted: string[] = [];
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    abort: ({ message }) => aborted.push(message),
    pause: () => undefined,
    resume: () => undefined,
  };
  return { answer, controller, outcomes, aborted };
}

t.test('a request that ends while it waits for a socket is told at once, and never sent', async (t) => {
  const { answer, controller, outcomes, aborted } = read();
  answer.abort(new Error('too late'));
  t.strictSame(outcomes, ['too late']);
  answer.onRequestStart(controller);
  t.strictSame(aborted, ['too late']);
});

t.test('a request that ends while it is under way is aborted', async (t) => {
  const { answer, controller, aborted } = read();
  answer.onRequestStart(controller);
  t.strictSame(aborted, []);
  answer.abort(new Error('too late'));
  t.strictSame(aborted, ['too late']);
});

t.test('an informational answer is not the answer, and characters may be cut anywhere', async (t) => {
  const { answer, controller, outcomes } = read();
  answer.onResponseStart(controller, 103, { link: '<x>' });
  answer.onResponseStart(controller, 200, { date: 'today' });
  for (const byte of Buffer.from('ü😀')) answer.onResponseData(controller, Buffer.from([byte]));
  answer.onResponseEnd();
  t.strictSame(outcomes, [{ status: 200, headers: { date: 'today' }, body: 'ü😀' }]);
});
