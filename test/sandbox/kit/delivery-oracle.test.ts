import t from 'tap';
import { compareDelivery, isPartInOrder, judgeDeliveries } from '../../../sandbox/kit/delivery-oracle.js';

const history = [
  { kind: 'created', incidentId: 'P1', userId: null },
  { kind: 'assigned', incidentId: 'P1', userId: 'PUSER02' },
  { kind: 'assigned', incidentId: 'P1', userId: 'PUSER01' },
  { kind: 'acknowledged', incidentId: 'P1', userId: 'PUSER02' },
  { kind: 'acknowledged', incidentId: 'P1', userId: 'PUSER01' },
  { kind: 'noted', incidentId: 'P1', userId: 'PUSER01', noteId: 'N1' },
  { kind: 'noted', incidentId: 'P2', userId: 'PUSER01', noteId: 'N2' },
];

t.test('a flow is owed what is of its kind and about its subject, each time that it happened', async (t) => {
  const deliveries = [
    { kind: 'created', subject: undefined, received: ['P1'] },
    { kind: 'assigned', subject: 'PUSER02', received: ['P1'] },
    { kind: 'acknowledged', subject: undefined, received: ['P1', 'P1'] },
    { kind: 'noted', subject: 'P1', received: ['N1'] },
    { kind: 'resolved', subject: undefined, received: [] },
  ];
  t.strictSame(judgeDeliveries(history, deliveries), { owed: 5, lost: [], surplus: [], outOfOrder: [] });
});

t.test(
  'what did not come is lost, and what came again or never happened is surplus, of all flows together',
  async (t) => {
    const deliveries = [
      { kind: 'created', subject: undefined, received: ['P1', 'P1', 'P9'] },
      { kind: 'acknowledged', subject: undefined, received: ['P1'] },
      { kind: 'noted', subject: 'P2', received: ['N1'] },
    ];
    t.strictSame(judgeDeliveries(history, deliveries), {
      owed: 4,
      lost: ['P1', 'N2'],
      surplus: ['P1', 'P9', 'N1'],
      outOfOrder: [],
    });
  },
);

t.test('what came after something that happened later is out of order', async (t) => {
  const must = ['A', 'B', 'A', 'C'];
  const clean = { owed: 4, lost: [], surplus: [], outOfOrder: [] };
  t.strictSame(compareDelivery(must, ['A', 'B', 'A', 'C']), clean);
  t.strictSame(compareDelivery(must, ['A', 'A', 'B', 'C']), { ...clean, outOfOrder: ['B'] });
  t.strictSame(compareDelivery(must, ['C', 'A', 'B', 'A']), { ...clean, outOfOrder: ['A', 'B', 'A'] });
  t.strictSame(compareDelivery(must, ['A', 'C', 'A']), { ...clean, lost: ['B'], outOfOrder: ['A'] }, 'beside a loss');
});

t.test('what may come beside is neither surplus nor out of order, but only as often as it may', async (t) => {
  const clean = { owed: 1, lost: [], surplus: [], outOfOrder: [] };
  t.strictSame(compareDelivery(['B'], ['B', 'A'], ['A']), clean);
  t.strictSame(compareDelivery(['B'], ['A', 'B', 'A'], ['A']), { ...clean, surplus: ['A'] });
  t.strictSame(compareDelivery(['B'], ['A'], ['A']), { ...clean, lost: ['B'] }, 'and it replaces nothing');
});

t.test('a flow that came later has received a part, in the same order', async (t) => {
  t.equal(isPartInOrder(['B', 'C'], ['A', 'B', 'C']), true);
  t.equal(isPartInOrder([], ['A']), true);
  t.equal(isPartInOrder(['C', 'B'], ['A', 'B', 'C']), false);
  t.equal(isPartInOrder(['B', 'B'], ['A', 'B', 'C']), false);
});
