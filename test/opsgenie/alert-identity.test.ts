import fc from 'fast-check';
import t from 'tap';
import { alertIdOf, aliasFor, dedupKeyIn, dedupKeyOf } from '../../src/opsgenie/alert-identity.js';

const aliases = fc.string({ unit: 'binary', minLength: 1, maxLength: 600 });

t.test('an alias that PagerDuty can take is the dedup key, as it is', async (t) => {
  for (const alias of ['sentry: 42', 'a/b?c=d#e', 'Grüße 🔥', 'x'.repeat(255)]) t.equal(dedupKeyOf(alias), alias);
});

t.test('an alias that is too long keeps its beginning and ends in its hash', async (t) => {
  const key = dedupKeyOf(`${'x'.repeat(300)}1`);
  t.match(key, /^x{190}~[\da-f]{64}$/);
  t.equal(key, dedupKeyOf(`${'x'.repeat(300)}1`), 'the same each time');
  t.not(key, dedupKeyOf(`${'x'.repeat(300)}2`));
});

t.test('every alias has a dedup key that PagerDuty takes, and an id that gives it back', async () => {
  fc.assert(
    fc.property(aliases, (alias) => {
      const key = dedupKeyOf(alias);
      const id = alertIdOf(key);
      return (
        key.length <= 255 &&
        key.isWellFormed() &&
        /^pd_[\w-]+$/.test(id) &&
        dedupKeyIn(id, 'id') === key &&
        dedupKeyIn(id, undefined) === key &&
        dedupKeyIn(alias, 'alias') === key
      );
    }),
    { examples: [['\ud800'], ['🔥'.repeat(300)], [`${'x'.repeat(189)}${'🔥'.repeat(100)}`]] },
  );
});

t.test('an id that this service has not given is not taken for one', async (t) => {
  for (const id of [
    '8743a1b2-11da-480e-8493-744660987bef',
    'pd_',
    'pd_x',
    'pd_c2VudHJ5=',
    'pd_c2Vu dHJ5',
    'pd__w',
    '',
  ]) {
    t.throws(() => dedupKeyIn(id, undefined), { code: /^alert_not_found$/, statusCode: 404 }, id);
  }
  const foreign = fc.string({ unit: 'binary' }).filter((text) => !text.startsWith('pd_'));
  fc.assert(
    fc.property(foreign, (id) => {
      try {
        return dedupKeyIn(id, 'id') === undefined;
      } catch {
        return true;
      }
    }),
  );
});

t.test('a tiny id and an unknown kind of identifier are refused with the reason', async (t) => {
  t.throws(() => dedupKeyIn('7', 'tiny'), { code: /^opsgenie_unsupported$/, message: /Use the alias/ });
  for (const type of ['ALIAS', '', 'name', ['alias', 'id']]) {
    let thrown: unknown;
    try {
      dedupKeyIn('7', type);
    } catch (error) {
      thrown = error;
    }
    t.match(thrown, { statusCode: 422, errors: { identifierType: 'should be one of [ id, alias ]' } });
  }
});

t.test('an alert without an alias gets the same one for ten minutes, and another one for other alerts', async (t) => {
  const body = { message: 'The disk is full' };
  const nowMs = Date.parse('2026-01-05T09:00:00Z');
  const alias = aliasFor('one', body, nowMs);
  t.match(alias, /^[\da-f]{32}$/);
  t.equal(aliasFor('one', { ...body }, nowMs + 599_999), alias);
  for (const [what, other] of [
    ['later', aliasFor('one', body, nowMs + 600_000)],
    ['another alert', aliasFor('one', { ...body, priority: 'P1' }, nowMs)],
    ['another sender', aliasFor('two', body, nowMs)],
  ] as const) {
    t.not(other, alias, what);
  }
});
