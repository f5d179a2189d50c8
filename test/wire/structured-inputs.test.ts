import fc from 'fast-check';
import t from 'tap';
import Type from 'typebox';
import { choiceField, textField, timeField, urlField } from '../../src/wire/fields.js';
import { InvalidInputError, inputParser } from '../../src/wire/input-parser.js';
import { detailsField, listField } from '../../src/wire/structured-fields.js';

const parse = inputParser(
  Type.Object({
    severity: Type.Optional(
      choiceField({ summary: 'Severity', description: 'How bad.', choices: ['info', 'critical'], default: 'info' }),
    ),
    at: Type.Optional(timeField({ summary: 'Timestamp', description: 'When.' })),
    page: Type.Optional(urlField({ summary: 'Page', description: 'Where.' })),
    source: Type.Optional(textField({ summary: 'Source', description: 'What.' })),
    details: Type.Optional(detailsField({ summary: 'Details', description: 'More.' })),
    images: Type.Optional(
      listField({
        summary: 'Images',
        description: 'Pictures.',
        things: 'images',
        item: Type.Object(
          {
            src: urlField({ summary: 'Source', description: 'Address.', scheme: 'https' }),
            alt: Type.Optional(textField({ summary: 'Text', description: 'Words.' })),
          },
          { expected: 'an object with src' },
        ),
      }),
    ),
  }),
);

/** The complaint about an input: its field and its message. */
function complaint(raw: Readonly<Record<string, unknown>>): readonly [field: unknown, message: string] {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof InvalidInputError) return [error.details.field, error.message];
    throw error;
  }
  return [undefined, 'no complaint'];
}

/** An object with `levels` objects and lists within each other, itself included. */
function nested(levels: number): object {
  let value: object = {};
  for (let left = levels - 1; left > 0; left -= 1) value = left % 2 === 0 ? [value] : { deeper: value };
  return value;
}

t.test('a choice is one of its texts, and the others are told', async (t) => {
  t.strictSame(parse({ severity: 'critical' }), { severity: 'critical' });
  t.strictSame(parse({}), {}, 'a default is for designers: nothing stays nothing');
  const expected = 'Severity (severity): expected one of info, critical, got';
  t.strictSame(complaint({ severity: 'Critical' }), ['severity', `${expected} a text of 8 characters.`]);
  t.strictSame(complaint({ severity: '' }), ['severity', `${expected} an empty text.`]);
  t.strictSame(complaint({ severity: null }), ['severity', `${expected} null.`]);
});

t.test('a time needs a date, a time of day and a zone', async (t) => {
  for (const at of [
    '2026-01-05T09:00:00Z',
    '2026-01-05T09:00Z',
    '2015-07-17T08:42:58.315+0000',
    '2026-01-05 09:00:00.123456-05:30',
    '2026-01-05t09:00:00z',
  ]) {
    t.strictSame(parse({ at }), { at });
  }
  for (const at of ['now', '2026-01-05', '2026-01-05T09:00:00', '09:00Z', '1767600000', ' 2026-01-05T09:00:00Z']) {
    t.strictSame(complaint({ at }), [
      'at',
      `Timestamp (at): expected a time with its zone, such as 2026-01-05T09:00:00Z, got a text of ${at.length} characters.`,
    ]);
  }
  t.equal(complaint({ at: 1767600000 })[0], 'at');
});

t.test('a URL has a scheme, and no blanks', async (t) => {
  for (const page of [
    'https://example.com',
    'http://10.0.0.1:3000/a?b#c',
    'slack://channel?id=C1',
    'mailto:a@b.example',
  ])
    t.strictSame(parse({ page }), { page });
  for (const page of ['example.com/runbook', '//example.com', 'https://example.com/a b', '', 'https:', ' https://a.b'])
    t.match(
      complaint({ page }),
      ['page', /^Page \(page\): expected a URL with its scheme, such as .+, got .+\.$/],
      page,
    );
});

t.test('a text without a limit is bounded by nothing but the body, and still says something', async (t) => {
  t.strictSame(parse({ source: 'x'.repeat(100_000) }), { source: 'x'.repeat(100_000) });
  t.strictSame(complaint({ source: ' ' })[1], 'Source (source): expected a text that is not blank, got a blank text.');
});

t.test('details are an object or a text', async (t) => {
  for (const details of [{}, { a: null, 'b c': [1, { d: 'é' }] }, 'the text', nested(50)]) {
    t.strictSame(parse({ details }), { details });
  }
  const expected = 'Details (details): expected an object with at most 50 levels, or a text that is not blank, got';
  for (const [details, got] of [
    [null, 'null'],
    [7, 'a number'],
    [true, 'a boolean'],
    [['a'], 'a list of 1'],
    ['', 'an empty text'],
    [' ', 'a blank text'],
    [nested(51), 'an object'],
  ] as const) {
    t.strictSame(complaint({ details }), ['details', `${expected} ${got}.`]);
  }
});

t.test('whatever details are taken can be written as JSON, however deeply they were nested', async (t) => {
  const deep = fc.integer({ min: 1, max: 200 }).map(nested);
  fc.assert(
    fc.property(fc.oneof(deep, fc.jsonValue({ maxDepth: 5 })), (details) => {
      if (complaint({ details })[0] === undefined) JSON.stringify(details);
      else parse({ details: 'another' });
    }),
  );
  t.match(complaint({ details: nested(20_000) }), ['details', /got an object\.$/]);
  const wide = { list: Array.from({ length: 100_000 }, () => ({})) };
  t.strictSame(parse({ details: wide }), { details: wide });
});

t.test('what is wrong within a list is told by its place, and never repeated', async (t) => {
  const src = 'https://example.com/graph.png';
  const images = [{ src, alt: 'A graph', width: 7 }, { src: 'HTTPS://EXAMPLE.COM' }];
  t.strictSame(parse({ images }), { images });
  t.strictSame(parse({ images: [] }), { images: [] });
  for (const [wrong, field, rest] of [
    ['x', 'images', 'a list of at most 100 images, got a text of 1 character.'],
    [{ src }, 'images', 'a list of at most 100 images, got an object.'],
    [[{ src }, src], 'images/1', 'an object with src, got a text of 29 characters.'],
    [[null], 'images/0', 'an object with src, got null.'],
    [[[]], 'images/0', 'an object with src, got a list of 0.'],
    [[{}], 'images/0/src', 'a URL that begins with https://, got nothing.'],
    [[{ src: 'http://hunter2' }], 'images/0/src', 'a URL that begins with https://, got a text of 14 characters.'],
    [[{ src }, { src, alt: '' }], 'images/1/alt', 'a text that is not blank, got an empty text.'],
    [[{ src, alt: 7 }, { src: 1 }], 'images/0/alt', 'a text that is not blank, got a number.'],
  ] as const) {
    t.strictSame(complaint({ images: wrong }), [field, `Images (${field}): expected ${rest}`]);
  }
});

t.test('a list has at most a hundred items, and of a longer one no item is looked at', async (t) => {
  const item = { src: 'https://example.com/graph.png' };
  t.equal(complaint({ images: Array(100).fill(item) })[0], undefined);
  for (const one of [item, 'wrong']) {
    t.strictSame(complaint({ images: Array(101).fill(one) }), [
      'images',
      'Images (images): expected a list of at most 100 images, got a list of 101.',
    ]);
  }
});

t.test('a list is complained about if and only if one of its items is wrong, at the first of them', async () => {
  const good = fc.record({ src: fc.webUrl({ validSchemes: ['https'] }) });
  const bad = fc.constantFrom<readonly [item: unknown, part: string]>(
    [7, ''],
    [{}, '/src'],
    [{ src: 'http://a.b' }, '/src'],
    [{ src: 'https://a.b', alt: ' ' }, '/alt'],
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(good, bad)), (items) => {
      const first = items.findIndex(Array.isArray);
      const images = items.map((item) => (Array.isArray(item) ? item[0] : item));
      const part = items[first];
      const field = Array.isArray(part) ? `images/${first}${part[1]}` : undefined;
      return complaint({ images })[0] === field;
    }),
  );
});
