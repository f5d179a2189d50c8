import t from 'tap';
import { judgeDeliveries } from '../../../tools/soak/judge-deliveries.js';

const happened = [
  { kind: 'created', incidentId: 'P1', userId: null },
  { kind: 'assigned', incidentId: 'P1', userId: 'PUSER02' },
  { kind: 'assigned', incidentId: 'P1', userId: 'PUSER01' },
  { kind: 'acknowledged', incidentId: 'P1', userId: 'PUSER02' },
  { kind: 'acknowledged', incidentId: 'P1', userId: 'PUSER01' },
  { kind: 'noted', incidentId: 'P1', userId: 'PUSER01', noteId: 'N1' },
  { kind: 'noted', incidentId: 'P2', userId: 'PUSER01', noteId: 'N2' },
];

t.test('a host is owed what is of its kind and about its subject, each time that it happened', async (t) => {
  const hosts = [
    { kind: 'created', subject: undefined, received: ['P1'] },
    { kind: 'assigned', subject: 'PUSER02', received: ['P1'] },
    { kind: 'acknowledged', subject: undefined, received: ['P1', 'P1'] },
    { kind: 'noted', subject: 'P1', received: ['N1'] },
    { kind: 'resolved', subject: undefined, received: [] },
  ];
  t.strictSame(judgeDeliveries(happened, hosts), { owed: 5, lost: 0, tooMany: 0 });
});

t.test('what did not come is lost, and what came again or never happened is too many', async (t) => {
  const hosts = [
    { kind: 'created', subject: undefined, received: ['P1', 'P1', 'P9'] },
    { kind: 'acknowledged', subject: undefined, received: ['P1'] },
  ];
  t.strictSame(judgeDeliveries(happened, hosts), { owed: 3, lost: 1, tooMany: 2 });
});
