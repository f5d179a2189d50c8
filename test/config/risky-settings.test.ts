import t from 'tap';
import { riskySettings } from '../../src/config/risky-settings.js';
import { readConfig } from '../../src/config/settings.js';

/** The variables that a configuration is warned of. */
function risksOf(environment: Record<string, string>): readonly string[] {
  return riskySettings(readConfig(environment)).map((risk) => risk.slice(0, risk.indexOf(':')));
}

t.test('the defaults, and everything encrypted or on this machine, are no risk', async (t) => {
  t.strictSame(risksOf({}), []);
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'pagerduty.localhost']) {
    const urls = { PAGERDUTY_API_URL: `http://${host}:3999`, PAGERDUTY_EVENTS_URL: `http://${host}:3999` };
    t.strictSame(risksOf({ ...urls, REDIS_URL: `redis://${host}:6379` }), [], host);
  }
  t.strictSame(risksOf({ REDIS_URL: 'rediss://:secret@redis.internal' }), []);
  t.strictSame(risksOf({ HOST: '0.0.0.0', PUBLIC_URL: 'https://connector.example.com' }), []);
});

t.test('what goes to another machine in clear is a risk', async (t) => {
  t.strictSame(risksOf({ PAGERDUTY_API_URL: 'http://proxy.internal' }), ['PAGERDUTY_API_URL']);
  t.strictSame(risksOf({ PAGERDUTY_EVENTS_URL: 'http://10.0.0.1' }), ['PAGERDUTY_EVENTS_URL']);
  t.strictSame(risksOf({ REDIS_URL: 'redis://:secret@redis.internal' }), ['REDIS_URL']);
  t.strictSame(risksOf({ REDIS_URL: 'rediss://redis.internal' }), ['REDIS_URL']);
  t.strictSame(risksOf({ REDIS_URL: 'redis://localhost.example.com' }), ['REDIS_URL', 'REDIS_URL']);
});

t.test('listening everywhere without a public URL is a risk', async (t) => {
  for (const HOST of ['0.0.0.0', '::']) t.strictSame(risksOf({ HOST }), ['HOST']);
});

t.test('no risk repeats a password', async (t) => {
  const risks = riskySettings(readConfig({ REDIS_URL: 'redis://name:secret@redis.internal' }));
  t.equal(risks.length, 1);
  t.notMatch(risks, [/secret|name:/]);
});
