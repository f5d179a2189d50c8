import fc from 'fast-check';
import t from 'tap';
import Type from 'typebox';
import { encodePath } from '../../src/pagerduty/client.js';
import { type Endpoint, placeOf } from '../../src/wire/endpoint.js';
import { idField, integerField, integrationKeyField, queryField, textField } from '../../src/wire/fields.js';
import { InvalidInputError, inputParser } from '../../src/wire/input-parser.js';
import type { WireSchema } from '../../src/wire/property.js';
import { serialize, serializeIncident, type WireObjectName, wireObjects } from '../../src/wire/wire-objects.js';

const parse = inputParser(
  Type.Object({
    incidentId: idField({ summary: 'Incident', description: 'The incident.', lookup: 'ListIncidents' }),
    content: textField({ summary: 'Note', description: 'The text.', maxLength: 10 }),
    service_key: Type.Optional(integrationKeyField({ summary: 'Service key', description: 'The key.' })),
    minutes: Type.Optional(integerField({ summary: 'Minutes', description: 'How long.', minimum: 1, maximum: 60 })),
  }),
);
const right = { incidentId: 'PINC001', content: 'On it' };

function complaintAbout(raw: Readonly<Record<string, unknown>>): InvalidInputError {
  try {
    parse(raw);
  } catch (error) {
    if (error instanceof InvalidInputError) return error;
    throw error;
  }
  throw new TypeError(`expected a complaint about ${JSON.stringify(raw)}`);
}

/** Any text, half surrogates and control characters included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

const expectedId = 'an id of 1 to 255 letters, digits, - and _';
const expectedText = 'a text of 1 to 10 characters that is not blank';

t.test('inputs that are right are handed on as they came', async (t) => {
  const all = { ...right, service_key: 'abc_+-12'.repeat(4), minutes: 60 };
  t.strictSame(parse(all), all);
  t.strictSame(parse(right), right);
  t.strictSame(parse({ ...right, service_key: undefined }).service_key, undefined);
  const odd = { incidentId: 'q-_9', content: '\n  x\u0000' };
  t.strictSame(parse(odd), odd);
  t.strictSame(parse({ ...right, incidentId: 'x'.repeat(255), content: 'x'.repeat(10) }).content, 'x'.repeat(10));
});

t.test('an id that is wrong is named, with what was expected and what kind of value came', async (t) => {
  const wrong: ReadonlyArray<readonly [value: unknown, got: string]> = [
    [undefined, 'nothing'],
    [null, 'null'],
    ['', 'an empty text'],
    [' \t ', 'a blank text'],
    ['x'.repeat(256), 'a text of 256 characters'],
    ['.', 'a text of 1 character'],
    ['..', 'a text of 2 characters'],
    ['P\u0000', 'a text of 2 characters'],
    ['P\n1', 'a text of 3 characters'],
    ['P1\n', 'a text of 3 characters'],
    [' P1', 'a text of 3 characters'],
    ['P1/notes', 'a text of 8 characters'],
    ['P1?x', 'a text of 4 characters'],
    ['P%2F', 'a text of 4 characters'],
    ['Pü', 'a text of 2 characters'],
    ['\u0085P', 'a text of 2 characters'],
    ['P\ud83d', 'a text of 2 characters'],
    ['\ude00P', 'a text of 2 characters'],
    [[], 'a list of 0'],
    [['PINC001', 'PINC002'], 'a list of 2'],
    [{ id: 'PINC001' }, 'an object'],
  ];
  for (const [incidentId, got] of wrong) {
    const error = complaintAbout({ ...right, incidentId });
    t.equal(error.message, `Incident (incidentId): expected ${expectedId}, got ${got}.`);
    t.match(error, { code: /^invalid_input$/, statusCode: 400, details: { field: 'incidentId' } });
  }
  for (const incidentId of [7, true]) t.equal(complaintAbout({ ...right, incidentId }).details.field, 'incidentId');
  t.equal(complaintAbout({ content: 'x' }).message, `Incident (incidentId): expected ${expectedId}, got nothing.`);
});

t.test('a text that is wrong is named, with what was expected and what kind of value came', async (t) => {
  const wrong: ReadonlyArray<readonly [value: unknown, got: string]> = [
    [undefined, 'nothing'],
    [null, 'null'],
    ['', 'an empty text'],
    ['\n\t\u00a0', 'a blank text'],
    ['12345678901', 'a text of 11 characters'],
    [['a'], 'a list of 1'],
    [{}, 'an object'],
  ];
  for (const [content, got] of wrong) {
    const error = complaintAbout({ ...right, content });
    t.equal(error.message, `Note (content): expected ${expectedText}, got ${got}.`);
    t.equal(error.details.field, 'content');
  }
});

t.test('a secret of the wrong form is described by its length alone', async (t) => {
  const wrong: ReadonlyArray<readonly [value: unknown, got: string]> = [
    ['hunter2', 'a text of 7 characters'],
    ['hunter2'.padEnd(31, '0'), 'a text of 31 characters'],
    ['hunter2'.padEnd(33, '0'), 'a text of 33 characters'],
    ['hunter 2'.padEnd(32, '0'), 'a text of 32 characters'],
    ['hunter2'.padStart(31, '0').concat('\n'), 'a text of 32 characters'],
    ['hünter22'.padEnd(32, '0'), 'a text of 32 characters'],
    ['', 'an empty text'],
    [null, 'null'],
    [['hunter2'], 'a list of 1'],
    [{ hunter2: 'hunter2' }, 'an object'],
  ];
  for (const [service_key, got] of wrong) {
    const error = complaintAbout({ ...right, service_key });
    t.equal(
      error.message,
      `Service key (service_key): expected an integration key of 32 letters and digits, got ${got}.`,
    );
    t.notMatch(JSON.stringify([error, error.details, error.stack]), /h[uü]nter/);
  }
});

t.test('a number has to be whole and in its range', async (t) => {
  for (const minutes of [0, 61, 1.5, Number.NaN, '5', '', null, [5], true, 1e12]) {
    const error = complaintAbout({ ...right, minutes });
    t.match(error.message, /^Minutes \(minutes\): expected a whole number from 1 to 60, got .+\.$/);
    t.equal(error.details.field, 'minutes');
  }
});

t.test('a query may be anything that is not too long, nothing included', async (t) => {
  const parseQuery = inputParser(Type.Object({ query: queryField({ description: 'A part of the name.' }) }));
  t.strictSame(parseQuery({}), {});
  for (const query of ['', ' ', 'ada', 'x'.repeat(255)]) t.strictSame(parseQuery({ query }), { query });
  const expected = 'Query (query): expected a text of at most 255 characters, got';
  t.throws(() => parseQuery({ query: 'x'.repeat(256) }), { message: `${expected} a text of 256 characters.` });
  t.throws(() => parseQuery({ query: ['a', 'b'] }), { message: `${expected} a list of 2.` });
});

t.test('the first of several wrong inputs is the one complained about', async (t) => {
  t.equal(complaintAbout({}).details.field, 'incidentId');
  t.equal(complaintAbout({ content: '', incidentId: '' }).details.field, 'incidentId');
  t.equal(complaintAbout({ service_key: '', content: '', incidentId: 'P1' }).details.field, 'content');
  t.equal(complaintAbout({ ...right, service_key: 'x', minutes: 0 }).details.field, 'service_key');
});

t.test('inputs that nobody asked for are left out, whatever their name', async (t) => {
  const raw: unknown = JSON.parse(
    '{"__proto__": {"incidentId": "P2", "admin": true}, "constructor": "C", "toString": 1, "more": [], "incidentId": "P1", "content": "x"}',
  );
  if (typeof raw !== 'object' || raw === null) throw new TypeError('expected an object');
  const inputs = parse({ ...raw });
  t.strictSame(Object.keys(inputs), ['incidentId', 'content']);
  t.equal(Object.getPrototypeOf(inputs), Object.prototype);
  t.notOk('admin' in inputs);
  t.notOk('admin' in {});
});

t.test('an input that is only inherited was not given', async (t) => {
  const raw: Record<string, unknown> = Object.create({ incidentId: 'P1' });
  raw.content = 'x';
  t.match(complaintAbout(raw).message, /^Incident .* got nothing\.$/);
  const named = inputParser(Type.Object({ constructor: Type.Optional(Type.String()) }));
  t.strictSame({ ...named({}) }, {});
});

t.test('no text is ever repeated by the complaint about it', async () => {
  const wrongText = anyText.map((text) => `s3cret${text}\u0000`);
  fc.assert(
    fc.property(wrongText, fc.constantFrom('incidentId', 'service_key', 'minutes'), (text, field) => {
      const error = complaintAbout({ ...right, [field]: text });
      return error.details.field === field && !`${error.message}${JSON.stringify(error.details)}`.includes('s3cret');
    }),
  );
});

t.test('an id is taken if and only if it means nothing but itself in an address', async () => {
  const anyId = fc.string({ unit: fc.constantFrom(...'QaZ09-_'), minLength: 1 });
  fc.assert(
    fc.property(fc.oneof(anyText, anyId), (incidentId) => {
      const fits = incidentId !== '' && [...incidentId].every((one) => /[A-Za-z0-9_-]/.test(one));
      if (!fits) return complaintAbout({ ...right, incidentId }).details.field === 'incidentId';
      const path = encodePath('/incidents/{id}/notes', { id: parse({ ...right, incidentId }).incidentId });
      return path === `/incidents/${incidentId}/notes`;
    }),
    {
      numRuns: 500,
      examples: [['.'], ['..'], ['...'], [' '], ['\ufeff'], ['%2e'], ['P1\n'], ['\ud800'], ['/'], ['P-1_x']],
    },
  );
});

t.test('an input stands in the path that names it, else in the query of a GET or the body', async (t) => {
  const get: Pick<Endpoint, 'method' | 'path'> = { method: 'GET', path: '/incidents/{incidentId}' };
  t.equal(placeOf(get, 'incidentId'), 'path');
  t.equal(placeOf(get, 'incident'), 'query');
  t.equal(placeOf({ ...get, method: 'POST' }, 'incidentId'), 'path');
  t.equal(placeOf({ ...get, method: 'POST' }, 'content'), 'body');
  t.equal(placeOf({ ...get, method: 'PUT' }, 'Id'), 'body');
});

const objects: ReadonlyArray<readonly [name: string, schema: WireSchema]> = Object.entries(wireObjects);
const isWireObject = (name: string): name is WireObjectName => Object.hasOwn(wireObjects, name);

function propertiesOf(name: WireObjectName) {
  const schema: WireSchema = wireObjects[name];
  return Object.entries(schema.properties ?? {}).map(([property, { type }]) => ({
    property,
    list: type === 'array',
    object: type === undefined || type === 'object',
  }));
}

t.test('everything on the wire has a name of at most 80 characters and another text that explains it', async (t) => {
  const lacks = ({ 'x-ms-summary': summary = '', description = '' }: WireSchema) => [
    ...(/^\S(.*\S)?$/.test(summary) ? [] : ['a name']),
    ...(summary.length <= 80 ? [] : ['a short name']),
    ...(/^\S.*\.$/.test(description) ? [] : ['a sentence']),
    ...(description.toLowerCase().replace(/\.$/, '') === summary.toLowerCase() ? ['a sentence of its own'] : []),
  ];
  const complaints = objects.flatMap(([name, schema]) => {
    const properties = Object.entries(schema.properties ?? {});
    return [
      ...lacks(schema).map((what) => `${name} lacks ${what}`),
      ...(schema.type === 'object' && properties.length > 0 ? [] : [`${name} lacks properties`]),
      // A reference has its texts in the object that it stands for.
      ...properties.flatMap(([property, value]) =>
        '$ref' in value ? [] : lacks(value).map((what) => `${name}.${property} lacks ${what}`),
      ),
    ];
  });
  t.strictSame(complaints, []);
});

t.test('every reference leads to an object, and a list has items', async (t) => {
  const complaints = objects.flatMap(([name, schema]) =>
    Object.entries(schema.properties ?? {}).flatMap(([property, value]) => {
      const to = '$ref' in value ? value.$ref : value.items?.$ref;
      const isPlain = value.type === 'string' || value.type === 'integer' || value.type === 'boolean';
      const isRight = to === undefined ? isPlain : isWireObject(to.replace(/^#\/definitions\//, ''));
      return isRight ? [] : [`${name}.${property}`];
    }),
  );
  t.strictSame(complaints, []);
});

t.test('an incident has every declared property, whatever PagerDuty left out', async (t) => {
  const incident = { id: 'PINC001', status: 'resolved', created_at: '2026-01-05T09:00:00Z' };
  const serialized = serializeIncident(incident);
  for (const { property, list } of propertiesOf('Incident')) {
    if (property in incident) continue;
    t.strictSame(serialized[property], list ? [] : null, property);
  }
  t.match(serialized, incident);
  t.strictSame(Object.keys(incident), ['id', 'status', 'created_at'], 'what PagerDuty sent is left as it was');
});

t.test('what PagerDuty sent stays as it was, declared or not', async (t) => {
  const sent = {
    id: 'PINC001',
    status: 'triggered',
    created_at: '2026-01-05T09:00:00Z',
    incident_number: 0,
    incident_key: '',
    assignments: [{ at: '2026-01-05T09:00:00Z', assignee: { id: 'PUSER01', summary: 'Ada' } }],
    service: { id: 'PSERV01', nested: { deep: [null] } },
    alert_counts: { all: 1 },
    brand_new: null,
    false_one: false,
  };
  t.match(serializeIncident(sent), sent);
});

t.test('where a list or an object belongs, there is no text and no number', async (t) => {
  for (const odd of ['x', 7, true]) {
    const { teams, service, urgency } = serialize('Incident', { teams: odd, service: odd, urgency: odd });
    t.strictSame([teams, service, urgency], [[], null, odd]);
    t.equal(serialize('Note', { id: 'N1', user: odd }).user, null);
  }
  t.strictSame(serialize('Incident', { teams: {}, service: [] }), serialize('Incident', {}));
});

t.test('the first assignee stands beside the assignments', async (t) => {
  const incident = { id: 'PINC001', status: 'triggered', created_at: '2026-01-05T09:00:00Z' };
  const assigned = (...ids: string[]) => ids.map((id) => ({ assignee: { id } }));
  const idOf = (assignments: { assignee: { id: string } }[] | null) =>
    serializeIncident({ ...incident, assignments }).assignedUserId;
  t.equal(idOf(assigned('PUSER02', 'PUSER01')), 'PUSER02');
  t.equal(idOf([]), null);
  t.equal(idOf(null), null);
  t.equal(serializeIncident(incident).assignedUserId, null);
});

t.test('any object of PagerDuty gets its declared properties and keeps all others', async (t) => {
  const name = fc.constantFrom(...objects.map(([one]) => one).filter(isWireObject));
  const upstream = name.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom('__proto__', ...propertiesOf(one).map((p) => p.property))),
        fc.jsonValue(),
      ),
    ),
  );
  fc.assert(
    fc.property(upstream, ([one, sent]) => {
      const serialized = serialize(one, sent);
      const declared = propertiesOf(one);
      const kept = Object.keys(sent).every((key) => {
        const value = sent[key];
        const property = declared.find((p) => p.property === key);
        const isList = Array.isArray(value);
        if (property?.list === true && !isList) return Array.isArray(serialized[key]) && serialized[key].length === 0;
        if (property?.object === true && (isList || typeof value !== 'object')) return serialized[key] === null;
        return serialized[key] === value;
      });
      const filled = declared.every(({ property, list }) =>
        list ? serialized[property] !== undefined && serialized[property] !== null : serialized[property] !== undefined,
      );
      return kept && filled;
    }),
  );
  t.not(serialize('Incident', {}).teams, serialize('Incident', {}).teams, 'no two objects share a list');
});
