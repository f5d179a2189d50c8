// A replica of its own, for tests that kill or stop it: takes calls of one connection and prints when each was granted.
// Works on the built service. Arguments: Redis URL, connection id, calls, window (ms), callers, by how much the clock is wrong (ms).
import { systemClock } from '../../dist/clock/clock.js';
import { RedisCallLimiter } from '../../dist/limiter/redis-call-limiter.js';
import { openRedis } from '../../dist/redis/redis.js';

const [url, connectionId = '', calls, windowMs, callers, skewMs] = process.argv.slice(2);
const machineNow = Date.now;
Date.now = () => machineNow() + Number(skewMs);
const redis = openRedis(new URL(url ?? ''), { onError: () => undefined });
await redis.connect();
const limit = { calls: Number(calls), windowMs: Number(windowMs) };
const limiter = new RedisCallLimiter({ connectionId, limit, clock: systemClock, redis });

function tell(line) {
  process.stdout.write(`${line}\n`);
}

async function take() {
  try {
    const decision = await limiter.take();
    // One clock for every process of a machine, in nanoseconds.
    const atMs = Number(process.hrtime.bigint()) / 1e6;
    tell(decision.granted ? `granted ${atMs}` : `refused ${decision.retryAfterMs}`);
    return decision.granted ? 0 : decision.retryAfterMs;
  } catch (error) {
    tell(`failed ${error.code} ${error.cause?.message}`);
    return 100;
  }
}

async function callOnAndOn() {
  for (;;) await new Promise((resolve) => take().then((waitMs) => setTimeout(resolve, waitMs)));
}

for (let caller = 0; caller < Number(callers); caller++) void callOnAndOn();
// A line on the standard input is one call.
process.stdin.on('data', () => void take());
tell('ready');
