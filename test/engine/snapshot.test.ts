import t from 'tap';
import { accountHashOf } from '../../src/engine/snapshot.js';

const record = (html_url: unknown) => ({ id: 'P1', html_url });
const acme = accountHashOf([record('https://acme.pagerduty.com/incidents/P1')]);

t.test('an account is known by the hostname of its addresses, whatever record shows it', async (t) => {
  t.match(acme, /^[\w-]{6}$/);
  t.equal(accountHashOf([record('https://acme.pagerduty.com/incidents/P2?x=y')]), acme);
  t.not(accountHashOf([record('https://emca.pagerduty.com/incidents/P1')]), acme);
  t.not(accountHashOf([record('https://acme.eu.pagerduty.com/incidents/P1')]), acme, 'another region');
});

t.test('records that show no address are passed over', async (t) => {
  const blank = [{ id: 'P1' }, record(null), record(''), record('/incidents/P1'), record(7)];
  t.equal(accountHashOf([...blank, record('https://acme.pagerduty.com/incidents/P1')]), acme);
  t.equal(accountHashOf(blank), undefined);
  t.equal(accountHashOf([]), undefined);
});
