import t from 'tap';
import { PollBudget } from '../../src/connection/poll-budget.js';
import { ManualClock } from '../support/manual-clock.js';

function build() {
  const clock = new ManualClock();
  return { clock, budget: new PollBudget({ polls: 3, clock }) };
}

t.test('a poll beyond the budget is told exactly when the next one may come', async (t) => {
  const { clock, budget } = build();
  for (let polls = 0; polls < 3; polls += 1) t.equal(budget.takePoll(), 0);
  t.equal(budget.takePoll(), 20_000);
  await clock.advance(19_999);
  t.equal(budget.takePoll(), 1);
  await clock.advance(1);
  t.equal(budget.takePoll(), 0);
  t.equal(budget.drainRefused(), 2);
  t.equal(budget.drainRefused(), 0);
});

t.test('four pages may be unread; the next ones wait for a place, in the order in which they came', async (t) => {
  const { clock, budget } = build();
  for (let pages = 0; pages < 4; pages += 1) t.ok(budget.tryEnterPage());
  t.notOk(budget.tryEnterPage());
  const entered: string[] = [];
  const enter = async (name: string) => {
    if (await budget.enterPage()) entered.push(name);
  };
  const both = [enter('first'), enter('second')];
  budget.leavePage();
  await both[0];
  t.strictSame(entered, ['first']);
  t.notOk(budget.tryEnterPage(), 'the place went on to it');
  budget.leavePage();
  await both[1];
  t.strictSame(entered, ['first', 'second']);
  for (let pages = 0; pages < 4; pages += 1) budget.leavePage();
  t.ok(await budget.enterPage(), 'a free place is taken at once');
  t.equal(clock.sleeping, 0, 'and nothing is left waiting');
});

t.test('a page that gets no place within two seconds is given up, and takes none later', async (t) => {
  const { clock, budget } = build();
  for (let pages = 0; pages < 4; pages += 1) budget.tryEnterPage();
  const late = budget.enterPage();
  await clock.advance(1_999);
  t.equal(budget.drainRefused(), 0);
  await clock.advance(1);
  t.equal(await late, false);
  t.equal(budget.drainRefused(), 1);
  budget.leavePage();
  t.ok(budget.tryEnterPage());
  t.notOk(budget.tryEnterPage());
});
