import t from 'tap';
import { accountMarkOf } from '../../src/engine/account-mark.js';

const record = (html_url: unknown) => ({ id: 'P1', html_url });
const acme = accountMarkOf([record('https://acme.pagerduty.com/incidents/P1')]);

t.test('an account is known by the host of its addresses, whatever record shows it', async (t) => {
  t.match(acme, /^[\w-]{6}$/);
  t.equal(accountMarkOf([record('https://acme.pagerduty.com/incidents/P2?x=y')]), acme);
  t.not(accountMarkOf([record('https://emca.pagerduty.com/incidents/P1')]), acme);
  t.not(accountMarkOf([record('https://acme.eu.pagerduty.com/incidents/P1')]), acme, 'another region');
});

t.test('records that show no address are passed over', async (t) => {
  const blank = [{ id: 'P1' }, record(null), record(''), record('/incidents/P1'), record(7)];
  t.equal(accountMarkOf([...blank, record('https://acme.pagerduty.com/incidents/P1')]), acme);
  t.equal(accountMarkOf(blank), undefined);
  t.equal(accountMarkOf([]), undefined);
});
