import { parseArgs } from 'node:util';
import { type RunningSandbox, startSandbox } from './sandbox.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4010' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});

const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(`--port must be between 0 and 65535, got ${values.port}\n`);
  process.exit(2);
}

const sandbox = await startSandbox({ host: values.host, port });
process.stdout.write(welcome(sandbox));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void sandbox.close();
  });
}

function welcome({ url, credentials, account }: RunningSandbox): string {
  const { users, services, integrations } = account.directory;
  const lines = [
    `A pretend PagerDuty account listens on ${url}`,
    '',
    'API keys',
    `  ${credentials.accountKey}  full access, send "From: ${credentials.fromEmail}" to write`,
    `  ${credentials.userKey}  Ada Lovelace's own`,
    `  ${credentials.readOnlyKey}  may not write`,
    `  ${credentials.noLogEntriesKey}  may not read log entries`,
    '',
    'Users',
    ...users.map((user) => `  ${user.id}  ${user.name}, ${user.email}`),
    '',
    'Services and their integration keys',
    ...services.flatMap((service) => [
      `  ${service.id}  ${service.name}`,
      ...integrations
        .filter((integration) => integration.serviceId === service.id)
        .map((integration) => `    ${integration.key}  ${integration.name}`),
    ]),
    '',
    'Try',
    `  curl -s -X POST ${url}/_sandbox/incidents -d '{"title":"The disk is full"}'`,
    `  curl -s '${url}/incidents?date_range=all' -H 'Authorization: Token token=${credentials.accountKey}'`,
    '',
    `What else it can do: ${url}/_sandbox`,
    '',
  ];
  return lines.join('\n');
}
