import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import t from 'tap';
import { authenticate, requestedRegion } from '../../../src/http/authenticate.js';
import { operations } from '../../../src/operations/operations.js';
import { serviceRegions } from '../../../src/pagerduty/regions.js';
import { triggers } from '../../../src/triggers/triggers.js';
import { checkProperties } from '../../../tools/package/check-properties.js';
import { renderPackage } from '../../../tools/package/render-package.js';
import { renderProperties } from '../../../tools/package/render-properties.js';
import { propertiesRules } from '../../../tools/package/rules/properties-rules.js';

// biome-ignore lint/suspicious/noExplicitAny: a mutation may make anything of the document, wrong things above all.
type Loose = any;

const root = new URL('../../../', import.meta.url);
const fresh = (): Loose => JSON.parse(JSON.stringify(renderProperties()));
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

t.test('the committed files of the package are what the code says, and keep every rule', async (t) => {
  for (const { name, text, findings } of renderPackage()) {
    t.strictSame(JSON.parse(read(name)), JSON.parse(text), name);
    t.strictSame(findings, [], name);
  }
});

t.test('properties that break one rule are reported with that rule and that place, and no other', async (t) => {
  const mutations: ReadonlyArray<readonly [string, string, (properties: Loose) => unknown]> = [
    ['brand-color', 'iconBrandColor', (p) => Object.assign(p, { iconBrandColor: '#007EE5' })],
    ['brand-color', 'iconBrandColor', (p) => Object.assign(p, { iconBrandColor: '#ffffff' })],
    ['brand-color', 'iconBrandColor', (p) => Object.assign(p, { iconBrandColor: 'green' })],
    ['capabilities', 'capabilities', (p) => Object.assign(p, { capabilities: [] })],
    ['capabilities', 'capabilities', (p) => Object.assign(p, { capabilities: ['cloud'] })],
    ['publisher', 'publisher', (p) => delete p.publisher],
    ['publisher', 'stackOwner', (p) => Object.assign(p, { stackOwner: ' ' })],
    ['secret-type', 'api_key', (p) => Object.assign(p.connectionParameters.api_key, { type: 'string' })],
    ['parameter-texts', 'host', (p) => delete p.connectionParameters.host.uiDefinition.description],
    [
      'parameter-required',
      'api_key',
      (p) => Object.assign(p.connectionParameters.api_key.uiDefinition.constraints, { required: true }),
    ],
    [
      'policy-parameters',
      'Send a header',
      (p) =>
        p.policyTemplateInstances.push({
          templateId: 'setheader',
          title: 'Send a header',
          parameters: { 'x-ms-apimTemplateParameter.value': "@connectionParameters('tenant')" },
        }),
    ],
    ['parameter-use', 'access_token', (p) => p.policyTemplateInstances.pop()],
    [
      'host-policy',
      'policyTemplateInstances',
      (p) =>
        Object.assign(p.policyTemplateInstances[0].parameters, {
          'x-ms-apimTemplateParameter.urlTemplate': "http://@connectionParameters('host')",
        }),
    ],
  ];
  for (const [rule, where, mutate] of mutations) {
    const document = fresh();
    mutate(document.properties);
    t.match(checkProperties(document), [{ rule, where }], `${rule} at ${where}`);
    t.equal(checkProperties(document).length, 1, rule);
  }
  const broken = new Set(mutations.map(([rule]) => rule));
  t.strictSame(
    propertiesRules.map(({ name }) => name).filter((name) => !broken.has(name)),
    [],
    'every rule has properties that break it',
  );
});

t.test('what a connection asks for reaches the service in headers that it reads', async (t) => {
  const { connectionParameters, policyTemplateInstances } = fresh().properties;
  const headersOf = (connection: Record<string, string>) =>
    Object.fromEntries(
      policyTemplateInstances
        .filter(({ templateId }: Loose) => templateId === 'setheader')
        .map(({ parameters }: Loose) => [
          parameters['x-ms-apimTemplateParameter.name'].toLowerCase(),
          parameters['x-ms-apimTemplateParameter.value'].replace(
            /@connectionParameters\('(\w+)'(?:,'(\w*)')?\)/g,
            (_: string, name: string, fallback: string) => connection[name] ?? fallback ?? 'absent',
          ),
        ]),
    );
  const { allowedValues } = connectionParameters.region.uiDefinition.constraints;
  t.strictSame(
    allowedValues.map(({ value }: Loose) => value),
    Object.keys(serviceRegions),
    'every region can be chosen',
  );
  for (const { value } of allowedValues) {
    const headers = headersOf({ api_key: 'u+secret', region: value });
    t.strictSame(authenticate(headers), { scheme: 'Token', key: 'u+secret' });
    t.equal(requestedRegion(headers), value);
  }
  t.equal(requestedRegion(headersOf({ api_key: 'u+secret' })), undefined, 'a region that was left empty is none');
  t.equal(headersOf({ api_key: 'u+secret', routing_key: 'r' })['x-routing-key'], 'r');
  t.equal(headersOf({ api_key: 'u+secret' })['x-routing-key'], '', 'one that was left empty is none');
  t.equal(headersOf({ api_key: 'u+secret', access_token: 'a' })['x-access-token'], 'a');
  t.equal(headersOf({ api_key: 'u+secret' })['x-access-token'], '');
});

t.test('the security of the definition is the key that a connection asks for', async (t) => {
  const { securityDefinitions, security } = JSON.parse(read('apiDefinition.swagger.json'));
  const [name = ''] = Object.keys(securityDefinitions);
  t.strictSame(security, [{ [name]: [] }]);
  t.equal(fresh().properties.connectionParameters[name].type, 'securestring');
  t.match(securityDefinitions[name], { type: 'apiKey', in: 'header', name: 'X-API-Key' });
});

t.test('the icon is an opaque square of 230 pixels in the brand color, with its mark well inside', async (t) => {
  const { iconBrandColor } = fresh().properties;
  const { width, height, pixel, size } = readPng(readFileSync(new URL('icon.png', root)));
  t.strictSame([width, height], [230, 230]);
  t.ok(size < 1_000_000);
  let marked = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const { color, alpha } = pixel(x, y);
      if (alpha !== 255) t.fail(`${x}, ${y} can be seen through`);
      const isInside = x >= 35 && x < 195 && y >= 35 && y < 195;
      if (!isInside && color !== iconBrandColor) t.fail(`${x}, ${y} is outside of the inner 160 and is ${color}`);
      if (color !== iconBrandColor) marked += 1;
    }
  }
  t.ok(marked > 1_000, 'there is a mark');
});

t.test('the connector’s readme has the headings of the platform, and every operation that makers see', async (t) => {
  const readme = read('CONNECTOR.md');
  const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  t.strictSame(headings, [
    'Publisher',
    'Prerequisites',
    'Obtaining Credentials',
    'Supported Operations',
    'Known Issues and Limitations',
    'Deployment Instructions',
  ]);
  const seen = [...operations.filter(({ visibility }) => visibility === 'important'), ...triggers];
  const section = readme.slice(readme.indexOf('## Supported Operations'), readme.indexOf('## Known Issues'));
  t.strictSame(
    [...section.matchAll(/^- \*\*(.+?)\*\* \(`(\w+)`\): \S.*\.$/gm)].map(([, summary, id]) => [summary, id]).sort(),
    seen.map(({ summary, id }) => [summary, id]).sort(),
  );
  for (const { name } of renderPackage()) t.match(readme, name);
});

/** A PNG of 8 bits a channel without interlacing, read: https://www.w3.org/TR/png-3/ */
function readPng(png: Buffer) {
  t.equal(png.subarray(1, 4).toString(), 'PNG');
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') chunks.push(png.subarray(at + 8, at + 8 + length));
  }
  const [width, height, depth, kind] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]];
  t.equal(depth, 8);
  t.ok(kind === 2 || kind === 6, 'RGB, with or without alpha');
  const channels = kind === 6 ? 4 : 3;
  const stride = width * channels;
  const packed = inflateSync(Buffer.concat(chunks));
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = packed[y * (stride + 1)] ?? 0;
    for (let i = 0; i < stride; i += 1) {
      const left = i < channels ? 0 : (pixels[y * stride + i - channels] ?? 0);
      const up = y === 0 ? 0 : (pixels[(y - 1) * stride + i] ?? 0);
      const corner = i < channels || y === 0 ? 0 : (pixels[(y - 1) * stride + i - channels] ?? 0);
      const predicted = [0, left, up, Math.floor((left + up) / 2), paeth(left, up, corner)][filter] ?? 0;
      pixels[y * stride + i] = (packed[y * (stride + 1) + 1 + i] ?? 0) + predicted;
    }
  }
  const pixel = (x: number, y: number) => {
    const at = y * stride + x * channels;
    return {
      color: `#${pixels.toString('hex', at, at + 3)}`,
      alpha: channels === 4 ? pixels[at + 3] : 255,
    };
  };
  return { width, height, pixel, size: png.length };
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
