import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { errorCodes } from '../../src/errors/error-codes.js';
import { documentedErrors } from '../support/documented-errors.js';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && name !== 'errors/error-codes.ts',
);
const texts = files.map((name) => ({ name, text: readFileSync(source + name, 'utf8') }));
const catalogue = new Map(Object.entries(errorCodes));
/** A code beside its status, as the code writes both. */
const pairs = texts.flatMap(({ name, text }) => [
  ...[...text.matchAll(/\bcode: '(\w+)',\s+statusCode: (\d{3})/g)].map(([, code, status]) => ({ name, code, status })),
  ...[...text.matchAll(/\[(\d{3}), '(\w+)'/g)].map(([, status, code]) => ({ name, code, status })),
]);

t.test('an error has a status that the catalogue gives its code', async (t) => {
  t.ok(pairs.length > 40, `${pairs.length} pairs`);
  for (const { name, code = '', status } of pairs) {
    t.ok(catalogue.get(code)?.statuses.includes(Number(status)), `${name}: ${status} ${code}`);
  }
});

t.test('every code of the catalogue is one that the service uses', async (t) => {
  for (const code of catalogue.keys())
    t.ok(
      texts.some(({ text }) => text.includes(`'${code}'`)),
      code,
    );
});

t.test('the documented errors are those of the catalogue, each with one sentence', async (t) => {
  const listed = [...catalogue].flatMap(([code, { statuses }]) => statuses.map((status) => `${status} ${code}`));
  t.strictSame([...documentedErrors()].sort(), listed.sort());
  for (const [code, { meaning }] of catalogue) t.match(meaning, /^[A-Z`][^|\n]+\.$/, code);
});
