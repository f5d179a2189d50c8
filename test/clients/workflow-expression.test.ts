import t from 'tap';
import { evaluate } from './workflow-expression.js';

const scope = {
  triggerBody: { id: 'P/1', user: { id: 'U1' }, teams: [{ id: 'T1' }], nothing: null },
  parameters: { $connections: { pagerduty: { connectionId: '/c/1' } } },
  bodies: new Map([['Get_user', { name: "Grace's" }]]),
};

t.test('expressions give what Logic Apps gives for them', async (t) => {
  for (const [expression, value] of [
    ['plain', 'plain'],
    ['@@plain', '@plain'],
    ["@triggerBody()?['teams']", [{ id: 'T1' }]],
    ["@triggerBody()?['teams'][0]?['id']", 'T1'],
    ["@triggerBody()?['user']?['id']", 'U1'],
    ["@triggerBody()?['missing']?['id']", null],
    ["@{triggerBody()?['missing']}", ''],
    ["/a/@{encodeURIComponent(triggerBody()?['id'])}/b", '/a/P%2F1/b'],
    ["@{body('Get_user')?['name']} } @{triggerBody()?['id']}", "Grace's } P/1"],
    ["@concat('it''s ', concat(triggerBody()?['id'], '}'), 2)", "it's P/1}2"],
    ["@parameters('$connections')['pagerduty']['connectionId']", '/c/1'],
  ] as const) {
    t.strictSame(evaluate(expression, scope), value, expression);
  }
  t.strictSame(evaluate({ a: ["@triggerBody()?['id']", 1, null] }, scope), { a: ['P/1', 1, null] });
});

t.test('an expression that cannot be evaluated fails rather than giving something else', async (t) => {
  for (const expression of [
    "@triggerBody()['missing']",
    "@triggerBody()?['nothing']['id']",
    "@body('Not_run')?['id']",
    "@parameters('unknown')",
    "@toUpper('x')",
    '@triggerBody()?.id',
    "@concat('a' 'b')",
    "@concat('a'",
    '@{}',
    '@',
  ]) {
    t.throws(() => evaluate(expression, scope), { message: /^@/ }, expression);
  }
});
