import type { ApiKey, EscalationPolicy, Integration, Priority, Schedule, Service, Team, User } from './records.js';

/** Everything an account holds besides incidents. */
export interface Directory {
  readonly users: User[];
  readonly teams: Team[];
  readonly schedules: Schedule[];
  readonly policies: EscalationPolicy[];
  readonly services: Service[];
  readonly priorities: Priority[];
  readonly integrations: Integration[];
  readonly keys: ApiKey[];
}

/** The fixed keys of the seed account. They open nothing but a sandbox. */
export const sandboxCredentials = {
  /** Full access; writes need a `From` header. */
  accountKey: 'y_SandboxAccountKey1',
  /** Ada Lovelace's own key. */
  userKey: 'y_SandboxUserKeyAda1',
  /** Writes answer 403. */
  readOnlyKey: 'y_SandboxReadOnlyKey',
  /** Log entries answer 403. */
  noLogEntriesKey: 'y_SandboxNoLogKey001',
  /** The e-mail address to send as `From`. */
  fromEmail: 'ada@sandbox.example',
  eventsV2Keys: {
    PSVCWEB: 'e2000000000000000000000000000001',
    PSVCPAY: 'e2000000000000000000000000000002',
    PSVCBAT: 'e2000000000000000000000000000003',
  },
  eventsV1Keys: {
    PSVCWEB: 'e1000000000000000000000000000001',
    PSVCPAY: 'e1000000000000000000000000000002',
    PSVCBAT: 'e1000000000000000000000000000003',
  },
} as const;

/**
 * A level waits a week before it escalates, and the services' timeouts are off, so that nothing happens by itself
 * unless a test asks for it.
 */
const unhurriedMinutes = 7 * 24 * 60;

/** A fresh copy of the seed account's directory. */
export function seedDirectory(): Directory {
  return {
    teams: [
      { id: 'PTEAM01', name: 'Platform', description: 'Keeps the lights on' },
      { id: 'PTEAM02', name: 'Payments', description: 'Moves the money' },
    ],
    users: [
      user('PUSER01', 'Ada Lovelace', 'ada@sandbox.example', 'admin', 'Engineering Manager', ['PTEAM01', 'PTEAM02']),
      user('PUSER02', 'Grace Hopper', 'grace@sandbox.example', 'user', 'Site Reliability Engineer', ['PTEAM01']),
      user('PUSER03', 'Alan Turing', 'alan@sandbox.example', 'user', 'Backend Engineer', ['PTEAM02']),
      user('PUSER04', 'Katherine Johnson', 'katherine@sandbox.example', 'limited_user', 'Analyst', ['PTEAM02']),
      user('PUSER05', 'Linus Pauling', 'linus@sandbox.example', 'observer', 'Stakeholder', []),
    ],
    schedules: [
      schedule('PSCHED1', 'Platform rotation', ['PUSER02', 'PUSER01'], 'PUSER02'),
      schedule('PSCHED2', 'Night rotation', [], null),
    ],
    policies: [
      {
        id: 'PPOLTWO',
        name: 'Platform, two levels',
        description: 'The platform rotation, then its manager',
        levels: [
          { id: 'PRULE01', delayMinutes: unhurriedMinutes, targets: [{ kind: 'schedule', id: 'PSCHED1' }] },
          { id: 'PRULE02', delayMinutes: unhurriedMinutes, targets: [{ kind: 'user', id: 'PUSER01' }] },
        ],
        loops: 0,
        teamIds: ['PTEAM01'],
      },
      {
        id: 'PPOLPAY',
        name: 'Payments',
        description: 'Two people at once',
        levels: [
          {
            id: 'PRULE03',
            delayMinutes: unhurriedMinutes,
            targets: [
              { kind: 'user', id: 'PUSER03' },
              { kind: 'user', id: 'PUSER04' },
            ],
          },
        ],
        loops: 0,
        teamIds: ['PTEAM02'],
      },
      {
        id: 'PPOLNIL',
        name: 'Nobody on call',
        description: 'A rotation with nobody in it: events for its service create no incident',
        levels: [{ id: 'PRULE04', delayMinutes: unhurriedMinutes, targets: [{ kind: 'schedule', id: 'PSCHED2' }] }],
        loops: 0,
        teamIds: [],
      },
    ],
    services: [
      service('PSVCWEB', 'Web shop', 'PPOLTWO', ['PTEAM01']),
      service('PSVCPAY', 'Payments', 'PPOLPAY', ['PTEAM02']),
      service('PSVCBAT', 'Nightly batch', 'PPOLNIL', []),
    ],
    priorities: [1, 2, 3, 4, 5].map((n) => ({ id: `PPRIO0${n}`, name: `P${n}`, description: `Priority ${n} of 5` })),
    integrations: (['PSVCWEB', 'PSVCPAY', 'PSVCBAT'] as const).flatMap((serviceId, index) => [
      {
        id: `PINTV2${index + 1}`,
        name: 'Events API v2',
        serviceId,
        apiVersion: 2,
        key: sandboxCredentials.eventsV2Keys[serviceId],
      },
      {
        id: `PINTV1${index + 1}`,
        name: 'Events API v1',
        serviceId,
        apiVersion: 1,
        key: sandboxCredentials.eventsV1Keys[serviceId],
      },
    ]),
    keys: [
      { key: sandboxCredentials.accountKey, name: 'account', kind: 'account', userId: null },
      { key: sandboxCredentials.userKey, name: 'ada', kind: 'user', userId: 'PUSER01' },
      { key: sandboxCredentials.readOnlyKey, name: 'read-only', kind: 'read-only', userId: null },
      { key: sandboxCredentials.noLogEntriesKey, name: 'no-log-entries', kind: 'no-log-entries', userId: null },
    ],
  };
}

function user(id: string, name: string, email: string, role: User['role'], jobTitle: string, teamIds: string[]): User {
  return {
    id,
    name,
    email,
    timeZone: 'Europe/London',
    color: 'green',
    role,
    jobTitle,
    description: `${name} lives in the sandbox`,
    teamIds,
  };
}

function schedule(id: string, name: string, userIds: string[], onCallUserId: string | null): Schedule {
  return { id, name, description: name, timeZone: 'Etc/UTC', userIds, onCallUserId };
}

function service(id: string, name: string, escalationPolicyId: string, teamIds: string[]): Service {
  return {
    id,
    name,
    description: `The ${name} service`,
    escalationPolicyId,
    teamIds,
    acknowledgementTimeout: null,
    autoResolveTimeout: null,
  };
}
