import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';
import t from 'tap';
import { startService } from '../support/running-service.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { control, sandbox, url } = await startService(t);
const folder = await mkdtemp(join(tmpdir(), 'connector-client-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** The project's own rules. The generator's runtime wants the web's types, and does not meet one of the rules. */
const tsconfig = {
  extends: join(root, 'tsconfig.json'),
  compilerOptions: {
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    typeRoots: [join(root, 'node_modules/@types')],
    exactOptionalPropertyTypes: false,
    noEmit: false,
  },
  include: ['*.ts'],
};

const getIncident = `
import { client } from './client/client.gen.js';
import { getIncidentByKey } from './client/sdk.gen.js';

const [, , key = '', incident_key = ''] = process.argv;
client.setConfig({ auth: key });
const { data: incident } = await getIncidentByKey({ query: { incident_key }, throwOnError: true });
`;

const programs = {
  reads: `${getIncident}
const status: 'triggered' | 'acknowledged' | 'resolved' | undefined = incident.status;
const number: number | undefined = incident.incident_number;
const assignees: (string | null | undefined)[] | undefined = incident.assignments?.map((one) => one.assignee?.summary);
console.log(JSON.stringify([incident.id, status, number, assignees, incident.escalation_policy?.summary]));
`,
  asksForAnUnknownProperty: `${getIncident} console.log(incident.titel);`,
  asksForAnUnknownNestedProperty: `${getIncident} console.log(incident.assignments?.[0]?.assignee?.nickname);`,
  expectsAnUnknownStatus: `${getIncident} console.log(incident.status === 'closed');`,
  sendsAnUnknownInput: `${getIncident} console.log(incident); await getIncidentByKey({ query: { key } });`,
};

/** Runs one of the installed programs or of ours, and gives what it printed, whatever its exit code. */
function run(...command: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

t.test('a TypeScript client made from the definition is strictly typed, and reads an incident', async (t) => {
  await createClient({
    input: `${url}/apiDefinition.swagger.json`,
    output: { path: join(folder, 'client'), importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent' },
  });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  for (const [name, program] of Object.entries(programs)) await writeFile(join(folder, `${name}.ts`), program);

  const complaints = await run(join(root, 'node_modules/typescript/bin/tsc'), '--pretty', 'false');
  t.match(
    complaints
      .trim()
      .split(/\n(?! )/)
      .sort(),
    [
      /^asksForAnUnknownNestedProperty\.ts.* TS2339: .*'nickname'/,
      /^asksForAnUnknownProperty\.ts.* TS2339: .*'titel'/,
      /^expectsAnUnknownStatus\.ts.* TS2367: /,
      /^sendsAnUnknownInput\.ts.* TS2353: .*'key'/,
    ],
  );
  t.equal(complaints.match(/^\S.*error/gm)?.length, 4, 'everything else is right');

  const [incident] = await control.trigger({ title: 'The disk is full', key: 'disk-1' });
  const printed = await run('reads.js', sandbox.credentials.accountKey, 'disk-1');
  const { id, number } = incident;
  t.same(JSON.parse(printed), [id, 'triggered', number, ['Grace Hopper'], 'Platform, two levels']);
});
